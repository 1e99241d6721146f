package copier

import (
	"context"
	"errors"

	"reconcile/internal/reconcile"
)

// conditional writes a target on the condition that it is still as the decision
// saw it.
type conditional struct {
	*pair
	unsure   bool   // a write was sent whose answer was lost
	expected string // the ETag of the object that the upload becomes; empty: not known
}

// conditionalSend is a write under a condition on its target.
type conditionalSend func(ctx context.Context, p reconcile.Precondition) (reconcile.Written, error)

// precondition is the condition of the write.
func (c *conditional) precondition() reconcile.Precondition {
	if c.d.Listed {
		return reconcile.Precondition{IfMatch: c.d.Target.ETag}
	}
	return reconcile.Precondition{}
}

// writeIf sends a conditional write until its result is known. After a lost
// answer the target is looked at before the write is sent again.
func (c *conditional) writeIf(op string, send conditionalSend) (written, error) {
	w, err := ask(&c.sender, c.d.Target.Bucket, func(ctx context.Context) (written, error) {
		if c.unsure {
			there, err := c.landed(ctx)
			if err != nil {
				return written{}, err
			}
			if there {
				return c.foundTarget(), nil
			}
		}
		a, err := c.sendIf(ctx, op, send)
		if err != nil {
			c.unsure = c.unsure || lost(err)
			return written{}, err
		}
		// The answer has no size: that it is the source's is what the proof has to show.
		w := written{ours: a.ETag, version: a.VersionID}
		w.object = reconcile.Object{Location: c.d.Target.Location, Size: c.d.Source.Size, ETag: a.ETag, Checksum: a.Checksum, Encryption: a.Encryption}
		return w, nil
	})
	if err == nil {
		c.unsure = false
	}
	return w, err
}

// lost reports whether a failed write may have been carried out.
func lost(err error) bool {
	err = unhidden(err)
	return reconcile.MayHaveActed(err) || errors.Is(err, context.Canceled)
}

// foundTarget is the target as HEAD described it after a lost answer. It is
// ours if it has the ETag that ours would have: for a copy by parts that is
// known beforehand.
func (c *conditional) foundTarget() written {
	w := written{object: c.target.Object, sized: true, found: true}
	if c.expected != "" && w.object.ETag == c.expected {
		w.found, w.ours = false, c.expected
	}
	return w
}

// landed looks whether a write whose answer was lost has been carried out, by
// the target being no longer what it was. It is one HEAD.
func (c *conditional) landed(ctx context.Context) (bool, error) {
	detail, err := c.head(ctx, c.to, c.d.Target.Location)
	switch {
	case errors.Is(err, reconcile.NotFound):
		return false, nil
	case err != nil:
		return false, err
	case c.d.Listed && detail.ETag == c.d.Target.ETag:
		return false, nil // still the object that was to be overwritten
	}
	c.target = &detail
	return true, nil
}

// lookAgain asks landed in a request of its own.
func (c *conditional) lookAgain() (bool, error) {
	return ask(&c.sender, c.d.Target.Bucket, c.landed)
}

// sendIf sends a write as safely as the target's server allows.
func (c *conditional) sendIf(ctx context.Context, op string, send conditionalSend) (reconcile.Written, error) {
	if c.opts.trusts(c.d.Target.Bucket) {
		return send(ctx, c.precondition())
	}
	known := c.learned.conditions.of(writeKind{c.d.Target.Bucket, op, c.absent()})
	known.Lock()
	if known.state == unknown {
		defer known.Unlock()
		return c.findOut(ctx, known, op, send)
	}
	state := known.state
	known.Unlock()
	if state == ignored {
		return c.sendUnconditionally(ctx, send)
	}
	if state == unproven {
		if err := c.asDecided(ctx); err != nil {
			return reconcile.Written{}, err
		}
	}
	answer, err := send(ctx, c.precondition())
	if state == unproven && refusesAbsent(err) { // which names the condition
		known.set(honoured)
	}
	return answer, err
}

// absent reports whether the condition is that nothing is there.
func (c *conditional) absent() bool { return c.precondition().IfMatch == "" }

