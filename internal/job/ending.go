package job

import (
	"context"
	"errors"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/s3store"
)

// ErrDeadline is why a run that --deadline ended is not complete.
var ErrDeadline = errors.New("the deadline was reached before every object was")

// reserveAtMost is how long a job may take to end once it is stopped.
const reserveAtMost = 10 * time.Second

// reserve is the part of a deadline that is kept for finishing or aborting what
// is in flight, for delivering the report and for giving back what was taken. It
// is also what a job may take to end after a signal.
func reserve(deadline time.Duration) time.Duration {
	if deadline == 0 {
		return reserveAtMost
	}
	return min(reserveAtMost, deadline/2)
}

// grace is how long what is in flight may go on once the job is stopped: half of
// the reserve, of which the copier takes three fifths more to look at targets
// and abort uploads. The rest is the report's and the locks'.
func grace(deadline time.Duration) time.Duration {
	return min(copier.DefaultGrace, reserve(deadline)/2)
}

// untilDeadline returns a context that ends when the reserve of the deadline
// begins, with ErrDeadline as its cause. 0 is no deadline.
func untilDeadline(ctx context.Context, deadline time.Duration) (context.Context, context.CancelFunc) {
	if deadline == 0 {
		return context.WithCancel(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(deadline-reserve(deadline), func() { cancel(ErrDeadline) })
	return ctx, func() { timer.Stop(); cancel(nil) }
}

// ending is the one end of everything that is still owed when a job is stopped:
// each of its contexts lasts as long as the job does, and then a share of the
// reserve. However many services hang, the job has ended by then.
type ending struct {
	report context.Context // ended: no report is uploaded any more
	upload context.Context // ended: no upload of the job's own is aborted any more
	last   context.Context // ended: no lock is given back any more
	cancel []context.CancelFunc
}

func newEnding(ctx context.Context, deadline time.Duration) ending {
	var e ending
	share := func(percent int) context.Context {
		later, cancel := delayCancel(ctx, reserve(deadline)*time.Duration(percent)/100)
		e.cancel = append(e.cancel, cancel)
		return later
	}
	e.upload, e.last = share(94), share(97)
	e.report = e.attach(share(90))
	return e
}

func (e *ending) close() {
	for _, cancel := range e.cancel {
		cancel()
	}
}

// delayCancel returns a context that ends a while after ctx does.
func delayCancel(ctx context.Context, delay time.Duration) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(delay, cancel)
		context.AfterFunc(later, func() { timer.Stop() })
	})
	return later, func() { stop(); cancel() }
}

// attach gives ctx to what uploads for the job itself: an upload that has failed
// is aborted also when ctx has ended.
func (e *ending) attach(ctx context.Context) context.Context {
	return s3store.WithCleanup(ctx, e.upload)
}
