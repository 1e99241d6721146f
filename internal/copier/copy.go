package copier

import (
	"context"
	"errors"
	"fmt"

	"reconcile/internal/reconcile"
)

// copy copies the object, and proves the copy.
func (t *task) copy() reconcile.Outcome {
	if err := t.collides("CopyObject"); err != nil { // before anybody pays for a restore
		return t.failed(err)
	}
	if err := t.lapsed(); err != nil {
		return t.failed(err)
	}
	t.ensureExpiry()
	way := choose(t.d.Source, t.c.opts.Layout, t.c.opts.Threshold)
	if t.c.opts.Plan {
		return t.planned(way)
	}
	t.target = nil // what is overwritten says nothing of what takes its place
	w, err := t.write(way)
	if err != nil {
		return t.notWritten(err)
	}
	t.settled()
	return t.proved(w)
}

// written is a target as far as it is known after the write.
type written struct {
	object     reconcile.Object
	ours       string  // the ETag under which this run has written it; empty: it may be somebody else's
	sized      bool    // its size was seen, not assumed
	version    string  // that this run has written; empty: the bucket has none, or it is not known
	found      bool    // it was found there after a lost answer: it may be somebody else's
	sameLayout bool    // its part boundaries are the source's, as far as is known …
	guess      []int64 // … where they were inferred from the first and the last part's: those sizes
}

func (t *task) write(w way) (done written, err error) {
	w = t.learnedWay(w)
	done, err = t.writeBy(w)
	if second, ok := t.secondWay(w, err); ok {
		first := err
		if done, err = t.writeBy(second); err == nil {
			t.learnWay(w, first)
		}
	}
	return done, err
}

func (t *task) writeBy(w way) (done written, err error) {
	t.method = reconcile.MethodMultipart
	if w == wayCopy {
		t.method = reconcile.MethodCopy
	}
	err = t.try(t.d.Target.Bucket, string(t.method), func() (err error) {
		if w == wayCopy {
			done, err = t.copyObject()
		} else {
			done, err = t.copyByParts(w)
		}
		return err
	})
	return done, err
}

// precondition is the condition of the write: the target must still be as the
// decision saw it.
func (t *task) precondition() reconcile.Precondition {
	if t.d.Listed {
		return reconcile.Precondition{IfMatch: t.d.Target.ETag}
	}
	return reconcile.Precondition{}
}

// copyObject copies by one CopyObject.
func (t *task) copyObject() (written, error) {
	req := reconcile.CopyRequest{Source: t.d.Source, Target: t.d.Target.Location}
	w, err := t.conditionalWrite(opCopy, func(ctx context.Context, p reconcile.Precondition) (reconcile.Written, error) {
		req.Precondition = p
		answer, err := t.c.target.Copy(ctx, req)
		if timedOut(err) && t.d.Source.Size > minPartSize {
			err = final{err} // what was too slow once goes by parts
		}
		return answer, err
	})
	return w, unhidden(err)
}

// conditionalWrite sends a conditional write until its result is known. After a
// lost answer the target is looked at before the write is sent again.
func (t *task) conditionalWrite(op string, send conditionalSend) (written, error) {
	var w written
	err := t.request(t.d.Target.Bucket, func(ctx context.Context) error {
		if t.unsure {
			there, err := t.landed(ctx)
			if err != nil {
				return err
			}
			if there {
				w = t.foundTarget()
				return nil
			}
		}
		answer, err := t.sendIf(ctx, op, send)
		if err != nil {
			t.unsure = t.unsure || lost(err)
			return err
		}
		w = written{object: t.answered(answer), ours: answer.ETag, version: answer.VersionID}
		return nil
	})
	if err == nil {
		t.unsure = false
	}
	return w, err
}

// lost reports whether a failed write may have been carried out.
func lost(err error) bool {
	err = unhidden(err)
	return reconcile.MayHaveActed(err) || errors.Is(err, context.Canceled)
}

// final hides from the retries an error that sending again cannot mend.
type final struct{ error }

// unhidden is the error that final hides.
func unhidden(err error) error {
	var f final
	if errors.As(err, &f) {
		return f.error
	}
	return err
}

// answered is the target as the write's answer describes it. The answer has no
// size: that it is the source's is what the proof has to show.
func (t *task) answered(a reconcile.Written) reconcile.Object {
	return reconcile.Object{
		Location: t.d.Target.Location, Size: t.d.Source.Size,
		ETag: a.ETag, Checksum: a.Checksum, Encryption: a.Encryption,
	}
}

