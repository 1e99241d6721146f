package copier

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"reconcile/internal/reconcile"
)

// prover holds a copy that was written against its source.
type prover struct {
	*pair
	written
	remove func(ctx context.Context, l reconcile.Location, etag string) error
	moved  error // the source was seen to have changed after the copy
}

// proved ends a copy: copied with its proof, or failed for want of one. The
// target of a failed proof is left in place and named.
func (p *prover) proved() reconcile.Outcome {
	proof, err := p.prove()
	var m mismatch
	switch {
	case p.found && errors.As(err, &m):
		return p.compared(p.outcome(reconcile.Differs, "", "after a lost answer another object was found there: "+m.text))
	case err != nil:
		return p.unproved(err)
	}
	status := reconcile.Copied
	if p.found && proof == reconcile.ProofSize {
		// It stood there after a lost answer, and nothing but its size says that
		// it is this run's copy: it was there, whoever wrote it.
		status, p.method = reconcile.Present, ""
	}
	o := p.outcome(status, "", "")
	o.Proof = proof
	return p.compared(o)
}

// compared says in an outcome what stands at the target, and how it compares.
func (p *prover) compared(o reconcile.Outcome) reconcile.Outcome {
	o.Target, o.TargetSeen, o.Evidence = p.object, true, reconcile.EvidenceCopy
	if p.sized {
		o.Evidence = reconcile.EvidenceHead
	}
	o.Target.VersionID = p.version
	if p.source != nil {
		if a, b, ok := reconcile.CommonChecksum(p.source.Checksums, p.checksums()); ok {
			o.Source.Checksum, o.Target.Checksum = a, b
		}
	}
	o.Compared = reconcile.CompareAspects(&o.Source, &o.Target)
	return o
}

// checksums are those of the target, as far as they are known.
func (p *prover) checksums() []reconcile.Checksum {
	if p.target != nil {
		return p.target.Checksums
	}
	return []reconcile.Checksum{p.object.Checksum}
}

func (p *prover) unproved(err error) reconcile.Outcome {
	if !errors.Is(err, reconcile.Integrity) && !errors.Is(err, reconcile.Changed) {
		err = fmt.Errorf("written, but could not be looked at: %w", err)
	}
	o := p.outcome(reconcile.Failed, reconcile.KindOf(err), err.Error())
	o.ErrorCode, o.ErrorBucket = reconcile.CodeOf(err)
	o.Message += "; " + p.afterFailedProof(err)
	if errors.As(err, new(mismatch)) {
		o = p.compared(o)
	}
	return o
}

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

// prove holds the target against the source, by the strongest pair that both
// offer and with the fewest requests: the write's own answer often suffices,
// then HEAD of the source, then HEAD of the target.
func (p *prover) prove() (reconcile.Proof, error) {
	for _, look := range []func() error{p.noLook, p.lookAtSource, p.lookAtTarget} {
		if err := look(); err != nil {
			return "", err
		}
		if proof, ok, err := p.compareWritten(); ok || err != nil {
			return proof, err
		}
	}
	if p.moved != nil {
		return "", p.moved // sizes that agree prove nothing about a server that may have ignored the pin
	}
	if p.opts.Policy.RequireChecksum {
		return "", p.integrity(errors.New("--proof checksum: source and copy share no full-object checksum"))
	}
	return reconcile.ProofSize, nil
}

// compareWritten compares with what is known so far; ok says that it proves
// the copy.
func (p *prover) compareWritten() (proof reconcile.Proof, ok bool, err error) {
	source, target := p.d.Source, p.object
	if p.source != nil {
		source.Checksum, target.Checksum, _ = reconcile.CommonChecksum(p.source.Checksums, p.checksums())
	}
	comparison, proof := reconcile.Compare(source, target, p.layout.kept, p.opts.Policy.Digests)
	if comparison == reconcile.Different && proof == reconcile.ProofETag && p.layout.kept && !p.layout.exact {
		if err := p.checkGuess(); err != nil {
			return "", false, err
		}
		comparison, proof = reconcile.Compare(source, target, p.layout.kept, p.opts.Policy.Digests)
	}
	switch {
	case comparison == reconcile.Different:
		return "", false, p.integrity(mismatch{differsIn(source, target, proof), proof})
	case comparison != reconcile.Equal:
		return "", false, nil
	}
	return proof, proof == reconcile.ProofChecksum || !p.opts.Policy.RequireChecksum, nil
}

// checkGuess makes sure of a layout that was inferred from the first and the
// last part, before composite ETags that disagree are held against the copy.
func (p *prover) checkGuess() error {
	guess := p.layout.sizes
	sizes, err := p.sizes(p.from, p.d.Source).uneven(guess[0], guess[len(guess)-1], len(guess))
	if err == nil {
		p.layout.kept, p.layout.exact = slices.Equal(sizes, guess), true
	}
	return err
}

// mismatch is what a copy and its source disagree in.
type mismatch struct {
	text  string
	proof reconcile.Proof // what shows it; NoProof: the sizes
}

func (m mismatch) Error() string { return "the copy does not match its source: " + m.text }

func differsIn(source, target reconcile.Object, proof reconcile.Proof) string {
	switch {
	case source.Size != target.Size:
		return fmt.Sprintf("it has %d bytes, the source %d", target.Size, source.Size)
	case proof == reconcile.ProofChecksum:
		return fmt.Sprintf("its %s is %s, the source's %s", target.Checksum.Algorithm, target.Checksum.Value, source.Checksum.Value)
	}
	return fmt.Sprintf("its ETag is %s, the source's %s", target.ETag, source.ETag)
}

func (p *prover) noLook() error { return nil }

// lookAtSource asks HEAD about the source where that can bring a comparable pair
// about: by its checksum, or by showing that a plain ETag can be believed. The
// copy was pinned, so a source that has changed since does not unsettle it where
// the pin holds; but it has nothing to say of the copy either.
func (p *prover) lookAtSource() error {
	pinned := p.d.Source
	plain := !pinned.Multipart() && !p.object.Multipart() && !p.object.Encryption.Opaque()
	if p.source != nil || !plain && !pinned.Checksum.FullObject() && !p.opts.Policy.RequireChecksum {
		return nil
	}
	err := p.headPinned()
	switch {
	case errors.Is(err, reconcile.NotFound):
		return nil
	case errors.Is(err, reconcile.Changed):
		p.source, p.moved = nil, err
		return nil
	case err != nil:
		return err
	}
	p.d.Source.Restore = pinned.Restore // as it was when it was copied
	return nil
}

// lookAtTarget asks HEAD about the copy, unless that has shown it already.
func (p *prover) lookAtTarget() error {
	if p.sized {
		return nil
	}
	found, err := p.headTarget()
	if err == nil && !found {
		err = p.integrity(errors.New("the copy was removed again by somebody else"))
	}
	if err == nil {
		p.object, p.sized = p.target.Object, true
	}
	return err
}

func (p *prover) integrity(err error) error {
	return &reconcile.Error{Op: opCopy, Location: p.d.Target.Location, Kind: reconcile.Integrity, Err: err}
}
