package copier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"reconcile/internal/reconcile"
)

// Not every server honours conditions on a target: some refuse them, some
// write all the same, some honour one condition and not the other. Amazon's
// honours both. On any other the first write of a kind to a bucket finds out,
// and never by overwriting what is not ours. The target is first seen to be as
// the decision saw it. Then:
//
//   - If-Match: the write is sent under one that cannot hold. A refusal shows
//     that it is honoured, and the write is sent again under the real one; a
//     success did the wanted write.
//   - If-None-Match of a CopyObject: the write is sent, and then once more onto
//     the copy just made, while that stands there. A refusal shows that it is
//     honoured; a success wrote the same bytes again.
//   - If-None-Match of a CompleteMultipartUpload: nothing shows it but somebody
//     else's write, since a second upload would cost the whole copy. Until then
//     each target is looked at right before.

// impossibleETag is what no object has.
const impossibleETag = "00000000000000000000000000000000"

// support is what is known of the conditions on targets.
type support uint8

const (
	unknown  support = iota
	unproven         // sent, and each target looked at right before
	honoured
	ignored
)

// The operations that take conditions.
const (
	opHead     = "HeadObject" // which takes none, but is tried too
	opCopy     = "CopyObject"
	opComplete = "CompleteMultipartUpload"
)

// writeKind is a kind of write on a bucket: servers honour conditions on some
// operations and not on others, and one of the conditions but not the other.
type writeKind struct {
	bucket, op string
	absent     bool // If-None-Match: *, else If-Match
}

// preconditions remembers what was found out.
type preconditions struct {
	mu    sync.Mutex
	kinds map[writeKind]*kindRecord
}

// kindRecord serves one kind. Its lock is held while finding out, so that
// only one write is used for it.
type kindRecord struct {
	sync.Mutex
	state support
}

func (g *preconditions) of(k writeKind) *kindRecord {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.kinds == nil {
		g.kinds = map[writeKind]*kindRecord{}
	}
	r, ok := g.kinds[k]
	if !ok {
		r = &kindRecord{}
		g.kinds[k] = r
	}
	return r
}

// ignoredAnywhere reports whether some condition on the bucket was shown to be
// ignored; the caller holds the lock.
func (g *preconditions) ignoredAnywhere(bucket string) bool {
	for k, r := range g.kinds {
		r.Lock()
		off := r.state == ignored
		r.Unlock()
		if k.bucket == bucket && off {
			return true
		}
	}
	return false
}

// Notes returns what a reader of the report should know of how the run could
// work: that a server ignores conditions, for one.
func (c *Copier) Notes() []string {
	c.preconditions.mu.Lock()
	defer c.preconditions.mu.Unlock()
	var notes []string
	for k, r := range c.preconditions.kinds {
		r.Lock()
		state := r.state
		r.Unlock()
		if state == unproven && c.preconditions.ignoredAnywhere(k.bucket) {
			state = ignored // nothing has shown it, and what was shown of the server speaks against it
		}
		if state == ignored {
			notes = append(notes, fmt.Sprintf("the guard was off: the server of s3://%s takes no conditions on %s; "+
				"each target was looked at right before it was written, and what somebody else wrote in that moment may have been overwritten", k.bucket, k.op))
		}
	}
	if n := c.unrecorded.Load(); n > 0 {
		notes = append(notes, fmt.Sprintf("uploads whose opening was not answered may be left open, of this many keys: %d; the log names them, "+
			"and a lifecycle rule for incomplete uploads removes them", n))
	}
	notes = append(notes, c.annotationNotes()...)
	slices.Sort(notes)
	return slices.Compact(notes)
}

// conditionalSend is a write under a condition on its target.
type conditionalSend func(ctx context.Context, p reconcile.Precondition) (reconcile.Written, error)

// sendIf sends a write as safely as the target's server allows.
func (t *task) sendIf(ctx context.Context, op string, send conditionalSend) (reconcile.Written, error) {
	bucket := t.d.Target.Bucket
	if t.c.opts.Trusted == nil || t.c.opts.Trusted(bucket) {
		return send(ctx, t.precondition())
	}
	r := t.c.preconditions.of(writeKind{bucket, op, t.precondition().IfMatch == ""})
	r.Lock()
	if r.state == unknown {
		defer r.Unlock()
		return t.findOut(ctx, r, op, send)
	}
	state := r.state
	r.Unlock()
	switch state {
	case ignored:
		return t.sendUnconditionally(ctx, send)
	case unproven:
		return t.sendUnproven(ctx, r, send)
	}
	return send(ctx, t.precondition())
}

