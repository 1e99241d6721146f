package copier_test

import (
	"fmt"
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// early is a world on a server that is not Amazon's: of key first the archive has
// an object of equal size and other content, which is looked at first; of key
// second what the source has, which is the evidence that ETags are digests.
func early(t *testing.T, parts []int64) *world {
	w := foreignServer(t, s3sim.Quirks{NoChecksums: true})
	w.opts.Concurrency = 1
	o := s3sim.Object{Size: 1000, PartSizes: parts}
	if parts != nil {
		o.Size = sum(parts)
	}
	for i, key := range []string{"first ä", "second"} {
		o.ContentSeed = uint64(i + 1)
		w.put(key, o)
		if key != "second" {
			o.ContentSeed = 99
		}
		w.Put(archive, key, o)
	}
	return w
}

// A pair that HEADs have shown is not judged before there is evidence of what
// its ETags are, whatever was asked for to find it.
func TestEarlyPairWaitsForEvidence(t *testing.T) {
	t.Parallel()
	for _, need := range []reconcile.Need{reconcile.NeedTarget, reconcile.NeedRestoreState, reconcile.NeedLook} {
		for _, parts := range [][]int64{nil, sizes(6, 6, 2)} {
			t.Run(fmt.Sprint(need, parts), func(t *testing.T) {
				t.Parallel()
				w := early(t, parts)
				var all []reconcile.Decision
				for _, key := range []string{"first ä", "second"} {
					d := w.decide(key)
					d.Need, d.Unseen = need, need != reconcile.NeedLook
					if need == reconcile.NeedRestoreState {
						d.Source.Restore = reconcile.RestoreState{}
					}
					all = append(all, d)
				}
				out := w.run(t.Context(), all...)
				if o := out["first ä"]; o.Status != reconcile.Differs || o.Evidence != reconcile.EvidenceHead || o.Attempts != 1 {
					t.Errorf("the early one: %s %q, %+v", o.Status, o.Message, o)
				}
				if o := out["second"]; o.Status != reconcile.Present || o.Proof != reconcile.ProofETag {
					t.Errorf("the equal one: %s by %q", o.Status, o.Proof)
				}
				heads := w.Requests()["HeadObject"]
				w.ResetRequests()
				w.opts.Policy.Digests = &reconcile.Digests{}
				alone := w.run(t.Context(), all[0])["first ä"] // and nothing tells
				if alone.Status != reconcile.Present || alone.Proof != reconcile.ProofSize {
					t.Errorf("alone: %s by %q", alone.Status, alone.Proof)
				}
				if n := w.Requests()["HeadObject"]; n != 2 || heads > 11 {
					t.Errorf("%d HEADs with evidence, %d without", heads, n)
				}
			})
		}
	}
}

// What somebody has written since the listing is judged at the end too, and not
// overwritten although what differs is.
func TestMetPairWaitsForEvidence(t *testing.T) {
	t.Parallel()
	w := early(t, nil)
	w.opts.Policy.Overwrite = true
	w.Delete(archive, "first ä")
	first, second := w.decide("first ä"), w.decide("second")
	first.Collisions, second.Need, second.Unseen = []string{"nobody's"}, reconcile.NeedTarget, true
	w.Inject(s3sim.Fault{Op: "CopyObject", Times: 1, Before: func() {
		w.Put(archive, "first ä", s3sim.Object{Size: 1000, ContentSeed: 99})
	}})
	out := w.run(t.Context(), first, second)
	w.expect(out["first ä"], reconcile.Differs, "")
	w.expect(out["second"], reconcile.Present, "")
	if n := w.Requests()["CopyObject"]; n != 1 {
		t.Errorf("%d CopyObject", n)
	}
}

// Endless decisions cannot be waited for.
func TestEndlessDecisionsAreJudgedAtOnce(t *testing.T) {
	t.Parallel()
	w := early(t, nil)
	w.opts.Endless = true
	in, out := make(chan reconcile.Decision), make(chan reconcile.Outcome)
	done := make(chan error)
	go func() {
		done <- w.copier().Run(t.Context(), in, func(o reconcile.Outcome) error { out <- o; return nil })
	}()
	d := w.decide("first ä")
	d.Need, d.Unseen = reconcile.NeedTarget, true
	in <- d
	if o := <-out; o.Status != reconcile.Present || o.Proof != reconcile.ProofSize {
		t.Errorf("%s by %q", o.Status, o.Proof)
	}
	close(in)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
