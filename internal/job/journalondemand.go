package job

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"reconcile/internal/journal"
	"reconcile/internal/lease"
	"reconcile/internal/reconcile"
)

// journalOnDemand is a journal in a bucket that is opened when an object is to
// be copied by parts. Only one run can have a journal at a time, and of a
// function there may be hundreds of invocations: those that copy small objects
// need none, and must not wait for one another.
type journalOnDemand struct {
	locks *locker
	ctx   context.Context // of the job
	stop  context.CancelCauseFunc
	at    reconcile.Location // Key is a prefix

	opening sync.Mutex
	open    *journal.Journal // nil: not yet
	release func()           // of its lock; nil: not taken
	err     error            // why it cannot be opened
}

// turnEvery is how often an invocation looks whether the journal is free.
const turnEvery = time.Second

// openLater takes such a journal. The context ends when its lock is lost.
func (o *journalOpener) openLater(ctx context.Context) context.Context {
	ctx, stop := context.WithCancelCause(ctx)
	j := &journalOnDemand{locks: o.locker, ctx: ctx, stop: stop, at: o.at}
	o.run.own(func() { j.close(); stop(nil) })
	o.journal = j
	return ctx
}

// ready opens the journal, or waits until another run gives it back. An error
// stays: an invocation does not last long enough to try again.
func (j *journalOnDemand) ready() error {
	j.opening.Lock()
	defer j.opening.Unlock()
	for waited := false; j.open == nil && j.err == nil; waited = true {
		err := j.take()
		var other *lease.HeldError
		if !errors.As(err, &other) {
			j.err = err
			break
		}
		if !waited {
			j.locks.log.Info("waiting for the journal, which another run has", "journal", j.at.String(), "holder", other.Holder.Run)
		}
		select {
		case <-time.After(turnEvery):
		case <-j.ctx.Done():
			j.err = fmt.Errorf("%w while waiting for the journal: %w", j.ctx.Err(), err)
		}
	}
	return j.err
}

// take takes the journal's lock and reads the journal.
func (j *journalOnDemand) take() error {
	ctx, got, err := j.locks.take(j.ctx, journalLock(j.at))
	if err != nil {
		return err
	}
	j.release = got.release
	context.AfterFunc(ctx, func() { j.stop(context.Cause(ctx)) })
	j.open, err = journal.OpenBucket(ctx, j.locks.store, j.at)
	if err != nil {
		return fmt.Errorf("journal %s: %w", j.at, err)
	}
	return nil
}

func (j *journalOnDemand) close() {
	j.opening.Lock()
	defer j.opening.Unlock()
	if j.open != nil {
		j.open.Close()
	}
	if j.release != nil {
		j.release()
	}
}

// Find implements copier.Journal.
func (j *journalOnDemand) Find(target reconcile.Location) (reconcile.Pending, bool) {
	if j.ready() != nil {
		return reconcile.Pending{}, false // recording says it
	}
	return j.open.Find(target)
}

// Left implements copier.Journal: what is left is for runs over all objects.
func (j *journalOnDemand) Left() []reconcile.Pending { return nil }

// Record implements copier.Journal.
func (j *journalOnDemand) Record(ctx context.Context, p reconcile.Pending) error {
	if err := j.ready(); err != nil {
		return err
	}
	return j.open.Record(ctx, p)
}

// Forget implements copier.Journal.
func (j *journalOnDemand) Forget(ctx context.Context, target reconcile.Location) error {
	if err := j.ready(); err != nil {
		return err
	}
	return j.open.Forget(ctx, target)
}
