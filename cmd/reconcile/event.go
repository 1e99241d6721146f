package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/s3store"
)

func eventCommand(p program) *cli.Command {
	flags := config.NewFlags(config.Parameters())
	page := helpPage{
		name:     "event",
		usage:    "handle one event, as the Lambda function does",
		synopsis: "reconcile event [FILE] --protected BUCKET [--public BUCKET] [--source BUCKET]",
		about: "Reads one event from FILE, or from standard input: of S3, EventBridge, SQS, SNS, S3 Batch Operations " +
			"or Step Functions, or a list {\"objects\":[{\"bucket\",\"key\"}]}. Each object that it names is routed, compared, copied " +
			"and proved as run would do it; what counts is its state now, and objects of classes that need no restore are " +
			"copied too. The answer, in the sender's protocol, goes to stdout. A scheduled event, or {\"run\":{…}} with settings " +
			"by their names in the config file, is a whole run, and answered with its summary. Flags come before FILE.",
		flags: flags,
		codes: []int{exitOK, exitIncomplete, exitUsage, exitUnsettled, exitLocked, exitHungUp, exitInterrupted, exitTerminated},
		meanings: map[int]string{
			exitUsage:     "usage or configuration is wrong, or there is no event; nothing was touched",
			exitUnsettled: "answered, but objects failed, differ, are without an archive bucket or could not be read in the event; or ended because of the deadline",
		},
		example: "reconcile event --source my-glacier --protected my-protected --public my-public < event.json",
	}
	return &cli.Command{
		Name: page.name, Usage: page.usage, Args: true, ArgsUsage: "[FILE]",
		Flags:              cliFlags(flags),
		CustomHelpTemplate: commandHelp(page),
		Action: func(c *cli.Context) error {
			if c.Args().Len() > 1 {
				return leftover(c.Args().Tail())
			}
			return p.event(c.Context, flags, c.Args().First())
		},
	}
}

// event handles the event of a file, or of stdin where name is empty.
func (p program) event(ctx context.Context, flags []*config.Flag, name string) error {
	s, err := p.loadEvent(flags)
	if err != nil {
		return err
	}
	payload, err := p.payload(name)
	if err != nil {
		return usageError(fmt.Errorf("event: %w", err), "")
	}
	ctx, stop := untilSignal(ctx, p.streams.err)
	defer stop()
	store, err := s3store.Open(ctx, s.Store)
	if err != nil {
		return usageError(err, "")
	}
	h := &handler{program: p, flags: flags, settings: s, store: store}
	got := h.handle(ctx, newLogger(p.streams.err, s), payload)
	if got.answer != nil {
		if _, err := fmt.Fprintf(p.streams.out, "%s\n", got.answer); err != nil {
			return errors.Join(fmt.Errorf("the answer could not be written: %w", err), got.err)
		}
	}
	return got.err
}

func (p program) payload(name string) ([]byte, error) {
	if name == "" || name == "-" {
		return io.ReadAll(p.streams.in)
	}
	return os.ReadFile(name)
}

// loadEvent gathers and checks the settings under which events are handled.
func (p program) loadEvent(flags []*config.Flag) (config.Settings, error) {
	s, err := p.load("event", flags)
	if err != nil {
		return s, err
	}
	return s, usage(s.ForAnswer())
}
