package audit

import (
	"reconcile/internal/catalog"
	"reconcile/internal/proofs"
	"reconcile/internal/reconcile"
)

// earlier reads what was found out before, beside the objects in their order.
type earlier struct{ r *proofs.Reader } // nil: nothing is known

func (a *Auditor) earlier() (earlier, error) {
	if a.opts.Earlier == nil {
		return earlier{}, nil
	}
	r, err := a.opts.Earlier.Reader()
	return earlier{r}, err
}

// add gives a group what is known of it.
func (e earlier) add(g *group) (err error) {
	if e.r != nil && g.source != nil {
		g.proof, err = e.r.Of(g.key)
	}
	return err
}

// holds reports whether a proof is of the pair as it is now, and tells as much of
// it as Verify asks.
func (a *Auditor) holds(p *proofs.Proof, source, target *reconcile.Object, e *catalog.Entry) bool {
	switch {
	case p == nil || !p.Of(source, target):
		return false
	case e != nil && (len(e.Checksums) > 0 && p.Source.Checksum.Value == "" || a.contradicts(e, source, p)):
		return false
	case a.opts.Verify == VerifyListing, a.opts.Verify == VerifyChecksum && p.Proof == reconcile.ProofChecksum:
		return true
	}
	return p.Compared[reconcile.AspectMetadata] != reconcile.NotCompared
}

// contradicts reports whether the catalog says otherwise of an object than a
// proof of it.
func (a *Auditor) contradicts(e *catalog.Entry, source *reconcile.Object, p *proofs.Proof) bool {
	aspects, _ := a.mismatch(e, source, []reconcile.Checksum{p.Source.Checksum})
	return len(aspects) > 0
}

// again is the outcome of a pair of which a proof holds.
func (a *Auditor) again(source, target reconcile.Object, p *proofs.Proof, e *catalog.Entry) reconcile.Outcome {
	source.Checksum, target.Checksum = p.Source.Checksum, p.Target.Checksum
	comparison := reconcile.Incomparable
	if p.Proof != reconcile.ProofSize && p.Proof != reconcile.NoProof {
		comparison = reconcile.Equal
	}
	o := a.compared(source, target, comparison, p.Proof, p.Earlier())
	class := o.Compared[reconcile.AspectStorageClass] // is what it is today
	o.Compared, o.VerifiedAt = p.Compared, p.VerifiedAt
	o.Compared[reconcile.AspectStorageClass] = class
	return tagged(e, o)
}
