package merge

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// TestContradictions: a result of another content or at another place fulfils no
// plan; one that fits wins over it, in whatever order they come.
func TestContradictions(t *testing.T) {
	plan := planOf(t, "k")
	size := int64(6)
	fits := reportOf(t, complete, report.RowsAll, rowOf("k", reconcile.Copied))
	for name, change := range map[string]func(*report.Row){
		"another size":   func(r *report.Row) { r.SizeBytes = &size },
		"another ETag":   func(r *report.Row) { r.ETag = "def" },
		"another bucket": func(r *report.Row) { r.TargetBucket = "elsewhere" },
		"another key":    func(r *report.Row) { r.TargetKey = "else/k" },
	} {
		for _, status := range []reconcile.Status{reconcile.Copied, reconcile.Present} {
			row := rowOf("k", status)
			change(&row)
			run := complete
			run.ID = "other"
			path := reportOf(t, run, report.RowsAll, row)
			got := join(t, []string{plan}, path)
			if r := got.row("k"); got.says() != "k:failed" || r.Success || r.ErrorKind != "changed" || !strings.Contains(r.ErrMsg, "planned") {
				t.Errorf("%s, %s: %+v", name, status, got.rows)
			}
			for _, both := range [][]string{{path, fits}, {fits, path}} {
				if got := join(t, []string{plan}, both...); got.says() != "k:copied" {
					t.Errorf("%s: a result that fits does not win: %s", name, got.says())
				}
			}
		}
	}
	bare := rowOf("k", reconcile.Copied) // an answer that tells the status alone
	bare.SizeBytes, bare.ETag, bare.TargetBucket, bare.TargetKey = nil, "", "", ""
	if got := join(t, []string{plan}, reportOf(t, complete, report.RowsAll, bare)); got.says() != "k:copied" {
		t.Errorf("what is not told contradicts: %s", got.says())
	}
}

