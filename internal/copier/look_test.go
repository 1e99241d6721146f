package copier_test

import (
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// undecided puts an object on both sides about which only HEADs can decide.
func (w *world) undecided(key string, source, target s3sim.Object) reconcile.Decision {
	w.t.Helper()
	w.put(key, source)
	w.Put(archive, key, target)
	d := w.decide(key)
	if d.Need != reconcile.NeedLook {
		w.t.Fatalf("%s: need %d, status %s", key, d.Need, d.Status)
	}
	return d
}

// NeedLook: two HEADs decide.
func TestLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	checked := func(seed uint64) s3sim.Object { return s3sim.Object{Size: 10 * mib, ContentSeed: seed} }
	old := func(seed uint64) s3sim.Object { return s3sim.Object{Size: 1000, ContentSeed: seed, NoChecksum: true} }
	parts := checked(1)
	parts.PartSizes = sizes(5, 5)
	tests := []struct {
		key            string
		source, target s3sim.Object
		status         reconcile.Status
		proof          reconcile.Proof
	}{
		{"equal by checksum", parts, checked(1), reconcile.Present, reconcile.ProofChecksum},
		{"another checksum", parts, checked(2), reconcile.Differs, ""},
		{"another ETag", old(1), old(2), reconcile.Differs, ""},
	}
	for _, tt := range tests {
		d := w.undecided(tt.key, tt.source, tt.target)
		o := w.run(t.Context(), d)[tt.key]
		w.expect(o, tt.status, "")
		if o.Proof != tt.proof {
			t.Errorf("%s: proof %s", tt.key, o.Proof)
		}
	}
	w.sent(map[string]int64{"HeadObject": 6})
}

// One HEAD that shows KMS makes a bucket's plain ETags incomparable: the next
// object of the bucket needs none.
func TestLookRemembersKMS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{}, s3sim.DefaultKMS("key"))
	w.opts.Concurrency = 1
	var all []reconcile.Decision
	for _, key := range keys("k", 10) {
		o := s3sim.Object{Size: 1000, ContentSeed: 1, NoChecksum: true}
		all = append(all, w.undecided(key, o, o))
	}
	for key, o := range w.run(t.Context(), all...) {
		if o.Status != reconcile.Present || o.Proof != reconcile.ProofSize {
			t.Errorf("%s: %s %s", key, o.Status, o.Proof)
		}
	}
	w.sent(map[string]int64{"HeadObject": 2})
}

// The target vanished since it was listed: it is missing, and copied.
func TestLookFindsNoTarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	o := s3sim.Object{Size: 1000, NoChecksum: true}
	d := w.undecided("k", o, s3sim.Object{Size: 1000, ContentSeed: 2, NoChecksum: true})
	w.Delete(archive, "k")
	w.expect(w.run(t.Context(), d)["k"], reconcile.Copied, "")
}

// A restored copy that lapsed is no matter where nothing has to be copied.
func TestLookAtALapsedSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	parts := s3sim.Object{Size: 10 * mib, PartSizes: sizes(5, 5)}
	d := w.undecided("k", parts, s3sim.Object{Size: 10 * mib})
	gone := w.undecided("gone", parts, s3sim.Object{Size: 10 * mib})
	w.Delete(archive, "gone")
	w.opts.Now = func() time.Time { return time.Now().Add(72 * time.Hour) }
	out := w.run(t.Context(), d, gone)
	w.expect(out["k"], reconcile.Present, "")
	w.expect(out["gone"], reconcile.Failed, reconcile.Unreadable)
}

// --proof checksum looks where listings would do, and refuses what shows none.
func TestLookForChecksums(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{}, s3sim.DefaultKMS("key"))
	w.opts.Policy.RequireChecksum = true
	w.opts.Concurrency = 1
	o := s3sim.Object{Size: 1000}
	old := s3sim.Object{Size: 1000, NoChecksum: true}
	out := w.run(t.Context(), w.undecided("a", o, o), w.undecided("b", o, o), w.undecided("old", old, o))
	for _, key := range []string{"a", "b"} {
		if out[key].Status != reconcile.Present || out[key].Proof != reconcile.ProofChecksum {
			t.Errorf("%s: %s %s", key, out[key].Status, out[key].Proof)
		}
	}
	if out["old"].Status != reconcile.Failed || out["old"].ErrorKind != reconcile.Integrity {
		t.Errorf("old: %s/%s", out["old"].Status, out["old"].ErrorKind)
	}
}