// foundTarget is the target as HEAD described it after a lost answer. It is
// ours if it has the ETag that ours would have: for a copy by parts that is
// known beforehand.
func (t *task) foundTarget() written {
	w := written{object: t.target.Object, sized: true, found: true}
	if t.expected != "" && w.object.ETag == t.expected {
		w.found, w.ours = false, t.expected
	}
	return w
}

// landed looks whether a write whose answer was lost has been carried out, by
// the target being no longer what it was. It is one HEAD.
func (t *task) landed(ctx context.Context) (bool, error) {
	before := t.d.Target
	detail, err := t.head(ctx, t.c.target, before.Location)
	if errors.Is(err, reconcile.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if t.d.Listed && detail.ETag == before.ETag {
		return false, nil // still the object that was to be overwritten
	}
	t.target = &detail
	return true, nil
}

// lookAgain asks landed in a request of its own.
func (t *task) lookAgain() (there bool, err error) {
	err = t.request(t.d.Target.Bucket, func(ctx context.Context) (err error) {
		there, err = t.landed(ctx)
		return err
	})
	return there, err
}

// notWritten finds out what a failed write has left: the truth may be that the
// target is there all the same.
func (t *task) notWritten(err error) reconcile.Outcome {
	if t.unsure {
		var o reconcile.Outcome
		var known bool
		t.rescue(func() { o, known = t.landedAfterAll() })
		if known {
			return o
		}
	}
	if reconcile.PreconditionFailed(err) || raced(err) || t.targetGone(err) {
		return t.refused(err)
	}
	o := t.failed(err)
	if t.unsure {
		o.Message += "; the write may still be carried out by the server"
	}
	return o
}

// landedAfterAll looks at the target once more, when no attempts are left.
func (t *task) landedAfterAll() (o reconcile.Outcome, known bool) {
	there, err := t.lookAgain()
	if err != nil || !there {
		return o, false
	}
	o = t.proved(t.foundTarget())
	return o, o.Success() || o.Status == reconcile.Differs
}

// targetGone reports an If-Match without a target: S3 answers 404 to that.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (t *task) targetGone(err error) bool {
	var e *reconcile.Error
	return t.d.Listed && errors.As(err, &e) && e.Code == "NoSuchKey" && e.Op != "UploadPartCopy"
}

// refused tells apart what a 412 means: the pin on the source and the condition on
// the target share it. Where the server does not say, HEAD does.
func (t *task) refused(err error) reconcile.Outcome {
	if errors.Is(err, reconcile.Changed) {
		return t.failed(err)
	}
	t.source = nil
	if err := t.headPinned(); err != nil {
		return t.failed(err)
	}
	listed := t.d.Listed
	found, headErr := t.headTarget()
	if headErr != nil {
		return t.failed(headErr)
	}
	if !found {
		return t.failed(t.vanished(listed, err))
	}
	comparison, proof := t.compareHeads(false)
	policy := t.c.opts.Policy
	policy.Overwrite = false // it was written after it was listed: nobody asked to overwrite that
	t.met = true
	t.decide(t.d.Judge(comparison, proof, policy))
	return t.d.Outcome()
}

// vanished is the error for a write that was refused because of a target that
// is not there now.
func (t *task) vanished(listed bool, cause error) error {
	reason := "the target was written and removed by somebody else meanwhile, or the server refuses whatever has a condition"
	switch {
	case raced(cause):
		return cause
	case listed:
		reason = "the target was removed by somebody else meanwhile"
	}
	return &reconcile.Error{
		Op: "CopyObject", Location: t.d.Target.Location, Kind: reconcile.Conflict,
		Err: fmt.Errorf("%s; a later run will find it missing: %w", reason, cause),
	}
}

// collides returns an error when another source object is routed to the same
// target, whether it is to be written or stands there already. With swapped
// prefixes that can happen, and neither must win.
func (t *task) collides(op string) error {
	for _, key := range t.d.Collisions {
		other := reconcile.Location{Bucket: t.d.Source.Bucket, Key: key}
		err := t.request(other.Bucket, func(ctx context.Context) error {
			_, err := t.head(ctx, t.c.source, other)
			return err
		})
		if err == nil {
			err = fmt.Errorf("%s is routed to the same target", other)
			return &reconcile.Error{Op: op, Location: t.d.Target.Location, Kind: reconcile.Conflict, Err: err}
		}
		if !errors.Is(err, reconcile.NotFound) {
			return err
		}
	}
	return nil
}
