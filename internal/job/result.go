package job

import (
	"context"
	"errors"
	"fmt"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/journal"
	"reconcile/internal/lease"
	"reconcile/internal/reconcile"
)

// State is what a job came to.
type State string

// The states.
const (
	Complete    State = "complete"    // and nothing is left to look at
	Unsettled   State = "unsettled"   // complete, but objects failed, differ or are unrouted
	Late        State = "late"        // ended because of the deadline
	Interrupted State = "interrupted" // by a signal
	Incomplete  State = "incomplete"  // it could not be completed, or a report could not be delivered
	Locked      State = "locked"      // another run holds the lock, or the journal; there is no report
	Invalid     State = "invalid"     // the settings are wrong, and nothing was touched; there is no report
)

// Result is what a job came to, and why.
type Result struct {
	State State
	// Err says why the state is not Complete. Of a job that was interrupted it is
	// nil unless a report was not delivered either: whoever was interrupted knows.
	Err     error
	Hint    string       // what to do about it; may be empty
	Signal  *exit.Signal // that interrupted the job; nil: none
	Digest  []byte       // the report's run and summary as JSON; nil: there is no report
	Summary reconcile.Summary
}

// ExitCode is the code of a command that did such a job.
func (r Result) ExitCode() int {
	switch r.State {
	case Complete:
		return exit.OK
	case Unsettled, Late:
		return exit.Unsettled
	case Interrupted:
		return r.Signal.Code()
	case Locked:
		return exit.Locked
	case Invalid:
		return exit.Usage
	}
	return exit.Incomplete
}

// silentError ends a job without a report: there is nothing true to be said.
type silentError struct{ error }

func (e *silentError) Unwrap() error { return e.error }

// refused is the result of a job that did not begin. Where nothing was touched, and
// nothing has to be reported, its state is Locked or Invalid.
func refused(err error) Result {
	var held *lease.HeldError
	var wrong *config.Error
	switch {
	case errors.As(err, &held):
		hint := "if that run is dead, its lock expires by itself " + held.TTL.String() + " after the last renewal"
		return Result{State: Locked, Err: err, Hint: hint}
	case errors.Is(err, journal.ErrBusy):
		return Result{State: Locked, Err: err}
	case errors.As(err, &wrong):
		return Result{State: Invalid, Err: err, Hint: wrong.Hint}
	}
	return Result{State: Incomplete, Err: err}
}

// stopped reports whether err says no more than that ctx has ended.
func stopped(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() != nil && (errors.Is(err, context.Cause(ctx)) || errors.Is(err, ctx.Err()))
}

// why is what made the run incomplete, nil where it is complete. What came first
// stands: a listing that failed is not excused by a deadline that came later.
func why(ctx context.Context, runErr error) error {
	if stopped(ctx, runErr) {
		return context.Cause(ctx)
	}
	return runErr
}

// judge is the result of a command. runErr is why it is not complete, deliverErr
// why its reports are not where they belong.
func judge(ctx context.Context, command string, s reconcile.Summary, runErr, deliverErr error) Result {
	got := Result{State: Complete, Summary: s}
	cause := why(ctx, runErr)
	switch {
	case stopped(ctx, runErr) && errors.As(cause, &got.Signal):
		got.State, got.Err = Interrupted, deliverErr
	case stopped(ctx, runErr) && errors.Is(cause, ErrDeadline) && deliverErr == nil:
		got.State, got.Err = Late, cause
	case cause != nil || deliverErr != nil:
		got.State, got.Err = Incomplete, errors.Join(cause, deliverErr)
	case broken(command, s) > 0: // which a quiet run would otherwise end without a word about
		got.State, got.Err = Unsettled, fmt.Errorf("not everything is reconciled: %s", s.Headline(command, ""))
		if len(s.Failures) > 0 { // what can be done about most of what failed
			got.Hint = s.Failures[0].Mend
		}
	}
	return got
}

// broken counts what somebody has to look at. What a worker was not in time for
// is such a thing of a merge: nobody else is going to do it.
func broken(command string, s reconcile.Summary) int64 {
	n := s.Broken(command)
	if command == "merge" {
		n += s.Counts[reconcile.Canceled]
	}
	return n
}

// reported is the result of a job on reports, which have told the rest.
func reported(ctx context.Context, err error) Result {
	return judge(ctx, "", reconcile.Summary{}, err, nil)
}
