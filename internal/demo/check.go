package demo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// reported is what the demo looks at in a report.
type reported struct {
	Summary struct {
		Scanned, Copied, Present int
		Requests                 map[string]int64
	}
	Objects []report.Row
}

func (d *Demo) read(name string) (reported, error) {
	var r reported
	text, err := os.ReadFile(d.report(name, "json"))
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// check holds the report, and the archive itself, against what the sample
// calls for.
func (d *Demo) check() error {
	r, err := d.read("first")
	if err != nil {
		return err
	}
	got := map[string]report.Row{}
	for _, row := range r.Objects {
		got[string(row.SourceKey)] = row
	}
	fmt.Fprintf(d.Out, "\nWhat became of the objects that each show something:\n")
	wrong := 0
	for _, s := range d.samples {
		row := got[s.Key]
		remark := ""
		if row.Status != s.Want || row.Status == reconcile.Copied && !d.arrived(s) {
			remark = fmt.Sprintf("   WRONG: %s was expected", s.Want)
			wrong++
		}
		fmt.Fprintf(d.Out, "  %-12s %-9s %-8s  %s%s\n      %s\n", row.Status, cmp.Or(row.Method, "-"), cmp.Or(row.Proof, "-"), s.Shows, remark, printable(s.Key))
	}
	if want := d.server.Len(source); r.Summary.Scanned != want {
		return fmt.Errorf("the report accounts for %d objects of %d", r.Summary.Scanned, want)
	}
	if wrong > 0 {
		return fmt.Errorf("%d objects are %w", wrong, ErrUnexpected)
	}
	return nil
}

// printable is a key on one line.
func printable(key string) string {
	return strings.Trim(strconv.Quote(key), `"`)
}

// arrived asks the server whether the copy is the same content, in the class
// of an archive.
func (d *Demo) arrived(s Sample) bool {
	info, ok := d.server.Get(s.target, s.Key)
	return ok && info.StorageClass == reconcile.ClassStandard && d.server.SameContent(source, s.Key, s.target, s.Key)
}

// checkSecond wants a second run to copy nothing.
func (d *Demo) checkSecond() error {
	r, err := d.read("second")
	if err != nil {
		return err
	}
	if r.Summary.Copied != 0 {
		return fmt.Errorf("a second run copied %d objects again: %w", r.Summary.Copied, ErrUnexpected)
	}
	var requests int64
	for _, n := range r.Summary.Requests {
		requests += n
	}
	fmt.Fprintf(d.Out, "The second run found all of it there, and copied nothing: %d present, %d requests in all.\n", r.Summary.Present, requests)
	return nil
}
