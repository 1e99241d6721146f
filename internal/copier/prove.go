package copier

import (
	"context"
	"errors"
	"fmt"

	"reconcile/internal/reconcile"
)

// proved ends a copy: copied with its proof, or failed for want of one. The
// target of a failed proof is left in place and named.
func (t *task) proved(w written) reconcile.Outcome {
	proof, err := t.prove(w)
	if err != nil {
		return t.unproved(err)
	}
	o := t.outcome(reconcile.Copied, "", "")
	o.Proof = proof
	return o
}

func (t *task) unproved(err error) reconcile.Outcome {
	if !errors.Is(err, reconcile.Integrity) {
		err = fmt.Errorf("written, but could not be looked at: %w", err)
	}
	o := t.failed(err)
	o.Message += fmt.Sprintf("; %s was written by this run and is left in place", t.d.Target.Location)
	return o
}

// prove holds the target against the source, by the strongest pair that both
// offer and with the fewest requests: the write's own answer often suffices,
// then HEAD of the source, then HEAD of the target.
func (t *task) prove(w written) (reconcile.Proof, error) {
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
			return "", t.integrity("it is not there")
		}
		w.object, w.sized = t.target.Object, true
		if proof, ok, err := t.compareWritten(w); ok || err != nil {
			return proof, err
		}
	}
	if t.c.opts.Policy.RequireChecksum {
		return "", t.integrity("--proof checksum: source and copy share no full-object checksum")
	}
	return reconcile.ProofSize, nil
}

// compareWritten compares with what is known so far; ok says that it proves
// the copy.
func (t *task) compareWritten(w written) (proof reconcile.Proof, ok bool, err error) {
	source, target := t.d.Source, w.object
	if t.source != nil {
		checksums := []reconcile.Checksum{target.Checksum}
		if t.target != nil {
			checksums = t.target.Checksums
		}
		source.Checksum, target.Checksum, _ = reconcile.CommonChecksum(t.source.Checksums, checksums)
	}
	verdict, proof := reconcile.Compare(source, target, w.sameLayout)
	switch {
	case verdict == reconcile.Different:
		return "", false, t.integrity(differsIn(source, target, proof))
	case verdict != reconcile.Equal:
		return "", false, nil
	}
	return proof, proof == reconcile.ProofChecksum || !t.c.opts.Policy.RequireChecksum, nil
}

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
// so a source that has changed since does not unsettle it, but has nothing to
// say of it either.
func (t *task) headForProof() error {
	pinned := t.d.Source
	var detail reconcile.Detail
	err := t.request(pinned.Bucket, func(ctx context.Context) (err error) {
		detail, err = t.c.store.Head(ctx, pinned.Location)
		return err
	})
	if errors.Is(err, reconcile.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if detail.ETag == pinned.ETag {
		t.c.seen.note(detail.Object)
		t.source = &detail
		t.d.Source = detail.Object
	}
	return nil
}

func (t *task) integrity(reason string) error {
	return &reconcile.Error{
		Op: "CopyObject", Location: t.d.Target.Location, Kind: reconcile.Integrity,
		Err: errors.New("the copy does not match its source: " + reason),
	}
}
