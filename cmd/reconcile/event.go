package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/handler"
	"reconcile/internal/s3store"
)

func eventCommand(p program) *cli.Command {
	flags := config.NewFlags(config.ParametersOf("event"))
	page := helpPage{
		name:     "event",
		usage:    "handle one event, as the Lambda function does",
		args:     "[FILE]",
		synopsis: "reconcile event [FILE] --protected BUCKET [--public BUCKET] [--source BUCKET]",
		about: "Reads one event from FILE, or from standard input: of S3, EventBridge, SQS, SNS, S3 Batch Operations " +
			"or Step Functions, or a list {\"objects\":[{\"bucket\",\"key\"}]}. Each object that it names is routed, compared, copied " +
			"and proved as run would do it; what counts is its state now, and objects of classes that need no restore are " +
			"copied too. The answer, in the sender's protocol, goes to stdout. A scheduled event, or {\"run\":{…}} with settings " +
			"by their names in the config file, is a whole run, and answered with its summary: it may set " + strings.Join(config.EventOptions(), ", ") +
			"; of these, what names a file must name one in S3, and the archive buckets must be among those given here. Flags come before FILE.",
		flags: flags,
		codes: []int{exit.OK, exit.Incomplete, exit.Usage, exit.Unsettled, exit.Locked, exit.HungUp, exit.Interrupted, exit.Terminated},
		meanings: map[int]string{
			exit.Usage:     "usage or configuration is wrong, or there is no event; nothing was touched",
			exit.Unsettled: "answered, but objects failed, differ, are without an archive bucket or could not be read in the event; or ended because of the deadline",
		},
		example: "reconcile event --source my-glacier --protected my-protected --public my-public < event.json",
	}
	return p.command(page, func(c *cli.Context) error {
		if c.Args().Len() > 1 {
			return leftover(c.Args().Tail())
		}
		return p.event(c.Context, flags, c.Args().First())
	})
}

// event handles the event of a file, or of stdin where name is empty.
func (p program) event(ctx context.Context, flags []*config.Flag, name string) error {
	l := p.loader()
	l.Answering = true
	s, err := l.Load("event", flags)
	if err != nil {
		return usage(err)
	}
	payload, err := p.payload(name)
	if err != nil {
		return exit.Wrong(fmt.Errorf("event: %w", err), "")
	}
	ctx, stop := exit.UntilSignal(ctx, p.streams.err)
	defer stop()
	h, err := p.handler(ctx, l, s, flags)
	if err != nil {
		return err
	}
	got := h.Handle(ctx, newLogger(p.streams.err, s), payload)
	err = ended(got.Result, s.Quiet)
	if got.Answer != nil {
		if _, failed := fmt.Fprintf(p.streams.out, "%s\n", got.Answer); failed != nil {
			return exit.With(exit.Incomplete, errors.Join(fmt.Errorf("the answer could not be written: %w", failed), err), "")
		}
	}
	return err
}

// handler opens the store for events.
func (p program) handler(ctx context.Context, l config.Loader, s config.Settings, flags []*config.Flag) (*handler.Handler, error) {
	store, err := s3store.Open(ctx, s.Store)
	if err != nil {
		return nil, exit.Wrong(err, "")
	}
	return &handler.Handler{
		Settings: s, Store: store, Stdout: p.streams.out, Stderr: p.streams.err, Function: l.Function,
		WithOptions: func(options map[string]any) (config.Settings, error) { return l.LoadEventRun(flags, options) },
	}, nil
}

func (p program) payload(name string) ([]byte, error) {
	if name == "" || name == "-" {
		return io.ReadAll(p.streams.in)
	}
	return os.ReadFile(name)
}
