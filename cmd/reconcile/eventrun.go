package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"reconcile/internal/config"
	"reconcile/internal/report"
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
func (h *handler) whole(ctx context.Context, log *slog.Logger, options map[string]any) handled {
	s, store, err := h.runSettings(ctx, options)
	if err != nil {
		return handled{failed: &RunError{Err: err}, err: err}
	}
	e := h.execution(ctx, s, log, store)
	var digest []byte
	e.written = func(rep *report.Report, run report.Run) {
		digest, _ = rep.Digest(run, e.requests()) // an error is the report's, which has been told
	}
	ctx, stop := untilDeadline(ctx, e.Deadline)
	defer stop()
	if err = e.begin(ctx); err == nil {
		return handled{answer: digest}
	}
	return handled{answer: digest, failed: &RunError{inWords(ctx, err), digest}, err: err}
}

// inWords returns an error that says why, where an exit code alone would not.
func inWords(ctx context.Context, err error) error {
	var exit *exitError
	switch {
	case !errors.As(err, &exit) || exit.err != nil:
		return err
	case context.Cause(ctx) != nil:
		return context.Cause(ctx)
	}
	return errors.New("objects failed, differ or are without an archive bucket")
}

// runSettings are those of a whole run. Without options they are those the
// store was opened with.
func (h *handler) runSettings(ctx context.Context, options map[string]any) (config.Settings, *s3store.Store, error) {
	flags, err := config.WithOptions(h.flags, options)
	if err != nil {
		return config.Settings{}, nil, usageError(err, "")
	}
	s, err := h.load("run", flags)
	if err == nil {
		err = usage(s.ForAnswer())
	}
	if err == nil && h.function {
		err = usage(s.ForFunction())
	}
	if err != nil || len(options) == 0 {
		return s, h.store, err
	}
	store, err := s3store.Open(ctx, s.Store)
	if err != nil {
		return s, nil, usageError(err, "")
	}
	return s, store, nil
}
