package job

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"reconcile/internal/progress"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// TestColors: each line of a summary has the color of what it means, the first
// that of the whole; without colors, and without a terminal, it is the same text.
func TestColors(t *testing.T) {
	const text = "run NOT settled: 1 of 3 copies refused\n" +
		"  copied              2   1.0 KiB\n  failed              1\n  online              1\n" +
		"  1 failure: access_denied at s3://b: forbidden\n    what to do: grant it\n  not compared        1   nothing is said\n  proofs     etag 2\n"
	want := []string{"33", "32", "31", "", "31", "1", "33", ""}
	sequence := regexp.MustCompile("\x1b\\[([0-9;]*)m")
	for _, color := range []bool{true, false} {
		var out bytes.Buffer
		s := &summary{command: "run", stderr: &out, terminal: progress.NewTerminal(&out, func() (int, int) { return 80, 24 }, color)}
		s.show(text, Unsettled)
		if got := sequence.ReplaceAllString(out.String(), ""); got != text {
			t.Errorf("colors %v: %q", color, got)
		}
		for i, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
			got := ""
			if m := sequence.FindStringSubmatch(line); m != nil {
				got = m[1]
			}
			if color && got != want[i] || !color && got != "" {
				t.Errorf("colors %v: %q has %q, want %q", color, line, got, want[i])
			}
		}
	}
	var out bytes.Buffer
	s := &summary{stderr: &out}
	if s.show(text, Unsettled); out.String() != text {
		t.Errorf("without a terminal: %q", out.String())
	}
}

// TestExpected: how many objects there will be is taken from the last complete
// run over the same, whose manifest stands where this one's will.
func TestExpected(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*report.Run)
		prefix string
		want   int64
	}{
		"the same":          {func(*report.Run) {}, "", 3},
		"not complete":      {func(r *report.Run) { r.Complete, r.Error = false, "stopped" }, "", 0},
		"another source":    {func(r *report.Run) { r.Source = "other" }, "", 0},
		"another prefix":    {func(*report.Run) {}, "x/", 0},
		"a part of it":      {func(r *report.Run) { r.Shard = &report.Shard{Count: 2} }, "", 0},
		"named keys":        {func(r *report.Run) { r.Settings = map[string]any{"keys": "list.txt"} }, "", 0},
		"named granules":    {func(r *report.Run) { r.GranulesFrom = "g.json" }, "", 0},
		"another's setting": {func(r *report.Run) { r.Settings = map[string]any{"keys": ""} }, "", 3},
	} {
		dir := t.TempDir()
		run := report.Run{ID: "last", Command: "run", Complete: true, Source: "the-glacier"}
		c.change(&run)
		last := report.New(report.Options{TempDir: dir})
		for _, key := range []string{"a", "b", "c"} {
			o := reconcile.Outcome{Status: reconcile.Present}
			o.Source.Location = reconcile.Location{Bucket: "the-glacier", Key: key}
			if err := last.Add(o); err != nil {
				t.Fatal(err)
			}
		}
		at := report.Destination{Path: filepath.Join(dir, "last.json"), Format: report.JSON}
		if err := last.Write(t.Context(), run, nil, nil, []report.Destination{at}, report.Sinks{Manifests: true}); err != nil {
			t.Fatal(err)
		}
		at.Path = filepath.Join(dir, "this.json")
		e := expectation{source: "the-glacier", prefix: c.prefix}
		n, by := e.objects(t.Context(), nil, []report.Destination{at})
		if n != c.want || (by == "") == (c.want > 0) {
			t.Errorf("%s: %d %s, want %d", name, n, by, c.want)
		}
		inventories := []report.Inventory{{Bucket: "archive", Objects: 7}, {Bucket: "the-glacier", Objects: 9}}
		if n, by := e.objects(t.Context(), inventories, []report.Destination{at}); c.prefix == "" && (n != 9 || by != "as in the inventory") {
			t.Errorf("%s: %d %s", name, n, by)
		}
	}
}
