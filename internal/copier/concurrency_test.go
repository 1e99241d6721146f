package copier_test

import (
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// A fixed number of requests is never exceeded, over small copies, parts,
// HEADs, looks after lost answers and aborts together.
func TestFixedConcurrency(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 5} {
		w := newWorld(t, s3sim.Config{})
		count := &counting{Store: w.store}
		w.store = count
		w.opts.Concurrency = n
		w.opts.Retry = again(2)
		all := w.many(30)
		for _, key := range keys("large", 2) {
			w.put(key, s3sim.Object{Size: 60 * mib})
			all = append(all, w.decide(key))
		}
		for _, key := range keys("uneven", 2) {
			w.byParts(key, 1, 5, 6, 7, 8, 9, 5)
			all = append(all, w.decide(key))
		}
		w.Inject(s3sim.Fault{Op: "CopyObject", KeyPrefix: "k001", Kind: s3sim.CutAfter})
		w.Inject(s3sim.Fault{Op: "CopyObject", KeyPrefix: "k002", Kind: s3sim.CutBefore})
		w.Inject(s3sim.Fault{Op: "CompleteMultipartUpload", KeyPrefix: "large0001", Kind: s3sim.CutBefore})
		for _, o := range w.run(t.Context(), all...) {
			w.truth(o)
		}
		if highest := count.highest.Load(); highest > int64(n) || n > 1 && highest < 2 {
			t.Errorf("%d requests in flight, %d allowed", highest, n)
		}
		for op, highest := range w.MaxInFlight() {
			if highest > int64(n)+1 { // a request that was cut may still be ending at the server
				t.Errorf("%d %s in flight, %d allowed", highest, op, n)
			}
		}
	}
}

// Where the service limits the rate, throttled answers slow the run down and
// fail nothing.
func TestAdaptiveUnderARate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.opts.Retry = patient(1)
	w.SetRate("CopyObject", 300, 20)
	w.SetLatency("CopyObject", 20*time.Millisecond)
	if n := counted(w.run(t.Context(), w.many(*manyObjects)...)); n[reconcile.Copied] != *manyObjects {
		t.Errorf("%v", n)
	}
}
