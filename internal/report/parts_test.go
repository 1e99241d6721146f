package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report/breakdown"
)

// partsReport has something for every chart.
func partsReport(t *testing.T) *Report {
	r := newReport(t, Options{})
	r.Look(breakdown.Moment{At: noon})
	for i := range 30 {
		o := outcome(fmt.Sprintf("p%02d/<i>%d.hdf", i%25, i), reconcile.Copied)
		o.Target.Bucket, o.CollectionID, o.Source.Size = "archive", "MOD09GQ___006", int64(i)<<i
		o.VerifiedAt = noon.Add(time.Duration(i-5) * time.Minute)
		add(t, r, o)
	}
	failed := outcome("p07/failed.hdf", reconcile.Failed)
	failed.Source.Size = 1000
	add(t, r, failed, outcome("left.xml", reconcile.LeftOnline))
	r.Look(breakdown.Moment{At: noon.Add(2 * time.Second), Requests: 90, Refused: 4, InFlight: 16})
	r.Look(breakdown.Moment{At: noon.Add(3 * time.Second), Requests: 90, Refused: 4, InFlight: 20})
	add(t, r, outcome("p07/last.hdf", reconcile.Copied))
	r.Look(breakdown.Moment{At: noon.Add(3500 * time.Millisecond), Requests: 93, Refused: 4, InFlight: 1})
	r.SetGranules(func(write func([]byte) error) error {
		for _, part := range []string{"[\n", `{"granule_id":"a","status":"success"}`, `,{"granule_id":"b","status":"error"}`, `,{"granule_id":"c","status":"success"}`, "]"} {
			if err := write([]byte(part)); err != nil {
				return err
			}
		}
		return nil
	})
	return r
}

// TestParts: a report has its breakdown, which is read as it was written, and
// written again as it was read; the page that is made of either is the same.
func TestParts(t *testing.T) {
	dir := t.TempDir()
	write := func(r *Report, run Run, names ...string) (texts []string) {
		var dests []Destination
		for _, name := range names {
			d, err := ParseDestination(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			dests = append(dests, d)
		}
		if err := r.Write(t.Context(), run, nil, nil, dests, Sinks{}); err != nil {
			t.Fatal(err)
		}
		for _, d := range dests {
			b, err := os.ReadFile(d.Path)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(b))
		}
		return texts
	}
	run := testRun
	run.Cost = &Cost{Currency: "USD", Requests: 0.5, Restores: 1234, Total: 1234.5, Region: "us-west-2", Date: "2026-07-01", Notes: []string{"no tax"}}
	first := write(partsReport(t), run, "a.html", "a.json")
	var copied int64
	var doc struct {
		Summary   struct{ Oldest_verified_at string }
		Breakdown struct {
			Objects  int64
			Granules map[string]int64
			Timeline breakdown.Timeline
		}
	}
	if err := json.Unmarshal([]byte(first[1]), &doc); err != nil {
		t.Fatal(err)
	}
	want := breakdown.Timeline{At: []int64{2000, 3000, 3500}, Objects: []int64{32, 0, 1}, Requests: []int64{90, 0, 3}, Refused: []int64{4, 0, 0}, InFlight: []int64{16, 20, 1}}
	for i := range 30 {
		copied += int64(i) << i
	}
	want.Bytes = []int64{copied, 0, 1234}
	b := doc.Breakdown
	if b.Objects != 33 || !reflect.DeepEqual(b.Granules, map[string]int64{"success": 2, "error": 1}) || !reflect.DeepEqual(b.Timeline, want) || doc.Summary.Oldest_verified_at != "2026-11-23T11:55:00Z" {
		t.Errorf("%+v", doc)
	}

	again := newReport(t, Options{})
	head, err := ReadJSON(bytes.NewReader([]byte(first[1])), again.AddRow)
	if err != nil {
		t.Fatal(err)
	}
	again.Keep(head)
	second := write(again, Run{}, "b.json", "b.html")
	if second[0] != first[1] {
		t.Error("read and written again the report is another one")
	}
	undigested := func(page string) string {
		before, rest, _ := strings.Cut(page, `<section aria-labelledby="h-files">`)
		_, after, ok := strings.Cut(rest, "</section>")
		if !ok {
			t.Error("no digests")
		}
		return before + after
	}
	if undigested(first[0]) != undigested(second[1]) {
		t.Error("the pages are not the same")
	}
	for _, part := range []string{
		"p07/", ">7 others<", "(in no folder)", "s3://glacier → s3://archive", "s3://glacier → s3://protected", "MOD09GQ___006", "2026-11-24",
		"error: some files", "at most 2<", "0.5000 USD", `d="M0 100V0.0H571.4V100.0H857.1V87.5H1000.0V100Z"`, "By the prices of 2026-07-01 for us-west-2. No tax.", "a.json",
	} {
		if !strings.Contains(first[0], part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	if strings.Contains(first[0], "<i>") {
		t.Error("a key is markup")
	}
}

// TestPartsOfSnapshot: a report of what another one has so far has its counts,
// and the other goes on.
func TestPartsOfSnapshot(t *testing.T) {
	r := partsReport(t)
	s, err := r.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	add(t, r, outcome("late.hdf", reconcile.Copied))
	r.Look(breakdown.Moment{At: noon.Add(9 * time.Second)})
	for report, want := range map[*Report]int64{s: 33, r: 34} {
		var doc struct{ Breakdown breakdown.Breakdown }
		if err := json.Unmarshal([]byte(encoded(t, report, JSON)), &doc); err != nil {
			t.Fatal(err)
		}
		b := &doc.Breakdown
		if b.Objects != want || b.Timeline == nil || len(b.Timeline.At) != int(want)-30 || len(b.Prefixes) != 26 {
			t.Errorf("%d objects, timeline %+v, %d prefixes", b.Objects, b.Timeline, len(b.Prefixes))
		}
	}
}

// TestPartsOfOlder: a report without a breakdown is drawn from its rows, where
// it has all of them, and written as it was.
func TestPartsOfOlder(t *testing.T) {
	text := encoded(t, partsReport(t), JSON)
	old := string(withoutParts([]byte(text)))
	for rows, drawn := range map[Rows]bool{RowsAll: true, RowsChanges: false} {
		old := strings.Replace(old, `"rows": "all"`, fmt.Sprintf(`"rows": %q`, rows), 1)
		again := newReport(t, Options{})
		head, err := ReadJSON(strings.NewReader(old), again.AddRow)
		if err != nil {
			t.Fatal(err)
		}
		again.Keep(head)
		if got := encoded(t, again, JSON); got != old {
			t.Error("it is another one")
		}
		page := encoded(t, again, HTML)
		if strings.Contains(page, "By prefix") != drawn || strings.Contains(page, "some files are absent") != drawn || strings.Contains(page, "In the course") {
			t.Errorf("rows %s: drawn %v", rows, !drawn)
		}
	}
}
