package copier_test

import (
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// Composite ETags that differ are decided by the part layouts of both sides: of
// the same parts they are another content, of other parts they say nothing.
func TestLookAtLayouts(t *testing.T) {
	t.Parallel()
	object := func(seed uint64, mibs ...int64) s3sim.Object {
		o := s3sim.Object{ContentSeed: seed, NoChecksum: true, PartSizes: sizes(mibs...)}
		for _, n := range mibs {
			o.Size += n * mib
		}
		return o
	}
	tests := []struct {
		name           string
		source, target s3sim.Object
		status         reconcile.Status
		heads          int64
	}{
		{"the same parts", object(1, 5, 5, 5, 5), object(2, 5, 5, 5, 5), reconcile.Differs, 6},
		{"the same parts, a shorter last", object(1, 5, 5, 5, 1), object(2, 5, 5, 5, 1), reconcile.Differs, 6},
		{"the same uneven parts", object(1, 5, 7, 6, 5), object(2, 5, 7, 6, 5), reconcile.Differs, 10},
		{"other parts in between", object(1, 5, 7, 6, 5), object(1, 5, 6, 7, 5), reconcile.Present, 8},
		{"another first part", object(1, 6, 5, 5), object(1, 5, 6, 5), reconcile.Present, 4},
		{"another last part", object(1, 5, 6, 5), object(1, 5, 5, 6), reconcile.Present, 6},
		{"one part", object(1, 5), object(2, 5), reconcile.Differs, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, s3sim.Config{})
			o := w.run(t.Context(), w.undecided("k", tt.source, tt.target))["k"]
			w.expect(o, tt.status, "")
			w.sent(map[string]int64{"HeadObject": tt.heads})
		})
	}
}

// Of another number of parts no HEAD is sent: they cannot be the same.
func TestOtherNumberOfParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	o := s3sim.Object{Size: 10 * mib, NoChecksum: true, PartSizes: sizes(5, 5)}
	w.put("k", o)
	o.PartSizes = sizes(10)
	w.Put(archive, "k", o)
	if d := w.decide("k"); d.Status != reconcile.Present || d.Proof != reconcile.ProofSize {
		t.Errorf("need %d, %s, %s", d.Need, d.Status, d.Proof)
	}
}

// Under KMS ETags say nothing, and checksums do: each object of another content
// is found, not only the first few.
func TestLookUnderKMS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{}, s3sim.DefaultKMS("key"))
	var all []reconcile.Decision
	for i, key := range keys("k", 60) {
		all = append(all, w.undecided(key, s3sim.Object{Size: 1000, ContentSeed: 1}, s3sim.Object{Size: 1000, ContentSeed: uint64(1 + i%2)}))
	}
	differ := 0
	for _, o := range w.run(t.Context(), all...) {
		if o.Status == reconcile.Differs {
			differ++
		}
	}
	if differ != 30 {
		t.Errorf("%d of 30 were found", differ)
	}
	w.sent(map[string]int64{"HeadObject": 120})
}
