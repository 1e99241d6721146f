package main

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"syscall"

	"reconcile/internal/config"
	"reconcile/internal/copier"
	"reconcile/internal/exit"
	"reconcile/internal/lambda"
)

// function serves a Lambda function's invocations until SIGTERM. They share the
// settings, the store and what is learned of the servers.
func (p program) function(ctx context.Context) error {
	l := p.loader(p.app())
	l.Answering, l.Function = true, true
	h, err := p.handler(ctx, l, config.NewFlags(config.FunctionParameters()))
	if err != nil {
		return errors.Join(err, lambda.InitError("ConfigurationError", exit.InOneLine(err)))
	}
	h.Learned = &copier.Learned{}
	logger := p.Logger(h.Settings)
	log.SetFlags(0) // the runtime's client logs there
	log.SetOutput(slog.NewLogLogger(logger.Handler(), slog.LevelError).Writer())
	err = lambda.Serve(&exit.Signal{Signal: syscall.SIGTERM}, func(ctx context.Context, id string, payload []byte) ([]byte, error) {
		return h.Invoke(ctx, logger.With("request_id", id), payload)
	})
	logger.Info("no more invocations", "why", err.Error())
	return exit.With(exit.Terminated, nil, "")
}
