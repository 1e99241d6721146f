package main

import (
	"context"
	"errors"
	"time"

	"reconcile/internal/copier"
)

// errDeadline is why a run that --deadline ended is not complete.
var errDeadline = errors.New("the deadline was reached before everything was")

// deadlineReserve is the part of a deadline that is kept for finishing or
// aborting what is in flight and for delivering the report.
func deadlineReserve(deadline time.Duration) time.Duration {
	return min(10*time.Second, deadline/2)
}

// deadlineGrace is how long what is in flight may go on once the reserve has
// begun: half of it, so that looking, aborting and the report have the rest.
func deadlineGrace(deadline time.Duration) time.Duration {
	if deadline == 0 {
		return copier.DefaultGrace
	}
	return min(copier.DefaultGrace, deadlineReserve(deadline)/2)
}

// untilDeadline returns a context that ends when the reserve of the deadline
// begins, with errDeadline as its cause. 0 is no deadline.
func untilDeadline(ctx context.Context, deadline time.Duration) (context.Context, context.CancelFunc) {
	if deadline == 0 {
		return context.WithCancel(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(deadline-deadlineReserve(deadline), func() { cancel(errDeadline) })
	return ctx, func() { timer.Stop(); cancel(nil) }
}
