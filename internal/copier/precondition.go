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
// write all the same. Amazon's does. On any other the first write of a kind to
// a bucket finds out, and never by overwriting: it is sent for a target that
// was just seen to be as the decision saw it, under a condition that cannot
// hold. A refusal shows that conditions are honoured, and the write is sent
// again under the real one; a success did the wanted write.

// impossibleETag is what no object has.
const impossibleETag = "00000000000000000000000000000000"

// support is what is known of the conditions on targets.
type support uint8

const (
	unknown support = iota
	honoured
	ignored
)

// writeKind is a kind of write on a bucket: servers honour conditions on some
// operations and not on others.
type writeKind struct{ bucket, op string }

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

// Notes returns what a reader of the report should know of how the run could
// work: that a server ignores conditions, for one.
func (c *Copier) Notes() []string {
	c.preconditions.mu.Lock()
	defer c.preconditions.mu.Unlock()
	var notes []string
	for k, r := range c.preconditions.kinds {
		r.Lock()
		if r.state == ignored {
			notes = append(notes, fmt.Sprintf("the guard was off: the server of s3://%s takes no conditions on %s; "+
				"each target was looked at right before it was written, and what somebody else wrote in that moment may have been overwritten", k.bucket, k.op))
		}
		r.Unlock()
	}
	slices.Sort(notes)
	return notes
}

// conditionalSend is a write under a condition on its target.
type conditionalSend func(ctx context.Context, p reconcile.Precondition) (reconcile.Written, error)

// sendIf sends a write as safely as the target's server allows.
func (t *task) sendIf(ctx context.Context, op string, send conditionalSend) (reconcile.Written, error) {
	bucket := t.d.Target.Bucket
	if t.c.opts.Trusted == nil || t.c.opts.Trusted(bucket) {
		return send(ctx, t.precondition())
	}
	r := t.c.preconditions.of(writeKind{bucket, op})
	r.Lock()
	if r.state == unknown {
		defer r.Unlock()
		return t.findOut(ctx, r, send)
	}
	state := r.state
	r.Unlock()
	if state == ignored {
		return t.sendUnconditionally(ctx, send)
	}
	return send(ctx, t.precondition())
}

// findOut sends the write under a condition that cannot hold. Conditions count
// as honoured only when the write then succeeds under the real one: some
// servers call a failed pin on the source by the target's name.
func (t *task) findOut(ctx context.Context, r *kindRecord, send conditionalSend) (reconcile.Written, error) {
	if err := t.asDecided(ctx); err != nil {
		return reconcile.Written{}, err
	}
	answer, err := send(ctx, reconcile.Precondition{IfMatch: impossibleETag})
	switch {
	case err == nil:
		r.state = ignored
		return answer, nil
	case notImplemented(err):
		r.state = ignored
		return t.sendUnconditionally(ctx, send)
	case reconcile.PreconditionFailed(err) && !errors.Is(err, reconcile.Changed), errors.Is(err, reconcile.NotFound):
		answer, err = send(ctx, t.precondition())
		if err == nil {
			r.state = honoured
		}
	}
	return answer, err
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

func notImplemented(err error) bool {
	var e *reconcile.Error
	return errors.As(err, &e) && e.Status == 501
}
