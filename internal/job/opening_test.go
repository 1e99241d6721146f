package job

import (
	"errors"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// TestOpening: the first line of a summary says what happened, however the job
// ended, and says "complete" only where nothing is left to look at.
func TestOpening(t *testing.T) {
	counts := func(of map[reconcile.Status]int64) *reconcile.Summary {
		s := &reconcile.Summary{Counts: of}
		for _, n := range of {
			s.Scanned += n
		}
		return s
	}
	good := counts(map[reconcile.Status]int64{reconcile.Copied: 12, reconcile.Present: 3})
	bad := counts(map[reconcile.Status]int64{reconcile.Copied: 1, reconcile.Failed: 2})
	cut := counts(map[reconcile.Status]int64{reconcile.Copied: 1, reconcile.Canceled: 2})
	why := errors.New("the listing failed")
	for _, c := range []struct {
		command string
		state   State
		s       *reconcile.Summary
		err     error
		want    string
	}{
		{"run", Complete, good, nil, "run complete: 15 objects scanned; 12 copied, 3 there already"},
		{"run", Complete, counts(nil), nil, "run complete: 0 objects scanned; no objects were found"},
		{"plan", Complete, counts(map[reconcile.Status]int64{reconcile.Missing: 1}), nil, "plan complete: 1 object scanned; 1 missing from the archive"},
		{"run", Unsettled, bad, nil, "run NOT settled: 2 of 3 copies failed; 1 copied; 3 objects scanned"},
		{"run", Incomplete, good, nil, "run without all of its reports: 12 copied, 3 there already; 15 objects scanned"},
		{"run", Incomplete, cut, why, "run NOT complete: 2 objects not reached; 1 copied; 3 objects scanned so far"},
		{"run", Late, cut, why, "run NOT complete: 2 objects not reached; 1 copied; 3 objects scanned so far"},
		{"run", Interrupted, counts(nil), why, "run NOT complete: no object was reached"},
		{"audit", Incomplete, counts(nil), why, "audit NOT complete: no object was reached"},
	} {
		got := opening(c.command, c.state, c.s, c.err)
		if got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.command, c.state, got, c.want)
		}
		if complete := strings.Contains(got, " complete"); complete != (c.state == Complete) && !strings.Contains(got, "NOT complete") {
			t.Errorf("%s: %q", c.state, got)
		}
	}
}
