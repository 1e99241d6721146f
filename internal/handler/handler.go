// Package handler carries out an event: it has the objects that the event names
// reconciled, or makes the whole run that it asks for, and answers in the
// sender's protocol. The command event and the Lambda function both call it.
package handler

import (
	"context"
	"io"
	"log/slog"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/copier"
	"reconcile/internal/event"
	"reconcile/internal/job"
	"reconcile/internal/s3store"
)

// Handler handles events: one, or those of a Lambda function one after the
// other, over the same connections and with what was learned of the servers.
type Handler struct {
	Settings       config.Settings // for objects that an event names
	Store          *s3store.Store
	Stdout, Stderr io.Writer
	Learned        *copier.Learned // nil: nothing is kept
	Function       bool            // as a Lambda function
	// WithOptions returns the settings of a whole run, with an event's options
	// above all others.
	WithOptions func(options map[string]any) (config.Settings, error)
}

// Handled is what came of an event.
type Handled struct {
	Answer []byte // in the sender's protocol; nil: there is none
	// Failed fails the invocation: it is what the answer cannot say. Its type's
	// name is the error's in Lambda. nil: it does not fail.
	Failed error
	Result job.Result // of a command
}

// InvalidEventError is a payload that is no event.
type InvalidEventError struct{ error }

// Handle does what the event asks for.
func (h *Handler) Handle(ctx context.Context, log *slog.Logger, payload []byte) Handled {
	ev, err := event.Decode(payload)
	switch {
	case err != nil:
		return Handled{Failed: &InvalidEventError{err}, Result: job.Result{State: job.Invalid, Err: err}}
	case ev.Run != nil:
		return h.whole(ctx, log, ev.Run.Options)
	}
	return h.named(ctx, log, ev)
}

// Invoke handles an invocation of the Lambda function. What came of single
// objects and of a run that was made is in the log by then.
func (h *Handler) Invoke(ctx context.Context, log *slog.Logger, payload []byte) ([]byte, error) {
	got := h.Handle(ctx, log, payload)
	if err := got.Result.Err; err != nil && got.Result.State != job.Unsettled {
		log.Error("the invocation was not completed", "err", err)
	}
	if got.Failed != nil {
		return nil, got.Failed
	}
	return got.Answer, nil
}

// job is a job of an event's, which ends before ctx does.
func (h *Handler) job(ctx context.Context, s config.Settings, log *slog.Logger, store *s3store.Store) *job.Job {
	j := job.New(s, store, log, h.Stdout, h.Stderr)
	if end, ends := ctx.Deadline(); ends {
		j.Deadline = sooner(j.Deadline, time.Until(end)-answerMargin(time.Until(end)))
	}
	j.Learned = h.Learned
	if h.Function { // whose log has the lines of many
		j.Log, j.EmbeddedMetrics = log.With("run", j.ID), true
	}
	return j
}

// answerMargin is how long before its end an invocation must be through, so
// that the answer still reaches the runtime.
func answerMargin(left time.Duration) time.Duration {
	return min(500*time.Millisecond, left/10)
}

// sooner returns the shorter of two deadlines, of which the first may be 0 for
// none and the second may have passed.
func sooner(deadline, left time.Duration) time.Duration {
	left = max(left, time.Nanosecond)
	if deadline == 0 {
		return left
	}
	return min(deadline, left)
}