// night writes the report of a run at an hour: n objects copied from the first
// on, and the rest of all either present or, where it was interrupted, not seen.
func night(t *testing.T, hour, all, from, copied int, whole bool) string {
	t.Helper()
	run := complete
	run.ID, run.Complete = fmt.Sprint("run-", hour), whole
	if !whole {
		run.Error = "interrupted"
	}
	r := report.New(report.Options{Rows: report.RowsChanges, Command: "run", Now: func() time.Time { return noon }})
	defer r.Close()
	seen := all
	if !whole {
		seen = from + copied
	}
	for i := range seen {
		o := reconcile.Outcome{Status: reconcile.Present, Proof: reconcile.ProofETag}
		if i >= from && i < from+copied {
			o.Status, o.Method = reconcile.Copied, reconcile.MethodCopy
		}
		o.Source = reconcile.Object{Location: reconcile.Location{Bucket: "my-glacier", Key: fmt.Sprintf("k%04d", i)}, Size: 1}
		if err := r.Add(o); err != nil {
			t.Fatal(err)
		}
	}
	run.StartedAt, run.FinishedAt = noon, noon.Add(time.Duration(hour)*time.Hour)
	path := t.TempDir() + "/r.json"
	dest, err := report.ParseDestination(path)
	if err == nil {
		err = r.Write(t.Context(), run, nil, nil, []report.Destination{dest}, report.Sinks{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestContinued: an interrupted run and the one that went on count each object
// once, in whatever order, and are complete; so are two nights.
func TestContinued(t *testing.T) {
	cut := night(t, 1, 500, 0, 146, false)
	rest := night(t, 2, 500, 146, 200, true)
	later := night(t, 3, 500, 346, 10, true)
	for name, files := range map[string][]string{
		"continued": {cut, rest}, "the other way round": {rest, cut}, "twice": {cut, rest, cut, rest},
		"three": {later, cut, rest}, "two nights": {rest, later},
	} {
		got := join(t, nil, files...)
		counted := got.head.Unseen
		for _, r := range got.rows {
			o, err := r.Outcome()
			if err != nil {
				t.Fatal(err)
			}
			counted.Add(o, noon)
		}
		if !got.head.Complete || counted.Scanned != 500 || counted.Counts[reconcile.Present]+counted.Counts[reconcile.Copied] != 500 ||
			counted.Proofs[reconcile.ProofETag] != 500 {
			t.Errorf("%s: %+v, complete %v: %s", name, counted, got.head.Complete, got.head.Error)
		}
	}
	if h := join(t, nil, cut).head; h.Complete {
		t.Error("an interrupted run alone is complete")
	}
	if h := join(t, nil, night(t, 9, 500, 0, 146, false), rest).head; h.Complete {
		t.Error("a run that was interrupted after the complete one is complete")
	}
}

// TestCSVAlone: a CSV does not say whether its run was complete. With a plan it
// does not matter: every planned object has a row.
func TestCSVAlone(t *testing.T) {
	text, err := os.ReadFile("../report/testdata/all.csv")
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, "r.csv", text)
	if h := join(t, nil, path).head; h.Complete || !strings.Contains(h.Error, "CSV") {
		t.Errorf("%+v", h)
	}
	if h := join(t, []string{planOf(t, "k")}, path).head; !h.Complete {
		t.Errorf("%+v", h)
	}
}

// TestTwice: JSON in which a field is there twice means one thing to one reader
// and another to the next; it is refused wherever it is.
func TestTwice(t *testing.T) {
	whole, err := os.ReadFile(reportOf(t, complete, report.RowsAll, rowOf("a", reconcile.Copied)))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"status":"copied"`, `"status":"failed","status":"copied"`},
		{`"status":"copied"`, `"Status":"failed","status":"copied"`},
		{`"status":"copied"`, `"stat\u0075s":"failed","status":"copied"`},
		{`"complete": true`, `"complete": false, "complete": true`},
		{`"copied": 1`, `"copied": 1, "copied": 1`},
		{`"CopyObject": 2`, `"CopyObject": 1, "CopyObject": 2`},
	} {
		text := strings.Replace(string(whole), change[0], change[1], 1)
		if text == string(whole) {
			t.Fatalf("the report has no %s", change[0])
		}
		if got := join(t, nil, write(t, "r.json", text)); got.head.Complete || !strings.Contains(got.head.Error, "twice") {
			t.Errorf("%s: %+v", change[1], got.head)
		}
	}
	answers := `[{"statuses":["copied"],"rows":[{"source_bucket":"b","source_key":"k","status":"copied","status":"copied","success":true}]}]`
	if got := join(t, nil, write(t, "a.json", answers)); got.head.Complete || !strings.Contains(got.head.Error, "twice") {
		t.Errorf("answers: %+v", got.head)
	}
}

// TestMisplacedBeside: a misplaced object has its row beside that of its source.
func TestMisplacedBeside(t *testing.T) {
	here, there, alone := rowOf("k", reconcile.Missing), rowOf("k", reconcile.Misplaced), rowOf("l", reconcile.Misplaced)
	there.TargetBucket, alone.TargetBucket = "my-public", "my-public"
	alone.SourceKey, alone.SourceBucket = "", ""
	run := complete
	run.Command = "audit"
	path := reportOf(t, run, report.RowsAll, here, there, alone)
	if got := join(t, nil, path, path); got.says() != "k:missing k:misplaced l:misplaced" {
		t.Errorf("%s", got.says())
	}
}

// TestDisputed: what one report has copied, and another one found to differ, is
// said: the better word counts, and nobody can know whether it was the last.
func TestDisputed(t *testing.T) {
	later := complete
	later.ID = "run-2"
	h := join(t, nil, reportOf(t, complete, report.RowsAll, rowOf("a", reconcile.Copied), rowOf("b", reconcile.Copied)),
		reportOf(t, later, report.RowsAll, rowOf("a", reconcile.Differs), rowOf("b", reconcile.Present))).head
	if len(h.Notes) != 1 || !strings.Contains(h.Notes[0], "found to differ: 1;") {
		t.Errorf("%q", h.Notes)
	}
}

// TestNotesOfParts: what a part says of its own unproved objects is not said
// again, since the merged report says it of all of them; other notes stay.
func TestNotesOfParts(t *testing.T) {
	unproved := reconcile.Summary{Numbers: reconcile.Numbers{Unproved: 3}}
	run := complete
	run.Notes = []string{unproved.UnprovedNote(), "the guard was off"}
	h := join(t, nil, reportOf(t, run, report.RowsAll, rowOf("a", reconcile.Copied))).head
	if len(h.Notes) != 1 || !strings.HasSuffix(h.Notes[0], "the guard was off") {
		t.Errorf("%q", h.Notes)
	}
}
