package audit_test

import (
	"flag"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"reconcile/internal/audit"
	"reconcile/internal/reconcile"
)

var many = flag.Int("many", 5_000, "objects of the test of requests, on both sides")

// TestRequests: where nothing is wrong there is one LIST a page of each side, the
// division into key ranges costs a few more, and nothing is asked by HEAD.
func TestRequests(t *testing.T) {
	t.Parallel()
	for _, streams := range []int{1, 0} {
		w := newWorld(1000)
		w.pageSize = 1000 * min(*many, 20_000) / 200_000 // as many pages as 200,000 objects have
		if *many > 20_000 {
			w.pageSize = 1000
		}
		for i := range *many {
			key := fmt.Sprintf("MOD%02d/%d/f%07d.hdf", i*100 / *many, i%7, i)
			w.add(source, key)
			w.add(protected, key)
		}
		w.sort()
		floor := 2 * ((*many + w.pageSize - 1) / w.pageSize)
		o := options(router(t))
		o.Streams, o.TempDir = streams, t.TempDir()
		var present atomic.Int64
		began := time.Now()
		err := audit.New(w, o).Run(t.Context(), func(one reconcile.Outcome) error {
			if one.Status == reconcile.Present {
				present.Add(1)
			}
			return nil
		})
		if err != nil || present.Load() != int64(*many) {
			t.Fatalf("%d of %d present, %v", present.Load(), *many, err)
		}
		if got := w.asked["List"]; float64(got) > 1.3*float64(floor) || w.asked["Head"] > 0 {
			t.Errorf("%d streams: %v requests, want at most 1.3 times %d LISTs", streams, w.asked, floor)
		}
		t.Logf("%d streams: %v, floor %d, %v", streams, w.asked, floor, time.Since(began).Round(time.Millisecond))
	}
}

// TestFindingsTogether: findings that lie together are looked at again by listing
// them, not one by one, and what has changed meanwhile is not accused.
func TestFindingsTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(100)
	const n = 1000
	for i := range 3 * n {
		key := fmt.Sprintf("f%05d.hdf", i)
		if i < 2*n {
			w.add(source, key)
		}
		if i < n || i >= 2*n {
			w.add(protected, key)
		}
	}
	w.sort()
	var moved atomic.Bool
	w.before = func(op, bucket, after string) error {
		// While it is looked at, one comes home, and one gets its original.
		if op == "List" && bucket == protected && after > "f01950" && moved.CompareAndSwap(false, true) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.add(protected, "f01500.hdf")
			w.add(source, "f02900.hdf")
			w.sort()
		}
		return nil
	}
	o := options(router(t))
	o.Streams = 1
	all, err := run(t, t.Context(), w, o)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[reconcile.Status]int{}
	for _, one := range all {
		counts[one.Status]++
		if !one.Status.Success() && one.Attempts < 2 {
			t.Fatalf("%+v was accused at first sight", one)
		}
	}
	if counts[reconcile.Missing] != n-1 || counts[reconcile.Orphan] != n-1 || counts[reconcile.Present] != n+2 {
		t.Errorf("%v", counts)
	}
	// 50 pages of all at first, and 40 and a few of what is looked at again.
	if w.asked["Head"] > 20 || w.asked["List"] > 110 {
		t.Errorf("%v for %d findings", w.asked, 2*n)
	}
	t.Log(w.asked, counts)
}

// TestMemory: what is misplaced and what has no original is not kept in memory,
// swapped prefixes or not.
func TestMemory(t *testing.T) {
	w := newWorld(1000)
	n := *many
	for i := range n {
		key := fmt.Sprintf("old/f%07d.hdf", i)
		w.add(source, key)
		w.add(protected, "new"+key[3:])
		w.add(public, key) // misplaced
		w.add(protected, fmt.Sprintf("z/orphan%07d", i))
	}
	w.sort()
	o := options(router(t, reconcile.Rule{Prefix: "old/", FromPrefix: "old/", ToPrefix: "new/"}))
	o.TempDir = t.TempDir()
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	var seen, peak atomic.Int64
	err := audit.New(w, o).Run(t.Context(), func(reconcile.Outcome) error {
		if seen.Add(1)%int64(n) == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			peak.Store(max(peak.Load(), int64(now.HeapAlloc)-int64(before.HeapAlloc)))
		}
		return nil
	})
	if err != nil || seen.Load() != int64(3*n) {
		t.Fatalf("%d outcomes of %d, %v", seen.Load(), 3*n, err)
	}
	const limit = 48 << 20
	if peak.Load() > limit {
		t.Errorf("%d MiB more at the peak", peak.Load()>>20)
	}
	t.Logf("%d MiB more at the peak", peak.Load()>>20)
}
