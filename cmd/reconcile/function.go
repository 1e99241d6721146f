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
	"reconcile/internal/exit"
	"reconcile/internal/handler"
	"reconcile/internal/job"
	"reconcile/internal/lambda"
)

// function serves a Lambda function's invocations until SIGTERM.
func (p program) function(ctx context.Context) error {
	h, err := p.coldStart(ctx)
	if err != nil {
		return errors.Join(err, lambda.InitError("ConfigurationError", inOneLine(err)))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	logger := newLogger(p.streams.err, h.Settings)
	log.SetFlags(0) // the runtime's client logs there
	log.SetOutput(slog.NewLogLogger(logger.Handler(), slog.LevelError).Writer())
	terminated := func() { cancel(&exit.Signal{Signal: syscall.SIGTERM}) }
	err = lambda.Serve(terminated, func(invocation context.Context, id string, payload []byte) ([]byte, error) {
		invocation, stop := stoppedBy(invocation, ctx)
		defer stop()
		return invoke(invocation, h, logger.With("request_id", id), payload)
	})
	logger.Info("no more invocations", "why", err.Error())
	return exit.With(exit.Terminated, nil, "")
}

// inOneLine is an error with what to do about it.
func inOneLine(err error) string {
	var wrong *exit.Error
	if errors.As(err, &wrong) && wrong.Hint != "" {
		return fmt.Sprintf("%v (%s)", err, wrong.Hint)
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
func (p program) coldStart(ctx context.Context) (*handler.Handler, error) {
	flags := config.NewFlags(config.FunctionParameters())
	l := p.loader()
	l.Answering, l.Function = true, true
	s, err := l.Load("event", flags)
	if err != nil {
		return nil, usage(err)
	}
	h, err := p.handler(ctx, l, s, flags)
	if err != nil {
		return nil, err
	}
	h.Learned = &copier.Learned{}
	return h, nil
}

// invoke handles one invocation. What came of single objects and of a run that
// was made is in the log by then.
func invoke(ctx context.Context, h *handler.Handler, log *slog.Logger, payload []byte) ([]byte, error) {
	got := h.Handle(ctx, log, payload)
	if err := got.Result.Err; err != nil && got.Result.State != job.Unsettled {
		log.Error("the invocation was not completed", "err", err)
	}
	if got.Failed != nil {
		return nil, got.Failed
	}
	return got.Answer, nil
}
