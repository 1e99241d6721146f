package bench

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/retry"
	"reconcile/internal/s3sim"
	"reconcile/internal/scan"
)

// objects is how many objects the tests of whole runs have on either side. The
// bounds hold for any number; a million needs a minute, ten million 4 GiB.
var objects = flag.Int("objects", 20_000, "objects on either side in tests of whole runs")

// both fills the source and the archive with the same n objects, of which some
// are restored.
func (w *world) both(n int, isRestored func(i int) bool) {
	w.Seed(glacier, func(yield func(string, s3sim.Object) bool) {
		for i := range n {
			o := restored(10, uint64(i))
			if !isRestored(i) {
				o.Restore, o.RestoreExpiry = "", time.Time{} // archived
			}
			if !yield(key(i), o) {
				return
			}
		}
	})
	w.Seed(protected, func(yield func(string, s3sim.Object) bool) {
		for i := range n {
			if !yield(key(i), home(restored(10, uint64(i)))) {
				return
			}
		}
	})
}

// run is one whole run of the program's job, with its default options.
func (w *world) run(prefer scan.Prefer) reconcile.Summary {
	w.tb.Helper()
	return w.runWith(prefer, reconcile.Policy{})
}

func (w *world) runWith(prefer scan.Prefer, policy reconcile.Policy) reconcile.Summary {
	w.tb.Helper()
	router, err := reconcile.NewRouter(nil, reconcile.Archives{Protected: protected})
	if err != nil {
		w.tb.Fatal(err)
	}
	again := retry.New(retry.Options{Attempts: 3, Delay: time.Second, Patience: time.Minute})
	rep := report.New(report.Options{TempDir: w.tb.TempDir(), Command: "run"})
	defer rep.Close()
	j := pipeline.Job{
		Command: "run", Store: w.store(), Report: rep, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Scan: scan.Options{Bucket: glacier, Router: router, Mode: scan.RestoreAuto, Prefer: prefer, Policy: policy, TempDir: w.tb.TempDir(), Now: time.Now},
		Copy: copier.Options{Policy: policy, Retry: again, Now: time.Now},
	}
	result, err := j.Run(context.Background())
	if err != nil {
		w.tb.Fatal(err)
	}
	return result.Summary
}

// mustSee wants every object to be accounted for.
func mustSee(t *testing.T, s reconcile.Summary, n, present int) {
	t.Helper()
	if s.Scanned != int64(n) || s.Counts[reconcile.Present] != int64(present) || s.Counts[reconcile.NotRestored] != int64(n-present) {
		t.Errorf("%d scanned, %v; want %d, of which %d present and the others not restored", s.Scanned, s.Counts, n, present)
	}
}

// Nothing to do costs one LIST for 1000 keys on either side, and for a million
// at most 60 more.
func TestRequestsOfNothingToDo(t *testing.T) {
	n := *objects
	w := newWorld(t)
	w.both(n, func(int) bool { return true })
	mustSee(t, w.run(scan.PreferCost), n, n)
	floor := int64(2 * n / 1000)
	t.Logf("%d objects: %v, floor %d", n, w.Requests(), floor)
	if got := w.Requests(); len(got) != 1 || got["ListObjectsV2"] < floor || got["ListObjectsV2"] > floor+30+floor*3/200 {
		t.Errorf("%d objects: %v, want %d LISTs and few more", n, got, floor)
	}
}

// Of 500 objects one is restored, scattered: the archive is not listed, each of
// them is asked by HEAD. Restored by prefix, the archive is listed there, and
// nothing is asked. The source costs one LIST for 1000 keys either way, and for
// ten million at most 100 more.
func TestRequestsOfFewRestored(t *testing.T) {
	n := *objects
	few := n / 500
	for _, tt := range []struct {
		name       string
		isRestored func(i int) bool
		heads      int64
	}{
		{"scattered", func(i int) bool { return i*7919%500 == 3 }, int64(few)},
		{"one prefix", func(i int) bool { return i/few == 100 }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.both(n, tt.isRestored)
			mustSee(t, w.run(scan.PreferCost), n, few)
			got, floor := w.Requests(), int64(n/1000)
			t.Logf("%d objects, %d restored: %v, floor %d", n, few, got, floor)
			most := floor + min(10+floor/10, 36+floor*44/10000)
			if tt.heads == 0 {
				most += int64(few)/1000 + 2
			}
			if got["HeadObject"] > tt.heads || got["ListObjectsV2"] > most || len(got) > 2 {
				t.Errorf("%v, want at most %d HEADs and %d LISTs", got, tt.heads, most)
			}
		})
	}
}

// With --prefer requests fewer requests are sent than the wanted keys are.
func TestPreferRequests(t *testing.T) {
	const n = 20_000
	w := newWorld(t)
	w.both(n, func(i int) bool { return i%200 == 3 })
	mustSee(t, w.run(scan.PreferRequests), n, n/200)
	got := w.Requests()
	if sum := got["HeadObject"] + got["ListObjectsV2"]; sum > 2*n/1000+12 {
		t.Errorf("%v for %d keys on either side", got, n)
	}
}

// The first copy starts within three pages of the listings, however large the
// bucket is and wherever the objects are restored in it.
func TestFirstCopy(t *testing.T) {
	const n = 5000
	for name, isRestored := range map[string]func(i int) bool{
		"all":          func(int) bool { return true },
		"the first":    func(i int) bool { return i == 0 },
		"the 1000th":   func(i int) bool { return i == 999 },
		"one of 500":   func(i int) bool { return i%500 == 0 },
		"the first 20": func(i int) bool { return i < 20 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.both(n, isRestored)
			for i := range n {
				if isRestored(i) {
					w.Delete(protected, key(i)) // the first one is missing
					break
				}
			}
			var pages atomic.Int64
			w.Inject(s3sim.Fault{Op: "CopyObject", Times: 1, Before: func() { pages.Store(w.Requests()["ListObjectsV2"]) }})
			w.SetLatency("ListObjectsV2", 150*time.Millisecond) // what is under way does not overtake the copy
			w.run(scan.PreferCost)
			if got := pages.Load(); got < 2 || got > 3+2 { // on either side one may be read ahead
				t.Errorf("the first copy started after %d pages", got)
			}
		})
	}
}