// findOut finds out by the write whether its condition is honoured. If-Match
// counts as honoured only when the write then succeeds under the real one: some
// servers call a failed pin on the source by the target's name.
func (c *conditional) findOut(ctx context.Context, known *condition, op string, send conditionalSend) (reconcile.Written, error) {
	if err := c.asDecided(ctx); err != nil {
		return reconcile.Written{}, err
	}
	if c.absent() && op == opCopy {
		return c.findOutTwice(ctx, known, send)
	}
	answer, err := send(ctx, reconcile.Precondition{IfMatch: impossibleETag})
	switch {
	case err == nil:
		known.state = ignored
		return answer, nil
	case reconcile.NotImplemented(err):
		return c.refusedCondition(ctx, known, op, err, send)
	case reconcile.PreconditionFailed(err) && !errors.Is(err, reconcile.Changed), errors.Is(err, reconcile.NotFound):
		answer, err = send(ctx, c.precondition())
		switch {
		case err == nil && c.absent():
			known.state = unproven
		case err == nil:
			known.state = honoured
		}
	}
	return answer, err
}

// findOutTwice writes where nothing stands, and then once more onto its own
// copy.
func (c *conditional) findOutTwice(ctx context.Context, known *condition, send conditionalSend) (reconcile.Written, error) {
	answer, err := send(ctx, c.precondition())
	if reconcile.NotImplemented(err) {
		return c.refusedCondition(ctx, known, opCopy, err, send)
	}
	if err != nil {
		return answer, err
	}
	there, err := c.head(ctx, c.to, c.d.Target.Location)
	if err != nil || there.ETag != answer.ETag {
		return answer, nil // somebody else's by now: the next write finds out
	}
	again, err := send(ctx, c.precondition())
	switch {
	case err == nil:
		known.state = ignored
		return again, nil
	case refusesAbsent(err), reconcile.PreconditionFailed(err) && !errors.Is(err, reconcile.Changed) && c.stillPinned(ctx):
		known.state = honoured
	}
	return answer, nil
}

// refusedCondition is for a server that does not take the condition with this
// operation. A CopyObject then goes by parts, whose completion may take it; only
// where that does not either is the write sent without one.
func (c *conditional) refusedCondition(ctx context.Context, known *condition, op string, refused error, send conditionalSend) (reconcile.Written, error) {
	if op == opCopy && !c.completeRefuses() {
		return reconcile.Written{}, refused
	}
	known.state = ignored
	return c.sendUnconditionally(ctx, send)
}

// completeRefuses reports whether CompleteMultipartUpload is known not to take
// the condition either.
func (c *conditional) completeRefuses() bool {
	bucket := c.d.Target.Bucket
	return c.learned.conditions.of(writeKind{bucket, opComplete, c.absent()}).known() == ignored ||
		c.learned.buckets.of(bucket).noParts.Load()
}

// stillPinned reports whether the source is what the copy was pinned to, so
// that a refusal without a named condition was about the target.
func (c *conditional) stillPinned(ctx context.Context) bool {
	is, err := c.head(ctx, c.from, c.d.Source.Location)
	return err == nil && is.ETag == c.d.Source.ETag
}

// refusesAbsent reports a refusal that names If-None-Match as its reason.
func refusesAbsent(err error) bool {
	return reconcile.PreconditionFailed(err) && s3Error(err).Condition == "If-None-Match"
}

// sendUnconditionally sends a write without a condition, right after looking whether the
// condition holds.
func (c *conditional) sendUnconditionally(ctx context.Context, send conditionalSend) (reconcile.Written, error) {
	if err := c.asDecided(ctx); err != nil {
		return reconcile.Written{}, err
	}
	return send(ctx, reconcile.Precondition{Off: true})
}

// asDecided looks whether the target is still as the decision saw it, and
// returns what a server that honours conditions would answer if it is not.
func (c *conditional) asDecided(ctx context.Context) error {
	want := c.precondition().IfMatch
	detail, err := c.head(ctx, c.to, c.d.Target.Location)
	switch {
	case errors.Is(err, reconcile.NotFound) && want == "":
		return nil
	case err == nil && detail.ETag == want:
		return nil
	case err == nil || errors.Is(err, reconcile.NotFound):
		return &reconcile.Error{
			Op: opHead, Location: c.d.Target.Location, Kind: reconcile.Conflict,
			Code: reconcile.CodePreconditionFailed, Status: 412, Err: errors.New("the target is not as it was listed"),
		}
	}
	return err
}
