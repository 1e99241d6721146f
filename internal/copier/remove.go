package copier

import (
	"context"
	"errors"
	"fmt"

	"reconcile/internal/reconcile"
)

// afterFailedProof says what becomes of a target that this run has written and
// cannot prove. It is left in place, unless its removal was asked for: then it
// is removed if it provably does not match and is still what was written.
func (p *prover) afterFailedProof(err error) string {
	target := p.d.Target.Location
	var wrong mismatch
	if !p.opts.RemoveUnproved || p.ours == "" || !errors.As(err, &wrong) || wrong.proof == reconcile.ProofETag {
		return fmt.Sprintf("%s was written by this run and is left in place", target)
	}
	removing := false
	removeErr := p.send(target.Bucket, func(ctx context.Context) error {
		// Not every server honours the condition of a delete: look first.
		detail, err := p.head(ctx, p.to, target)
		switch {
		case removing && errors.Is(err, reconcile.NotFound):
			return nil // its answer was lost
		case err != nil:
			return err
		case detail.ETag != p.ours || p.version != "" && detail.Version != p.version:
			return errors.New("it is no longer what this run has written")
		case !p.disagrees(detail):
			return errors.New("read again, it does not disagree with its source in size or checksum")
		}
		removing = true
		target.VersionID = p.version
		return p.remove(ctx, target, p.ours)
	})
	if removeErr != nil {
		return fmt.Sprintf("%s was written by this run and could not be removed: %v", target, removeErr)
	}
	return fmt.Sprintf("%s was written by this run and was removed", target)
}

// disagrees reports whether a copy, as it was read again, has another size or
// another checksum than its source. An ETag is no reason to remove anything.
func (p *prover) disagrees(detail reconcile.Detail) bool {
	if detail.Size != p.d.Source.Size {
		return true
	}
	if p.source == nil {
		return false
	}
	a, b, ok := reconcile.CommonChecksum(p.source.Checksums, detail.Checksums)
	return ok && a.Value != b.Value
}
