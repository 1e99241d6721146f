package copier

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"reconcile/internal/reconcile"
)

// proved ends a copy: copied with its proof, or failed for want of one. The
// target of a failed proof is left in place and named.
func (t *task) proved(w written) reconcile.Outcome {
	proof, err := t.prove(&w)
	var m mismatch
	switch {
	case w.found && errors.As(err, &m):
		return t.compared(t.outcome(reconcile.Differs, "", "after a lost answer another object was found there: "+m.text), w)
	case err != nil:
		return t.unproved(w, err)
	}
	status := reconcile.Copied
	if w.found && proof == reconcile.ProofSize {
		// It stood there after a lost answer, and nothing but its size says that
		// it is this run's copy: it was there, whoever wrote it.
		status, t.method = reconcile.Present, ""
	}
	o := t.outcome(status, "", "")
	o.Proof = proof
	return t.compared(o, w)
}

// compared says in an outcome what stands at the target, and how it compares.
func (t *task) compared(o reconcile.Outcome, w written) reconcile.Outcome {
	o.Target, o.TargetSeen, o.Evidence = w.object, true, reconcile.EvidenceCopy
	if w.sized {
		o.Evidence = reconcile.EvidenceHead
	}
	o.Target.VersionID = w.version
	if t.source != nil {
		checksums := []reconcile.Checksum{w.object.Checksum}
		if t.target != nil {
			checksums = t.target.Checksums
		}
		if a, b, ok := reconcile.CommonChecksum(t.source.Checksums, checksums); ok {
			o.Source.Checksum, o.Target.Checksum = a, b
		}
	}
	o.Compared = reconcile.CompareAspects(&o.Source, &o.Target)
	t.withoutAnnotations(&o)
	return o
}

func (t *task) unproved(w written, err error) reconcile.Outcome {
	if !errors.Is(err, reconcile.Integrity) && !errors.Is(err, reconcile.Changed) {
		err = fmt.Errorf("written, but could not be looked at: %w", err)
	}
	o := t.outcome(reconcile.Failed, reconcile.KindOf(err), err.Error())
	o.ErrorCode, o.ErrorBucket = reconcile.CodeOf(err)
	o.Message += "; " + t.afterFailedProof(w, err)
	if errors.As(err, new(mismatch)) {
		o = t.compared(o, w)
	}
	return o
}

// afterFailedProof says what becomes of a target that this run has written and
// cannot prove. It is left in place, unless its removal was asked for: then it
// is removed if it provably does not match and is still what was written.
func (t *task) afterFailedProof(w written, err error) string {
	target := t.d.Target.Location
	var wrong mismatch
	if !t.c.opts.RemoveUnproved || w.ours == "" || !errors.As(err, &wrong) || wrong.proof == reconcile.ProofETag {
		return fmt.Sprintf("%s was written by this run and is left in place", target)
	}
	removing := false
	removeErr := t.request(target.Bucket, func(ctx context.Context) error {
		// Not every server honours the condition of a delete: look first.
		detail, err := t.head(ctx, t.c.target, target)
		switch {
		case removing && errors.Is(err, reconcile.NotFound):
			return nil // its answer was lost
		case err != nil:
			return err
		case detail.ETag != w.ours || w.version != "" && detail.Version != w.version:
			return errors.New("it is no longer what this run has written")
		case !t.disagrees(detail):
			return errors.New("read again, it does not disagree with its source in size or checksum")
		}
		removing = true
		target.VersionID = w.version
		return t.c.target.Remove(ctx, target, w.ours)
	})
	if removeErr != nil {
		return fmt.Sprintf("%s was written by this run and could not be removed: %v", target, removeErr)
	}
	return fmt.Sprintf("%s was written by this run and was removed", target)
}

// disagrees reports whether a copy, as it was read again, has another size or
// another checksum than its source. An ETag is no reason to remove anything.
func (t *task) disagrees(detail reconcile.Detail) bool {
	if detail.Size != t.d.Source.Size {
		return true
	}
	if t.source == nil {
		return false
	}
	a, b, ok := reconcile.CommonChecksum(t.source.Checksums, detail.Checksums)
	return ok && a.Value != b.Value
}