// findOut finds out by the write whether its condition is honoured. If-Match
// counts as honoured only when the write then succeeds under the real one: some
// servers call a failed pin on the source by the target's name.
func (t *task) findOut(ctx context.Context, r *kindRecord, op string, send conditionalSend) (reconcile.Written, error) {
	if err := t.asDecided(ctx); err != nil {
		return reconcile.Written{}, err
	}
	absent := t.precondition().IfMatch == ""
	if absent && op == opCopy {
		return t.findOutTwice(ctx, r, send)
	}
	answer, err := send(ctx, reconcile.Precondition{IfMatch: impossibleETag})
	switch {
	case err == nil:
		r.state = ignored
		return answer, nil
	case reconcile.NotImplemented(err):
		return t.refusedCondition(ctx, r, err, send)
	case reconcile.PreconditionFailed(err) && !errors.Is(err, reconcile.Changed), errors.Is(err, reconcile.NotFound):
		answer, err = send(ctx, t.precondition())
		switch {
		case err == nil && absent:
			r.state = unproven
		case err == nil:
			r.state = honoured
		}
	}
	return answer, err
}

// findOutTwice writes where nothing stands, and then once more onto its own
// copy.
func (t *task) findOutTwice(ctx context.Context, r *kindRecord, send conditionalSend) (reconcile.Written, error) {
	answer, err := send(ctx, t.precondition())
	if reconcile.NotImplemented(err) {
		return t.refusedCondition(ctx, r, err, send)
	}
	if err != nil {
		return answer, err
	}
	there, err := t.head(ctx, t.c.target, t.d.Target.Location)
	if err != nil || there.ETag != answer.ETag {
		return answer, nil // somebody else's by now: the next write finds out
	}
	again, err := send(ctx, t.precondition())
	switch {
	case err == nil:
		r.state = ignored
		return again, nil
	case refusesAbsent(err), reconcile.PreconditionFailed(err) && !errors.Is(err, reconcile.Changed) && t.stillPinned(ctx):
		r.state = honoured
	}
	return answer, nil
}

// refusedCondition is for a server that does not take the condition with this
// operation. A CopyObject then goes by parts, whose completion may take it; only
// where that does not either is the write sent without one.
func (t *task) refusedCondition(ctx context.Context, r *kindRecord, refused error, send conditionalSend) (reconcile.Written, error) {
	absent := t.precondition().IfMatch == ""
	if t.method == reconcile.MethodCopy && !t.completeRefuses(absent) {
		return reconcile.Written{}, refused
	}
	r.state = ignored
	return t.sendUnconditionally(ctx, send)
}

// completeRefuses reports whether CompleteMultipartUpload is known not to take
// the condition either.
func (t *task) completeRefuses(absent bool) bool {
	c := t.c.preconditions.of(writeKind{t.d.Target.Bucket, opComplete, absent})
	c.Lock()
	defer c.Unlock()
	return c.state == ignored || t.c.ways.of(t.d.Target.Bucket).noParts
}

// stillPinned reports whether the source is what the copy was pinned to, so
// that a refusal without a named condition was about the target.
func (t *task) stillPinned(ctx context.Context) bool {
	is, err := t.head(ctx, t.c.source, t.d.Source.Location)
	return err == nil && is.ETag == t.d.Source.ETag
}

// sendUnproven sends a write under its condition, right after looking whether
// that holds. A refusal that names the condition shows that it is honoured.
func (t *task) sendUnproven(ctx context.Context, r *kindRecord, send conditionalSend) (reconcile.Written, error) {
	if err := t.asDecided(ctx); err != nil {
		return reconcile.Written{}, err
	}
	answer, err := send(ctx, t.precondition())
	if refusesAbsent(err) {
		r.Lock()
		r.state = honoured
		r.Unlock()
	}
	return answer, err
}

// refusesAbsent reports a refusal that names If-None-Match as its reason.
func refusesAbsent(err error) bool {
	var e *reconcile.Error
	return errors.As(err, &e) && reconcile.PreconditionFailed(err) && e.Condition == "If-None-Match"
}

// sendUnconditionally sends a write without a condition, right after looking whether the
// condition holds.
func (t *task) sendUnconditionally(ctx context.Context, send conditionalSend) (reconcile.Written, error) {
	if err := t.asDecided(ctx); err != nil {
		return reconcile.Written{}, err
	}
	return send(ctx, reconcile.Precondition{Off: true})
}

// asDecided looks whether the target is still as the decision saw it, and
// returns what a server that honours conditions would answer if it is not.
func (t *task) asDecided(ctx context.Context) error {
	want := t.precondition().IfMatch
	detail, err := t.head(ctx, t.c.target, t.d.Target.Location)
	switch {
	case errors.Is(err, reconcile.NotFound) && want == "":
		return nil
	case err == nil && detail.ETag == want:
		return nil
	case err == nil || errors.Is(err, reconcile.NotFound):
		return &reconcile.Error{
			Op: "HeadObject", Location: t.d.Target.Location, Kind: reconcile.Conflict,
			Code: reconcile.CodePreconditionFailed, Status: 412, Err: errors.New("the target is not as it was listed"),
		}
	}
	return err
}
