package copier

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/reconcile"
)

// Run turns every decision of in into an outcome for emit, concurrently and in
// any order, until in is closed. A failed object is an outcome. When ctx ends,
// no further copy is begun, what is in flight is finished within the grace or
// given up, and everything left in the channel comes out as canceled. emit is
// called by several goroutines at a time. Its first error ends the run likewise
// and is returned, with the rest of in drained unseen: what has no row must not
// be done.
func (c *Copier) Run(ctx context.Context, in <-chan reconcile.Decision, emit func(reconcile.Outcome) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s, end := newContexts(ctx, c.opts.Grace)
	defer end()
	r := &running{contexts: s, c: c, queue: newQueue(queueCapacity), aside: newAside(c.opts.TempDir), emit: emit, stop: stop}
	defer r.aside.close()
	var g errgroup.Group
	g.Go(func() error {
		r.queue.fill(in)
		return nil
	})
	for range c.limiter.Max() {
		g.Go(r.worker)
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return r.takeUp()
}

// running is one Run.
type running struct {
	contexts
	c      *Copier
	queue  *queue
	aside  *aside
	emit   func(reconcile.Outcome) error
	stop   context.CancelFunc
	failed atomic.Bool // emit has failed
}

// worker carries out what is in the queue. It takes an object up when the limiter
// has a permit for the first request, so that nothing more urgent is overtaken by
// what merely waits.
func (r *running) worker() (failed error) {
	for r.queue.claim() {
		p, err := r.c.limiter.Acquire(r.accept)
		t := r.c.task(r.contexts, r.queue.take())
		if err == nil { // else the run is being stopped, and the object comes out as canceled
			t.permit = &p
		}
		if err := r.end(t); err != nil {
			failed = err
		}
	}
	return failed
}

// end carries a task to its end, and hands its outcome on unless the pair is set
// aside.
func (r *running) end(t *task) error {
	if r.failed.Load() {
		t.releaseUnused()
		return nil
	}
	o, done := t.handle(r.aside)
	if !done {
		return nil
	}
	err := r.emit(o)
	if err != nil {
		r.failed.Store(true)
		r.stop()
	}
	return err
}

// contexts end one after the other when a run is being stopped.
type contexts struct {
	accept  context.Context // ended: begin nothing more
	work    context.Context // ended: give up what is in flight
	cleanup context.Context // ended: look at no more targets, abort no more uploads
}

// afterGrace is for looking and aborting once the grace is over; with a shorter
// grace it is three fifths of that.
const afterGrace = 3 * time.Second

func newContexts(accept context.Context, grace time.Duration) (contexts, context.CancelFunc) {
	work, endWork := context.WithCancel(context.WithoutCancel(accept))
	cleanup, endCleanup := context.WithCancel(context.WithoutCancel(accept))
	endAfter := func(delay time.Duration, end context.CancelFunc) {
		select {
		case <-time.After(delay):
			end()
		case <-cleanup.Done():
		}
	}
	stop := context.AfterFunc(accept, func() {
		endAfter(grace, endWork)
		endAfter(min(afterGrace, grace*3/5), endCleanup)
	})
	return contexts{accept, work, cleanup}, func() {
		stop()
		endWork()
		endCleanup()
	}
}
