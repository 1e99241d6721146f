package copier_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// both runs a test against servers that say which condition of a 412 failed,
// and against such as do not.
func both(t *testing.T, test func(t *testing.T, cfg s3sim.Config)) {
	for _, silent := range []bool{false, true} {
		t.Run(fmt.Sprintf("silent=%v", silent), func(t *testing.T) {
			t.Parallel()
			test(t, s3sim.Config{Quirks: s3sim.Quirks{NoConditionElement: silent}})
		})
	}
}

// moved checks that the source's change was seen and the target left alone.
func (w *checks) moved(o reconcile.Outcome) {
	w.t.Helper()
	if o.Status != reconcile.Failed || o.ErrorKind != reconcile.Changed {
		w.t.Errorf("%s/%s %q, want failed/changed", o.Status, o.ErrorKind, o.Message)
	}
	if _, there := w.Get(archive, o.Source.Key); there {
		w.t.Errorf("the target was written all the same")
	}
	w.nothingOpen()
}

// Rewritten after it was listed, with the same size: by each way of copying.
func TestSourceRewrittenBeforeTheCopy(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, cfg s3sim.Config) {
		w := newWorld(t, cfg)
		objects := map[string]s3sim.Object{
			"small": {Size: 1000},
			"large": {Size: 23 * mib},
			"parts": {Size: 12 * mib, PartSizes: sizes(5, 5, 2), NoChecksum: true},
			"whole": {Size: 12 * mib, PartSizes: sizes(5, 5, 2)},
		}
		for key, o := range objects {
			w.put(key, o)
			d := w.decide(key)
			o.ContentSeed = 99
			w.put(key, o)
			w.moved(w.run(t.Context(), d)[key])
		}
		if n := w.Requests()["CreateMultipartUpload"]; n != 0 {
			t.Errorf("%d uploads begun for a source that is not the listed one", n)
		}
	})
}

// Rewritten while its parts are copied, at every part in turn: never a mixture.
func TestSourceRewrittenBetweenParts(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, cfg s3sim.Config) {
		w := newWorld(t, cfg)
		for i := range 10 * *randomRounds {
			key := fmt.Sprintf("k%d", i)
			w.byParts(key, 1, 5, 5, 5, 5, 5)
			d := w.decide(key)
			f := w.Inject(s3sim.Fault{
				Op: "UploadPartCopy", KeyPrefix: key, Skip: i % 5, Times: 1,
				Before: func() { w.byParts(key, 2, 5, 5, 5, 5, 5) },
			})
			o := w.run(t.Context(), d)[key]
			f.Remove()
			w.moved(o)
		}
	})
}

// Rewritten once all parts are there: what was pinned is copied as it was.
func TestSourceRewrittenDuringComplete(t *testing.T) {
	t.Parallel()
	for i := range 5 {
		w := newWorld(t, s3sim.Config{})
		w.byParts("k", 1, 5, 5)
		w.Put(archive, "reference", s3sim.Object{Size: 10 * mib, ContentSeed: 1})
		rewrite := func() { w.byParts("k", 2, 5, 5) }
		f := s3sim.Fault{Op: "CompleteMultipartUpload", Times: 1, Before: rewrite}
		if i%2 == 1 {
			f.Before, f.AfterAct = nil, rewrite
		}
		w.Inject(f)
		o := w.one("k")
		if o.Status != reconcile.Copied || o.Proof != reconcile.ProofETag || !w.SameContent(archive, "k", archive, "reference") {
			t.Errorf("%s %s %q: neither what was pinned nor nothing", o.Status, o.Proof, o.Message)
		}
	}
}

// A source that is gone is not_found, and nothing is left of the try.
func TestSourceDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.small("small", 1)
	w.put("large", large())
	w.put("look", rich())
	w.Put(archive, "look", s3sim.Object{Size: 1000, ContentSeed: 3})
	for _, key := range []string{"small", "large", "look"} {
		d := w.decide(key)
		w.Delete(glacier, key)
		w.expect(w.run(t.Context(), d)[key], reconcile.Failed, reconcile.NotFound)
	}
	w.put("between", large())
	w.Inject(s3sim.Fault{Op: "UploadPartCopy", Skip: 2, Times: 1, Before: func() { w.Delete(glacier, "between") }})
	w.expect(w.one("between"), reconcile.Failed, reconcile.NotFound)
}

// A server that ignores the pin and a source that changes: whatever was
// written, it is not called a copy.
func TestIgnoredPin(t *testing.T) {
	t.Parallel()
	for _, kms := range []bool{false, true} {
		var bucket []s3sim.BucketOption
		if kms {
			bucket = append(bucket, s3sim.DefaultKMS("key"))
		}
		w := newWorld(t, s3sim.Config{Quirks: s3sim.Quirks{IgnoreCopySourceConditions: true}}, bucket...)
		w.put("checked", s3sim.Object{Size: 1000, ContentSeed: 1})
		w.put("plain", s3sim.Object{Size: 1000, ContentSeed: 1, NoChecksum: true})
		w.byParts("parts", 1, 5, 5, 5)
		w.put("cut", s3sim.Object{Size: 23 * mib, ContentSeed: 1})
		for _, key := range []string{"checked", "plain", "parts", "cut"} {
			if kms && (key == "plain" || key == "parts") {
				continue // nothing to compare: this is what the pin is for
			}
			before, now := w.decide(key), s3sim.Object{}
			now.Size, now.ContentSeed = before.Source.Size, 2
			var done atomic.Bool
			f := w.Inject(s3sim.Fault{KeyPrefix: key, Match: copies, Before: func() {
				if done.CompareAndSwap(false, true) {
					w.put(key, now)
				}
			}})
			o := w.run(t.Context(), before)[key]
			f.Remove()
			if o.Status != reconcile.Failed || o.ErrorKind != reconcile.Changed && o.ErrorKind != reconcile.Integrity {
				t.Errorf("kms %v, %s: %s/%s %s %q", kms, key, o.Status, o.ErrorKind, o.Proof, o.Message)
			}
			w.says(o, "left in place")
			w.nothingOpen()
		}
	}
}