// prove holds the target against the source, by the strongest pair that both
// offer and with the fewest requests: the write's own answer often suffices,
// then HEAD of the source, then HEAD of the target.
func (t *task) prove(w *written) (reconcile.Proof, error) {
	if proof, ok, err := t.compareWritten(w); ok || err != nil {
		return proof, err
	}
	if t.source == nil && t.sourceHeadHelps(w.object) {
		if err := t.headForProof(); err != nil {
			return "", err
		}
		if proof, ok, err := t.compareWritten(w); ok || err != nil {
			return proof, err
		}
	}
	if !w.sized {
		found, err := t.headTarget()
		if err != nil {
			return "", err
		}
		if !found {
			return "", t.integrity(errors.New("the copy was removed again by somebody else"))
		}
		w.object, w.sized = t.target.Object, true
		if proof, ok, err := t.compareWritten(w); ok || err != nil {
			return proof, err
		}
	}
	if t.moved != nil {
		return "", t.moved // sizes that agree prove nothing about a server that may have ignored the pin
	}
	if t.c.opts.Policy.RequireChecksum {
		return "", t.integrity(errors.New("--proof checksum: source and copy share no full-object checksum"))
	}
	return reconcile.ProofSize, nil
}

// compareWritten compares with what is known so far; ok says that it proves
// the copy.
func (t *task) compareWritten(w *written) (proof reconcile.Proof, ok bool, err error) {
	source, target := t.d.Source, w.object
	if t.source != nil {
		checksums := []reconcile.Checksum{target.Checksum}
		if t.target != nil {
			checksums = t.target.Checksums
		}
		source.Checksum, target.Checksum, _ = reconcile.CommonChecksum(t.source.Checksums, checksums)
	}
	comparison, proof := reconcile.Compare(source, target, w.sameLayout, t.c.opts.Policy.Digests)
	if comparison == reconcile.Different && proof == reconcile.ProofETag && w.guess != nil {
		if err := t.checkGuess(w); err != nil {
			return "", false, err
		}
		comparison, proof = reconcile.Compare(source, target, w.sameLayout, t.c.opts.Policy.Digests)
	}
	switch {
	case comparison == reconcile.Different:
		return "", false, t.integrity(mismatch{differsIn(source, target, proof), proof})
	case comparison != reconcile.Equal:
		return "", false, nil
	}
	return proof, proof == reconcile.ProofChecksum || !t.c.opts.Policy.RequireChecksum, nil
}

// checkGuess makes sure of a layout that was inferred from the first and the
// last part, before composite ETags that disagree are held against the copy.
func (t *task) checkGuess(w *written) error {
	n := len(w.guess)
	sizes, err := t.unevenLayout(w.guess[0], w.guess[n-1], n)
	if err != nil {
		return err
	}
	w.sameLayout, w.guess = slices.Equal(sizes, w.guess), nil
	return nil
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

// sourceHeadHelps reports whether a HEAD of the source can bring a comparable
// pair about: by its checksum, or by showing that a plain ETag can be believed.
func (t *task) sourceHeadHelps(target reconcile.Object) bool {
	plain := !t.d.Source.Multipart() && !target.Multipart() && !target.Encryption.Opaque()
	return plain || t.d.Source.Checksum.FullObject() || t.c.opts.Policy.RequireChecksum
}

// headForProof asks HEAD about the source after the copy. The copy was pinned,
// so a source that has changed since does not unsettle it where the pin holds;
// but it has nothing to say of the copy either.
func (t *task) headForProof() error {
	pinned := t.d.Source
	err := t.headPinned()
	switch {
	case errors.Is(err, reconcile.NotFound):
		return nil
	case errors.Is(err, reconcile.Changed):
		t.source, t.moved = nil, err
		return nil
	case err != nil:
		return err
	}
	t.d.Source.Restore = pinned.Restore // as it was when it was copied
	return nil
}

func (t *task) integrity(err error) error {
	return &reconcile.Error{Op: "CopyObject", Location: t.d.Target.Location, Kind: reconcile.Integrity, Err: err}
}
