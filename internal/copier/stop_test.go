package copier_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// stopped runs decisions with a context that a test cancels from within a
// fault, and checks DESIGN §7.7: out soon, nothing open, and
// what stands in a row agrees with the server.
func (w *world) stopped(ctx context.Context, decisions ...reconcile.Decision) map[string]reconcile.Outcome {
	w.t.Helper()
	began := time.Now()
	out := w.run(ctx, decisions...)
	if took := time.Since(began); took > 20*time.Second { // a busy machine is slow; a request that nobody stops takes minutes
		w.t.Errorf("it took %v to stop", took)
	}
	if ctx.Err() == nil {
		w.t.Error("it was never stopped")
	}
	for _, o := range out {
		w.truth(o)
	}
	w.nothingOpen()
	return out
}

func (w *world) many(n int) (all []reconcile.Decision) {
	for _, key := range keys("k", n) {
		w.small(key, 1)
		all = append(all, w.decide(key))
	}
	return all
}

// What is in flight is finished, what waits is canceled.
func TestStopWithSmallCopiesInFlight(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.beside("small", "large")
	w.opts.Concurrency = 8
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.Inject(s3sim.Fault{Op: "CopyObject", Skip: 20, Times: 1, Before: cancel})
	n := counted(w.stopped(ctx, w.many(200)...))
	if n[reconcile.Copied] < 20 || n[reconcile.Copied] > 29 || n[reconcile.Canceled] != 200-n[reconcile.Copied] {
		t.Errorf("%v", n)
	}
}

// A run that is over before it begins sends nothing.
func TestStopBeforeTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.beside("small", "large")
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	all := w.many(20)
	all[3].Need, all[4].Need = reconcile.NeedLook, reconcile.NeedRestoreState
	if n := counted(w.stopped(ctx, all...)); n[reconcile.Canceled] != 20 {
		t.Errorf("%v", n)
	}
	w.sent(map[string]int64{})
}

// Between parts: no further parts, the upload aborted, the object canceled.
func TestStopBetweenParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.beside("small", "large")
	w.opts.Concurrency = 4
	w.put("large", s3sim.Object{Size: 500 * mib})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.Inject(s3sim.Fault{Op: "UploadPartCopy", Skip: 10, Times: 1, Before: cancel})
	out := w.stopped(ctx, w.decide("large"))
	if out["large"].Status != reconcile.Canceled {
		t.Errorf("%s", out["large"].Status)
	}
	if n := w.Requests()["UploadPartCopy"]; n > 20 {
		t.Errorf("%d parts copied after the stop", n-11)
	}
}

// At each request of a copy by parts in turn: canceled with nothing left, or
// copied once all the parts are there.
func TestStopAtEachRequest(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"HeadObject", "GetObjectTagging", "CreateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload", "PutObjectTagging"} {
		for _, hang := range []bool{false, true} {
			t.Run(op, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, s3sim.Config{})
				w.beside("small", "large")
				w.opts.Concurrency, w.opts.Grace = 1, time.Second
				if op == "PutObjectTagging" { // it is given up, and sent again: what is owed to the target outlasts the grace
					w.impatient()
				}
				w.tagged()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				f := s3sim.Fault{Op: op, Times: 1, Before: cancel}
				if hang {
					f.Kind = s3sim.Hang
				}
				w.Inject(f)
				o := w.stopped(ctx, w.decide("large"))["large"]
				want := reconcile.Canceled
				// A late tag that hung is put again: the grace is not for what is owed to a target that is there.
				if op == "PutObjectTagging" || op == "CompleteMultipartUpload" && !hang {
					want = reconcile.Copied
				}
				if o.Status != want {
					t.Errorf("%s %q, want %s", o.Status, o.Message, want)
				}
				if o.Status == reconcile.Copied {
					w.sameProperties("large")
				}
			})
		}
	}
}

// Once all parts are there, Complete is sent again within the grace.
func TestStopWhileCompleteIsRetried(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.beside("small", "large")
	w.sources()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.Inject(s3sim.Fault{Op: "CompleteMultipartUpload", Times: 1, Kind: s3sim.InternalError, Before: cancel})
	if o := w.stopped(ctx, w.decide("large"))["large"]; o.Status != reconcile.Copied {
		t.Errorf("%s %q", o.Status, o.Message)
	}
}

// A target that is there without its tags is no object that was not reached.
func TestStopWithLateTagsHanging(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.beside("small", "large")
	w.opts.Grace, w.opts.Retry = 50*time.Millisecond, again(20)
	w.tagged()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.Inject(s3sim.Fault{Op: "PutObjectTagging", Kind: s3sim.Hang, Before: cancel})
	o := w.run(ctx, w.decide("large"))["large"]
	if o.Status != reconcile.Failed {
		t.Errorf("%s %q", o.Status, o.Message)
	}
	w.says(o, "without its tags")
}

// The server acts and its answer hangs: what was written is copied.
func TestStopWithTheAnswerHanging(t *testing.T) {
	t.Parallel()
	for key, op := range writes {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, s3sim.Config{})
			w.beside("small", "large")
			w.opts.Grace = time.Second
			w.sources()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			release := make(chan struct{})
			w.Inject(s3sim.Fault{Op: op, Times: 1, AfterAct: func() { cancel(); <-release }})
			o := w.stopped(ctx, w.decide(key))[key]
			close(release)
			if o.Status != reconcile.Copied {
				t.Errorf("%s %q", o.Status, o.Message)
			}
		})
	}
}

// The write is answered, the HEADs for its proof hang: there is time for them
// after the grace, too.
func TestStopDuringTheProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{}, s3sim.DefaultKMS("key"))
	w.beside("small", "large")
	w.opts.Grace = 4 * time.Second
	w.impatient()
	w.small("small", 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.Inject(s3sim.Fault{Op: "HeadObject", Times: 1, Kind: s3sim.Hang, Before: cancel})
	o := w.stopped(ctx, w.decide("small"))["small"]
	if o.Status != reconcile.Copied {
		t.Errorf("%s %q", o.Status, o.Message)
	}
}

// From one moment on the server answers nothing at all, neither looks nor
// aborts: out all the same, each object with one row, none of them copied
// without having been seen.
func TestStopWithADeadServer(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"CopyObject", "UploadPartCopy", "CompleteMultipartUpload"} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, s3sim.Config{})
			w.beside("small", "large")
			w.opts.Concurrency, w.opts.Grace = 8, 50*time.Millisecond
			all := w.many(40)
			for _, key := range keys("large", 4) {
				w.put(key, s3sim.Object{Size: 23 * mib})
				all = append([]reconcile.Decision{w.decide(key)}, all...)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var once sync.Once
			w.Inject(s3sim.Fault{Op: op, Skip: 3, Kind: s3sim.Hang, Before: func() {
				once.Do(func() {
					w.Inject(s3sim.Fault{Kind: s3sim.Hang})
					cancel()
				})
			}})
			began := time.Now()
			out := w.run(ctx, all...)
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %v to stop", took)
			}
			for _, o := range out {
				if !slices.Contains([]reconcile.Status{reconcile.Copied, reconcile.Canceled, reconcile.Failed}, o.Status) {
					t.Errorf("%s: %s", o.Source.Key, o.Status)
				}
				if !strings.Contains(o.Message, "may still be carried out") { // what was answered too late is there
					w.truth(o)
				}
			}
		})
	}
}
