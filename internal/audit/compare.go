package audit

import (
	"cmp"
	"maps"

	"reconcile/internal/catalog"
	"reconcile/internal/proofs"
	"reconcile/internal/reconcile"
)

// comparer compares the two sides of an object, and one with its entry in the
// catalog.
type comparer struct {
	matcher
	verify      Verify
	fraction    Fraction
	listingOnly bool
	class       func(bucket string) string // that the objects of an archive bucket are to have; empty: STANDARD
}

// worthHead reports whether the catalog says otherwise of an object than its
// listing, or something that HEAD knows.
func (c *comparer) worthHead(e *catalog.Entry, o *reconcile.Object) bool {
	if e == nil {
		return false
	}
	for _, sum := range e.Checksums {
		if o.Checksum.FullObject() && sum.Algorithm == o.Checksum.Algorithm && !c.listingOnly && c.fraction.Has(o.Key) {
			return true
		}
	}
	return c.contradicts(e, o, nil)
}

// compared is the outcome of a pair.
func (c *comparer) compared(source, target reconcile.Object, v reconcile.Comparison, proof reconcile.Proof, by reconcile.Evidence) reconcile.Outcome {
	if v != reconcile.Different && c.verify == VerifyChecksum && proof != reconcile.ProofChecksum {
		v = reconcile.Incomparable
	}
	d := reconcile.Decision{Source: source, Target: target, Listed: true, Evidence: by}
	o := d.Judge(v, proof, reconcile.Policy{}).Outcome()
	o.Compared[reconcile.AspectStorageClass] = reconcile.Disagrees
	if target.StorageClass == cmp.Or(c.class(target.Bucket), reconcile.ClassStandard) {
		o.Compared[reconcile.AspectStorageClass] = reconcile.Matches
	}
	return o
}

func same(a, b map[string]string) reconcile.Match {
	if maps.Equal(a, b) {
		return reconcile.Matches
	}
	return reconcile.Disagrees
}

// current is the object that HEAD has described, with one of its checksums.
func current(d *reconcile.Detail, sum reconcile.Checksum) reconcile.Object {
	o := d.Object
	o.Checksum = sum
	if d.Version != "null" {
		o.VersionID = d.Version
	}
	return o
}

// holds reports whether a proof is of the pair as it is now, and tells as much of
// it as Verify asks.
func (c *comparer) holds(p *proofs.Proof, source, target *reconcile.Object, e *catalog.Entry) bool {
	switch {
	case p == nil || !p.Of(source, target):
		return false
	case e != nil && (len(e.Checksums) > 0 && p.Source.Checksum.Value == "" || c.contradicts(e, source, []reconcile.Checksum{p.Source.Checksum})):
		return false
	case c.verify == VerifyListing, c.verify == VerifyChecksum && p.Proof == reconcile.ProofChecksum:
		return true
	}
	return p.Compared[reconcile.AspectMetadata] != reconcile.NotCompared
}

// again is the outcome of a pair of which a proof holds.
func (c *comparer) again(source, target reconcile.Object, p *proofs.Proof, e *catalog.Entry) reconcile.Outcome {
	source.Checksum, target.Checksum = p.Source.Checksum, p.Target.Checksum
	comparison := reconcile.Incomparable
	if p.Proof != reconcile.ProofSize && p.Proof != reconcile.NoProof {
		comparison = reconcile.Equal
	}
	o := c.compared(source, target, comparison, p.Proof, p.Earlier())
	class := o.Compared[reconcile.AspectStorageClass] // is what it is today
	o.Compared, o.VerifiedAt = p.Compared, p.VerifiedAt
	o.Compared[reconcile.AspectStorageClass] = class
	return tagged(e, o)
}
