package main

import (
	"context"
	"os"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"reconcile/internal/commandline"
	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
	"reconcile/internal/s3store"
)

// work is what a command does of a job.
type work = func(*job.Job, context.Context) job.Result

// jobCommand makes a command that does its work with the table's settings.
func (p program) jobCommand(c commandline.Command, do work) commandline.Command {
	c.AfterSignal = "the report has been written"
	c.Settings = config.NewFlags(config.ParametersOf(c.Name))
	c.Action = func(ctx *cli.Context) error {
		s, err := p.loader(ctx.App).Load(c.Name, c.Settings)
		if err != nil {
			return err
		}
		return p.perform(ctx.Context, s, do)
	}
	return c
}

// ownCommand makes a command with settings of its own. prepare checks settings and
// arguments, and says what the work is.
func (p program) ownCommand(c commandline.Command, own []*config.Parameter, prepare func(s config.Settings, args []string) (work, error)) commandline.Command {
	c.Settings = config.NewFlags(own)
	c.Action = func(ctx *cli.Context) error {
		args, err := commandline.Arguments(ctx)
		if err != nil {
			return err
		}
		s, err := p.loader(ctx.App).LoadOwn(c.Name, c.Settings)
		if err != nil {
			return err
		}
		do, err := prepare(s, args)
		if err != nil {
			return err
		}
		return p.perform(ctx.Context, s, do)
	}
	return c
}

// perform opens the store, has the job done until a signal stops it, and says by
// an exit code what it came to.
func (p program) perform(ctx context.Context, s config.Settings, do work) error {
	ctx, stop := exit.UntilSignal(ctx, p.Err)
	defer stop()
	log := p.Logger(s)
	store, err := open(ctx, s)
	if err != nil {
		return err
	}
	j := job.New(s, store, log, p.Out, p.Err)
	j.Stdin, j.Again = p.In, p.again
	if s.LogFormat != "json" { // which programs read
		j.Terminal = p.Terminal
	}
	return ended(do(j, ctx), s.Quiet)
}

// ended is the exit code of what a job came to. What the summary has said of
// objects is not said again, unless the job was quiet.
func ended(r job.Result, quiet bool) error {
	switch {
	case r.State == job.Complete:
		return nil
	case r.State == job.Unsettled && !quiet:
		r.Err = nil
	}
	return exit.With(r.ExitCode(), r.Err, r.Hint)
}

// loader reads the settings of this process. Those of another command may stand
// in the environment.
func (p program) loader(app *cli.App) config.Loader {
	l := config.Loader{LookupEnv: p.lookupEnv, Environ: p.environ, Version: app.Version}
	for _, c := range app.Commands {
		for _, f := range c.Flags {
			if f, ok := f.(*config.Flag); ok {
				l.Variables = append(l.Variables, f.Variable())
			}
		}
	}
	return l
}

// leanGC is how much garbage may pile up, in percent of what is in use, before
// it is collected. Most of the memory of a run are pages of listings that live
// for milliseconds: half as much garbage costs a tenth more CPU time, and
// spares a fifth of the memory.
const leanGC = 35

// open opens the store, for all that follows. It reads configuration only: of
// what is wrong nothing has been sent.
func open(ctx context.Context, s config.Settings) (*s3store.Store, error) {
	store, err := s3store.Open(ctx, s.Store)
	if err != nil {
		return nil, exit.Wrong(err, "")
	}
	if os.Getenv("GOGC") == "" { // what has piled up until here is little
		debug.SetGCPercent(leanGC)
	}
	return store, nil
}
