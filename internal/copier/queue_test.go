package copier_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// What expires soonest is copied first: while one copy hangs, a hundred arrive
// in any order, and are then copied in that of their expiry.
func TestSoonestExpiryFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.opts.Concurrency = 1
	var all []reconcile.Decision
	for i, key := range keys("k", 100) {
		w.small(key, 1)
		d := w.decide(key)
		d.Source.Restore.Expiry = time.Now().Add(time.Duration(1+i*37%100) * time.Hour)
		if i == 50 {
			d.Source.Restore.Expiry = time.Time{} // never: the last
		}
		all = append(all, d)
	}
	release := make(chan struct{})
	w.Inject(s3sim.Fault{Op: "CopyObject", KeyPrefix: "k0000", Before: func() { <-release }})
	in := make(chan reconcile.Decision)
	var order []string
	var mu sync.Mutex
	var wg sync.WaitGroup
	wg.Go(func() {
		err := copier.New(w.store, w.store, w.opts).Run(context.Background(), in, func(o reconcile.Outcome) error {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, o.Source.Key)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	in <- all[0] // it is in flight, or first in the queue by its expiry
	for _, d := range all[1:] {
		in <- d
	}
	close(release)
	close(in)
	wg.Wait()
	slices.SortFunc(all[1:], func(a, b reconcile.Decision) int {
		x, y := a.Source.Restore.Expiry, b.Source.Restore.Expiry
		if x.IsZero() != y.IsZero() {
			return map[bool]int{true: 1, false: -1}[x.IsZero()]
		}
		return x.Compare(y)
	})
	for i, key := range order {
		if want := all[i].Source.Key; key != want {
			t.Fatalf("number %d was %s, want %s", i, key, want)
		}
	}
}

// A run that is stopped with more waiting than the queue holds cancels each of them once.
func TestStopWithAFullQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.Inject(s3sim.Fault{Op: "CopyObject", Skip: 40, Times: 1, Before: cancel})
	all := w.many(300)
	for _, key := range keys("later", 3900) { // they expire last, and are not reached
		d := all[299]
		d.Source.Key, d.Target.Key = key, key
		all = append(all, d)
	}
	n := counted(w.stopped(ctx, all...))
	if n[reconcile.Canceled]+n[reconcile.Copied] != 4200 || n[reconcile.Copied] < 40 {
		t.Errorf("%v", n)
	}
}
