package copier_test

import (
	"sync"
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// swap makes the server copy other bytes of the same size, unseen: the source
// is another object for as long as the n-th copy request takes.
func (w *world) swap(key string, good, bad s3sim.Object, skip int) {
	var mu sync.Mutex // one request at a time, so that the others see the good bytes
	n := 0
	w.Inject(s3sim.Fault{
		Match: copies,
		Before: func() {
			mu.Lock()
			if n++; n == skip+1 {
				w.put(key, bad)
			}
		},
		AfterAct: func() {
			w.put(key, good)
			mu.Unlock()
		},
	})
}

// A server that alters bytes is found out by the strongest proof there is; the
// target is left in place and named.
func TestAlteredBytes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source s3sim.Object
		skip   int
		kms    bool
	}{
		"copy":                  {s3sim.Object{Size: 1000}, 0, false},
		"copy without checksum": {s3sim.Object{Size: 1000, NoChecksum: true}, 0, false},
		"multipart by copy":     {s3sim.Object{Size: 10 * mib, PartSizes: sizes(5, 5)}, 0, false},
		"copy into KMS":         {s3sim.Object{Size: 1000}, 0, true},
		"one part":              {s3sim.Object{Size: 23 * mib}, 2, false},
		"a kept part":           {s3sim.Object{Size: 23 * mib, PartSizes: sizes(6, 6, 6, 5), NoChecksum: true}, 2, false},
		"an uneven part":        {s3sim.Object{Size: 24 * mib, PartSizes: sizes(6, 7, 6, 5), NoChecksum: true}, 1, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var bucket []s3sim.BucketOption
			if tt.kms {
				bucket = append(bucket, s3sim.DefaultKMS("key"))
			}
			w := newWorld(t, s3sim.Config{Quirks: s3sim.Quirks{IgnoreCopySourceConditions: true}}, bucket...)
			w.put("k", tt.source)
			bad := tt.source
			bad.ContentSeed = 66
			w.swap("k", tt.source, bad, tt.skip)
			o := w.one("k")
			w.expect(o, reconcile.Failed, reconcile.Integrity)
			w.says(o, "does not match", "s3://archive/k", "left in place")
			if _, there := w.Get(archive, "k"); !there {
				t.Error("the target was removed")
			}
		})
	}
}

// --proof checksum: accepted where both sides show one, refused otherwise.
func TestProofChecksum(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.opts.Policy.RequireChecksum = true
	sources := map[string]s3sim.Object{
		"small": {Size: 1000}, "large": {Size: 23 * mib}, "parts": {Size: 10 * mib, PartSizes: sizes(5, 5)},
		"sha": {Size: 1000, ChecksumAlgorithm: "SHA256"},
		"old": {Size: 1000, NoChecksum: true}, "old parts": {Size: 10 * mib, PartSizes: sizes(5, 5), NoChecksum: true},
	}
	for key, source := range sources {
		w.put(key, source)
		o := w.one(key)
		if source.NoChecksum {
			if o.Status != reconcile.Failed || o.ErrorKind != reconcile.Integrity {
				t.Errorf("%s: %s/%s %s", key, o.Status, o.ErrorKind, o.Proof)
			}
			w.says(o, "--proof checksum", "left in place")
			continue
		}
		w.expect(o, reconcile.Copied, "")
		if o.Proof != reconcile.ProofChecksum {
			t.Errorf("%s: proof %s", key, o.Proof)
		}
	}
}

// A server without checksums and with opaque ETags leaves the size, and it is
// counted as such.
func TestNothingComparable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{Quirks: s3sim.Quirks{NoChecksums: true}}, s3sim.DefaultKMS("key"))
	w.small("small", 1)
	w.put("large", large())
	for _, key := range []string{"small", "large"} {
		o := w.one(key)
		w.expect(o, reconcile.Copied, "")
		if o.Proof != reconcile.ProofSize {
			t.Errorf("%s: proof %s", key, o.Proof)
		}
	}
}
