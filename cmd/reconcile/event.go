package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"reconcile/internal/commandline"
	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/handler"
)

func eventCommand(p program) commandline.Command {
	c := p.jobCommand(commandline.Command{
		Name:     "event",
		Usage:    "handle one event, as the Lambda function does",
		Args:     "[FILE]",
		Synopsis: "reconcile event [FILE] --protected BUCKET [--public BUCKET] [--source BUCKET]",
		About: "Reads one event from FILE, or from standard input: of S3, EventBridge, SQS, SNS, S3 Batch Operations " +
			"or Step Functions, or a list {\"objects\":[{\"bucket\",\"key\"}]}. Each object that it names is routed, compared, copied " +
			"and proved as run would do it; what counts is its state now, and objects of classes that need no restore are " +
			"copied too. The answer, in the sender's protocol, goes to stdout. A scheduled event, or {\"run\":{…}} with settings " +
			"by their names in the config file, is a whole run, and answered with its summary: it may set " + strings.Join(config.EventOptions(), ", ") +
			"; of these, what names a file must name one in S3, and the archive buckets must be among those given here. Flags come before FILE.",
		Meanings: map[int]string{
			exit.Usage:     "usage or configuration is wrong, or there is no event; nothing was touched",
			exit.Unsettled: "answered, but objects failed, differ, are without an archive bucket or could not be read in the event; or ended because of the deadline",
		},
		Example: "reconcile event --source my-glacier --protected my-protected --public my-public < event.json",
	}, nil)
	c.Action = func(ctx *cli.Context) error {
		if ctx.Args().Len() > 1 {
			return commandline.Leftover(ctx.Args().Tail())
		}
		l := p.loader(ctx.App)
		l.Answering = true
		return p.event(ctx.Context, l, c.Settings, ctx.Args().First())
	}
	return c
}

// event handles the event of a file, or of stdin where name is empty.
func (p program) event(ctx context.Context, l config.Loader, flags []*config.Flag, name string) error {
	h, err := p.handler(ctx, l, flags)
	if err != nil {
		return err
	}
	payload, err := p.payload(name)
	if err != nil {
		return exit.Wrong(fmt.Errorf("event: %w", err), "")
	}
	ctx, stop := exit.UntilSignal(ctx, p.Err)
	defer stop()
	got := h.Handle(ctx, p.Logger(h.Settings), payload)
	err = ended(got.Result, h.Settings.Quiet)
	if got.Answer != nil {
		if _, failed := fmt.Fprintf(p.Out, "%s\n", got.Answer); failed != nil {
			return exit.With(exit.Incomplete, errors.Join(fmt.Errorf("the answer could not be written: %w", failed), err), "")
		}
	}
	return err
}

// handler loads the settings for events, and opens the store.
func (p program) handler(ctx context.Context, l config.Loader, flags []*config.Flag) (*handler.Handler, error) {
	s, err := l.Load("event", flags)
	if err != nil {
		return nil, commandline.Typed(err)
	}
	store, err := open(ctx, s)
	if err != nil {
		return nil, err
	}
	return &handler.Handler{
		Settings: s, Store: store, Stdout: p.Out, Stderr: p.Err, Function: l.Function,
		WithOptions: func(options map[string]any) (config.Settings, error) { return l.LoadEventRun(flags, options) },
	}, nil
}

func (p program) payload(name string) ([]byte, error) {
	if name == "" || name == config.Stdin {
		return io.ReadAll(p.In)
	}
	return os.ReadFile(name)
}
