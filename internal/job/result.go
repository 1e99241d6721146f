package job

import (
	"context"
	"errors"
	"fmt"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/journal"
	"reconcile/internal/lease"
	"reconcile/internal/pipeline"
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

// finish delivers the report, says what the run came to, and judges it.
func (r *Running) finish(ctx context.Context, result pipeline.Result, runErr error) Result {
	if early, ok := refused(runErr); ok {
		return early
	}
	var silent *silentError
	if errors.As(runErr, &silent) {
		return r.judge(ctx, result, silent.error, nil)
	}
	result.Notes = append(append(r.About.Notes, result.Notes...), r.unusual(result, runErr)...)
	if note := result.Summary.UnprovedNote(); note != "" {
		result.Notes = append(result.Notes, note)
	}
	code := r.judge(ctx, result, runErr, nil).ExitCode() // where the reports are delivered
	r.About.ExitCode = &code
	deliverErr := r.deliver(result, why(ctx, runErr))
	result.Summary.Requests = r.requests()
	got := r.judge(ctx, result, runErr, deliverErr)
	r.tell(result, got, why(ctx, runErr), deliverErr)
	r.announceEnd(got, result)
	got.Digest, _ = r.Report.Digest(r.About, r.requests()) // an error is the report's, which has been told
	return got
}

// silentError ends a job without a report: there is nothing true to be said.
type silentError struct{ error }

func (e *silentError) Unwrap() error { return e.error }

// refused is the result of a job that did not begin, and of which nothing has to
// be reported: nothing was touched.
func refused(err error) (Result, bool) {
	var held *lease.HeldError
	var wrong *config.Error
	switch {
	case errors.As(err, &held):
		hint := "if that run is dead, its lock expires by itself " + held.TTL.String() + " after the last renewal"
		return Result{State: Locked, Err: err, Hint: hint}, true
	case errors.Is(err, journal.ErrBusy):
		return Result{State: Locked, Err: err}, true
	case errors.As(err, &wrong):
		return Result{State: Invalid, Err: err, Hint: wrong.Hint}, true
	}
	return Result{}, false
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

// judge is the result of every job.
func (r *Running) judge(ctx context.Context, result pipeline.Result, runErr, deliverErr error) Result {
	got := Result{State: Complete, Summary: result.Summary}
	cause := why(ctx, runErr)
	switch {
	case stopped(ctx, runErr) && errors.As(cause, &got.Signal):
		got.State, got.Err = Interrupted, deliverErr
	case stopped(ctx, runErr) && errors.Is(cause, ErrDeadline) && deliverErr == nil:
		got.State, got.Err = Late, cause
	case cause != nil || deliverErr != nil:
		got.State, got.Err = Incomplete, errors.Join(cause, deliverErr)
	case r.broken(result.Summary) > 0:
		got.State, got.Err, got.Hint = Unsettled, unsettled(result.Summary, r.Command), mend(result.Summary)
	}
	return got
}

// broken counts what somebody has to look at. What a worker was not in time for
// is such a thing of a merge: nobody else is going to do it.
func (r *Running) broken(s reconcile.Summary) int64 {
	n := s.Broken(r.Command)
	if r.Command == "merge" {
		n += s.Counts[reconcile.Canceled]
	}
	return n
}

// unsettled says in one line what a quiet run would otherwise end without a
// word about.
func unsettled(s reconcile.Summary, command string) error {
	return fmt.Errorf("not everything is reconciled: %s", s.Headline(command, ""))
}

// mend is what can be done about most of what failed; empty where nobody knows.
func mend(s reconcile.Summary) string {
	if len(s.Failures) == 0 {
		return ""
	}
	return s.Failures[0].Mend
}
