package handler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"reconcile/internal/config"
	"reconcile/internal/job"
	"reconcile/internal/s3store"
)

// RunError is a whole run that an event asked for and that did not end well.
// It carries the run's summary, as the error for single objects carries their
// rows.
type RunError struct {
	Err    error
	Digest []byte // JSON; nil: it did not begin
}

func (e *RunError) Error() string {
	return string(bytes.TrimSpace(fmt.Appendf(nil, "Run failed: %v. %s", e.Err, e.Digest)))
}

func (e *RunError) Unwrap() error { return e.Err }

// whole does what an event asks for that asks for a whole run: what the command
// run does, with the event's options above all others.
func (h *Handler) whole(ctx context.Context, log *slog.Logger, options map[string]any) Handled {
	s, store, err := h.runSettings(ctx, options)
	if err != nil {
		result := job.Result{State: job.Invalid, Err: err}
		var wrong *config.Error
		if errors.As(err, &wrong) {
			result.Hint = wrong.Hint
		}
		return Handled{Failed: &RunError{Err: err}, Result: result}
	}
	result := h.job(ctx, s, log, store).Reconcile(ctx)
	if result.State == job.Complete {
		return Handled{Answer: result.Digest, Result: result}
	}
	return Handled{Answer: result.Digest, Failed: &RunError{reason(result), result.Digest}, Result: result}
}

// runSettings are those of a whole run. Without options they are those the
// store was opened with.
func (h *Handler) runSettings(ctx context.Context, options map[string]any) (config.Settings, *s3store.Store, error) {
	s, err := h.WithOptions(options)
	if err != nil || len(options) == 0 {
		return s, h.Store, err
	}
	store, err := s3store.Open(ctx, s.Store)
	if err != nil {
		return s, nil, &config.Error{Err: err}
	}
	return s, store, nil
}
