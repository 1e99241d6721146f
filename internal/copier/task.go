package copier

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
)

// task is one decision on its way to its outcome.
type task struct {
	contexts
	c         *Copier
	d         reconcile.Decision
	attempts  atomic.Int64 // the largest number any one request took
	throttled atomic.Int64 // throttled answers

	method reconcile.Method
	// annotated says that the source has annotations, which no copy by parts
	// carries.
	annotated bool
	source    *reconcile.Detail // HEADed by this task
	target    *reconcile.Detail // HEADed by this task
	unsure    bool              // a write was sent whose answer was lost
	// expected is the ETag that the object will have that this task's upload
	// becomes; empty: not known.
	expected string
	moved    error           // the source was seen to have changed after the copy
	wrote    bool            // the server said that the target is written
	permit   *limiter.Permit // of the limiter, for the first request; else nil
	unproven bool            // the pair's ETags differ, and nobody knows yet whether they are digests
	last     bool            // it was set aside for that, and all the evidence there will be is there
	elapsed  time.Duration   // so far
	met      bool            // its target was found when it was to be written: it is not overwritten
}

// handle carries one decision out. done is false where it was set aside.
func (c *Copier) handle(t *task, later *aside) (o reconcile.Outcome, done bool) {
	defer t.releaseUnused()
	began := c.opts.Now()
	o = t.run()
	t.elapsed += c.opts.Now().Sub(began)
	if t.unproven {
		err := t.setAside(later)
		if err == nil {
			return o, false
		}
		o = t.failed(fmt.Errorf("keep it until it is known whether its ETag is a digest: %w", err))
	}
	o.Elapsed = t.elapsed
	o.Attempts, o.Refused = int(t.attempts.Load()), int(t.throttled.Load())
	return o, true
}

// run answers one need after the other until the decision is settled.
func (t *task) run() reconcile.Outcome {
	for t.d.Need != reconcile.NeedNothing {
		if t.accept.Err() != nil {
			if t.d.Need == reconcile.NeedArchive {
				t.d.Need = reconcile.NeedNothing // its status stands, and nobody has looked
				return t.d.Outcome()
			}
			return t.canceled("not begun")
		}
		var err error
		switch t.d.Need {
		case reconcile.NeedRestoreState:
			err = t.askRestoreState()
		case reconcile.NeedTarget:
			err = t.askTarget()
		case reconcile.NeedLook:
			err = t.look()
		case reconcile.NeedArchive:
			err = t.askArchive()
		case reconcile.NeedCollisions:
			err = t.askCollisions()
		case reconcile.NeedCopy:
			if !t.met {
				return t.copy()
			}
			t.d = t.d.Judge(reconcile.Different, reconcile.ProofETag, reconcile.Policy{})
		}
		if err != nil {
			return t.failed(err)
		}
		if t.unproven {
			return reconcile.Outcome{} // which comes later
		}
	}
	return t.d.Outcome()
}

// request sends one request, again where that is worth it, when there is room.
func (t *task) request(bucket string, send func(ctx context.Context) error) error {
	n, err := t.c.opts.Retry.Do(t.accept, bucket, func() error {
		p, err := t.acquire()
		if err != nil {
			return err
		}
		err = send(t.work)
		t.c.limiter.Release(p, err)
		if errors.Is(err, reconcile.Throttled) {
			t.throttled.Add(1)
		}
		return err
	})
	for old := t.attempts.Load(); int64(n) > old && !t.attempts.CompareAndSwap(old, int64(n)); {
		old = t.attempts.Load()
	}
	return err
}

// acquire waits for a permit, unless the task brought one along.
func (t *task) acquire() (limiter.Permit, error) {
	if p := t.permit; p != nil {
		t.permit = nil
		return *p, nil
	}
	return t.c.limiter.Acquire(t.accept)
}

// releaseUnused gives a permit back that was brought along and not used. It has to be
// done before waiting for another task, which may need that permit.
func (t *task) releaseUnused() {
	if t.permit != nil {
		t.permit = nil
		t.c.limiter.Unused()
	}
}

// failed turns an error into the outcome it means.
func (t *task) failed(err error) reconcile.Outcome {
	if !t.wrote && t.stopped(err) {
		return t.canceled("interrupted: " + err.Error())
	}
	status := reconcile.Failed
	if r := t.d.Source.Restore; r.Phase == reconcile.Restored && r.Expiry.IsZero() && !t.wrote && errors.Is(err, reconcile.Unreadable) {
		status = reconcile.NotRestored // nothing but the copy could tell: it was never seen to be readable
	}
	o := t.outcome(status, reconcile.KindOf(err), err.Error())
	o.ErrorCode, o.ErrorBucket = reconcile.CodeOf(err)
	return o
}

// cancelDelay is how much sooner than the task somebody else may hear that the run
// is being stopped: contexts tell their children one after the other.
const cancelDelay = 100 * time.Millisecond

// stopped reports whether err comes of the run being stopped.
func (t *task) stopped(err error) bool {
	if errors.Is(err, context.Canceled) {
		select {
		case <-t.accept.Done():
			return true
		case <-time.After(cancelDelay):
			return false
		}
	}
	return t.accept.Err() != nil && errors.Is(err, t.accept.Err())
}

func (t *task) canceled(reason string) reconcile.Outcome {
	return t.outcome(reconcile.Canceled, "", reason)
}

func (t *task) outcome(s reconcile.Status, kind reconcile.Kind, message string) reconcile.Outcome {
	o := reconcile.Outcome{Source: t.d.Source, Status: s, ErrorKind: kind, Message: message}
	o.Target.Location = t.d.Target.Location
	o.GranuleID, o.CollectionID = t.d.GranuleID, t.d.CollectionID
	if t.wrote || s == reconcile.Copied {
		o.Method = t.method
	}
	return o
}

// rescue runs f with what time there is for looking and aborting, although the
// run may be over.
func (t *task) rescue(f func()) {
	saved := t.contexts
	t.accept, t.work = t.cleanup, t.cleanup
	f()
	t.contexts = saved
}

// settled notes that the target is written: what follows, late tags and the
// proof, is owed to it, also when the run is being stopped.
func (t *task) settled() {
	t.wrote = true
	t.accept, t.work = t.cleanup, t.cleanup
}
