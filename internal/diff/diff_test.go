package diff

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// object is an outcome of the status, with a target.
func object(key string, status reconcile.Status) reconcile.Outcome {
	o := reconcile.Outcome{Status: status, Attempts: 1}
	o.Source = reconcile.Object{Location: reconcile.Location{Bucket: "glacier", Key: key}, Size: 5, ETag: "aa", StorageClass: "GLACIER"}
	o.Target.Location = reconcile.Location{Bucket: "protected", Key: key}
	if status == reconcile.Orphan {
		o.Source = reconcile.Object{}
	}
	return o
}

// written is a report of the outcomes.
func written(t *testing.T, f report.Format, rows report.Rows, run report.Run, outcomes ...reconcile.Outcome) *Input {
	t.Helper()
	r := report.New(report.Options{Rows: rows, Command: "audit", TempDir: t.TempDir()})
	defer r.Close()
	for _, o := range outcomes {
		if err := r.Add(o); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	err := r.Write(context.Background(), run, nil, nil, []report.Destination{{Path: "-", Format: f}}, report.Sinks{Stdout: &out})
	if err != nil {
		t.Fatal(err)
	}
	return &Input{Name: string(f), Body: &out}
}

var complete = report.Run{ID: "1", Command: "audit", Source: "glacier", Complete: true, StartedAt: time.Unix(0, 0), FinishedAt: time.Unix(1, 0)}

// changes are the rows, as "change key old>new fields".
func changes(t *testing.T, before, after *Input) ([]string, Result) {
	t.Helper()
	var all []string
	got, err := Compare(before, after, func(r Row) error {
		var names []string
		for name := range r.Fields {
			names = append(names, name)
		}
		slices.Sort(names)
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s>%s %s", r.Change, r.Key, r.OldStatus, r.NewStatus, strings.Join(names, " "))))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, got
}

// TestCompare: each kind of change, whether it is for the worse, and what the
// reports leave out.
func TestCompare(t *testing.T) {
	t.Parallel()
	moved := object("k", reconcile.Present)
	moved.Target.Bucket = "public"
	grown := object("k", reconcile.Present)
	grown.Source.Size, grown.Attempts, grown.Elapsed = 6, 4, time.Minute
	leak := object("k", reconcile.Misplaced)
	leak.Leak, leak.Target.Bucket = true, "public"
	there, gone := object("k", reconcile.NotRestored), object("k", reconcile.NotRestored)
	there.Archive, gone.Archive = reconcile.ArchiveThere, reconcile.ArchiveMissing
	stopped := complete
	stopped.Complete, stopped.Error = false, "a listing failed"
	present, missing, orphan := object("k", reconcile.Present), object("k", reconcile.Missing), object("k", reconcile.Orphan)
	for _, tt := range []struct {
		name     string
		was, is  []reconcile.Outcome
		rows     report.Rows
		run      report.Run
		want     string
		worse    int64
		headOnly bool // a CSV report cannot tell
	}{
		{name: "the same", was: []reconcile.Outcome{present}, is: []reconcile.Outcome{present}},
		{name: "lost", was: []reconcile.Outcome{present}, is: []reconcile.Outcome{missing}, want: "changed k present>missing status success", worse: 1},
		{name: "mended", was: []reconcile.Outcome{missing}, is: []reconcile.Outcome{present}, want: "changed k missing>present status success"},
		{name: "another bucket", was: []reconcile.Outcome{present}, is: []reconcile.Outcome{moved}, want: "changed k present>present target_bucket"},
		{name: "another content", was: []reconcile.Outcome{present}, is: []reconcile.Outcome{grown}, want: "changed k present>present size_bytes"},
		{name: "archive lost", was: []reconcile.Outcome{there}, is: []reconcile.Outcome{gone}, want: "changed k not_restored>not_restored archive", worse: 1},
		{name: "leak", was: []reconcile.Outcome{present}, is: []reconcile.Outcome{present, leak}, want: "appeared k >misplaced", worse: 1},
		{name: "orphan appears", was: []reconcile.Outcome{present}, is: []reconcile.Outcome{present, orphan}, want: "appeared k >orphan", worse: 1},
		{name: "orphan vanishes", was: []reconcile.Outcome{present, orphan}, is: []reconcile.Outcome{present}, want: "vanished k orphan>"},
		{name: "vanishes", was: []reconcile.Outcome{present}, want: "vanished k present>", worse: 1, headOnly: true},
		{name: "vanishes, or has no row", was: []reconcile.Outcome{object("k", reconcile.Copied)}, rows: report.RowsChanges, want: "vanished k copied>"},
		{name: "vanishes, or was not reached", was: []reconcile.Outcome{present}, run: stopped, want: "vanished k present>", worse: 1, headOnly: true},
	} {
		if tt.rows == "" {
			tt.rows = report.RowsAll
		}
		if tt.run.ID == "" {
			tt.run = complete
		}
		for _, f := range []report.Format{report.JSON, report.CSV} {
			if f == report.CSV && tt.headOnly {
				continue
			}
			rows, got := changes(t, written(t, f, tt.rows, complete, tt.was...), written(t, f, tt.rows, tt.run, tt.is...))
			if strings.Join(rows, "; ") != tt.want || got.Worse != tt.worse {
				t.Errorf("%s, %s: %q, %d worse; want %q, %d", tt.name, f, rows, got.Worse, tt.want, tt.worse)
			}
		}
	}
}

// TestCompareBrute: random reports, one format against the other, against a map.
func TestCompareBrute(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	statuses := []reconcile.Status{reconcile.Present, reconcile.Missing, reconcile.Failed, reconcile.NotRestored}
	for range 50 {
		was, is := map[string]reconcile.Status{}, map[string]reconcile.Status{}
		var a, b []reconcile.Outcome
		for range 40 {
			key := []string{"a/", "b", "ü", "\"<,\n"}[rng.IntN(4)] + fmt.Sprint(rng.IntN(12))
			if _, ok := was[key]; !ok && rng.IntN(2) == 0 {
				was[key] = statuses[rng.IntN(4)]
				a = append(a, object(key, was[key]))
			}
			if _, ok := is[key]; !ok && rng.IntN(2) == 0 {
				is[key] = statuses[rng.IntN(4)]
				b = append(b, object(key, is[key]))
			}
		}
		want := map[string]Change{}
		for key, s := range was {
			if now, ok := is[key]; !ok {
				want[key] = Vanished
			} else if now != s {
				want[key] = Changed
			}
		}
		for key := range is {
			if _, ok := was[key]; !ok {
				want[key] = Appeared
			}
		}
		last := ""
		_, err := Compare(written(t, report.CSV, report.RowsAll, complete, a...), written(t, report.JSON, report.RowsAll, complete, b...), func(r Row) error {
			if want[r.Key] != r.Change || r.Key < last {
				t.Errorf("%q: %s, want %q", r.Key, r.Change, want[r.Key])
			}
			delete(want, r.Key)
			last = r.Key
			return nil
		})
		if err != nil || len(want) > 0 {
			t.Fatalf("%v; not told: %v", err, want)
		}
	}
}

// TestNoReport: what is no report, breaks off or is out of order is an error
// that names it.
func TestNoReport(t *testing.T) {
	t.Parallel()
	whole := written(t, report.CSV, report.RowsAll, complete, object("a", reconcile.Present), object("b", reconcile.Present)).Body.(*bytes.Buffer).String()
	lines := strings.SplitAfter(whole, "\n")
	for name, text := range map[string]string{
		"empty": "", "text": "hello\n", "other": `{"a":1}`, "order": lines[0] + lines[2] + lines[1], "half": lines[0] + lines[1][:20],
	} {
		_, err := Compare(&Input{Name: name, Body: strings.NewReader(text)}, written(t, report.JSON, report.RowsAll, complete), func(Row) error { return nil })
		if err == nil || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
