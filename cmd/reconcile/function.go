package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"syscall"

	"reconcile/internal/config"
	"reconcile/internal/copier"
	"reconcile/internal/lambda"
	"reconcile/internal/s3store"
)

// function serves a Lambda function's invocations until SIGTERM.
func (p program) function(ctx context.Context) error {
	h, err := p.coldStart(ctx)
	if err != nil {
		return errors.Join(err, lambda.InitError("ConfigurationError", inOneLine(err)))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	logger := newLogger(p.streams.err, h.settings)
	for _, w := range h.settings.Warnings {
		logger.Warn(w)
	}
	log.SetFlags(0) // the runtime's client logs there
	log.SetOutput(slog.NewLogLogger(logger.Handler(), slog.LevelError).Writer())
	terminated := func() { cancel(&signalError{syscall.SIGTERM}) }
	err = lambda.Serve(terminated, func(invocation context.Context, id string, payload []byte) ([]byte, error) {
		invocation, stop := stoppedBy(invocation, ctx)
		defer stop()
		return h.invoke(invocation, logger.With("request_id", id), payload)
	})
	logger.Info("no more invocations", "why", err.Error())
	return &exitError{code: exitTerminated}
}

// inOneLine is an error with what to do about it.
func inOneLine(err error) string {
	var exit *exitError
	if errors.As(err, &exit) && exit.hint != "" {
		return fmt.Sprintf("%v (%s)", err, exit.hint)
	}
	return err.Error()
}

// stoppedBy returns ctx with a second reason to end, which is its cause then.
func stoppedBy(ctx, other context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(other, func() { cancel(context.Cause(other)) })
	return ctx, func() { stop(); cancel(nil) }
}

// coldStart does what all invocations of the process share: it loads the
// settings and opens the store.
func (p program) coldStart(ctx context.Context) (*handler, error) {
	flags := config.NewFlags(config.FunctionParameters())
	s, err := p.loadEvent(flags)
	if err == nil {
		err = usage(s.ForFunction())
	}
	if err != nil {
		return nil, err
	}
	s.Warnings = append(s.Warnings, s.Replacing()...)
	store, err := s3store.Open(ctx, s.Store)
	if err != nil {
		return nil, usageError(err, "")
	}
	return &handler{program: p, flags: flags, settings: s, store: store, learned: &copier.Learned{}, function: true}, nil
}

// invoke handles one invocation. What came of single objects and of a run that
// was made is in the log by then.
func (h *handler) invoke(ctx context.Context, log *slog.Logger, payload []byte) ([]byte, error) {
	got := h.handle(ctx, log, payload)
	var exit *exitError
	if errors.As(got.err, &exit) && exit.err != nil {
		log.Error("the invocation was not completed", "err", exit.err)
	}
	if got.failed != nil {
		return nil, got.failed
	}
	return got.answer, nil
}
