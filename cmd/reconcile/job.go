package main

import (
	"context"
	"io"
	"log/slog"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
	"reconcile/internal/s3store"
)

// jobCommand makes a command that carries out a job with the table's settings.
func (p program) jobCommand(page helpPage) *cli.Command {
	flags := config.NewFlags(config.ParametersOf(page.name))
	page.flags = flags
	return p.command(page, func(ctx *cli.Context) error {
		s, err := p.loader().Load(page.name, flags)
		if err != nil {
			return usage(err)
		}
		return p.execute(ctx.Context, p.streams, s)
	})
}

// execute carries out the job of run and plan.
func execute(ctx context.Context, out streams, s config.Settings) error {
	return perform(ctx, out, s, (*job.Job).Reconcile)
}

// perform opens the store, has the job done until a signal stops it, and says by
// an exit code what it came to.
func perform(ctx context.Context, out streams, s config.Settings, do func(*job.Job, context.Context) job.Result) error {
	ctx, stop := exit.UntilSignal(ctx, out.err)
	defer stop()
	log := newLogger(out.err, s)
	store, err := s3store.Open(ctx, s.Store)
	if err != nil {
		return exit.Wrong(err, "") // it reads configuration only: nothing has been sent
	}
	j := job.New(s, store, log, out.out, out.err)
	j.Stdin, j.Again = out.in, out.again
	if s.LogFormat != "json" { // which programs read
		j.Terminal = out.terminal
	}
	return ended(do(j, ctx), s.Quiet)
}

// loader reads the settings of this process. Those of another command may stand
// in the environment.
func (p program) loader() config.Loader {
	l := config.Loader{LookupEnv: p.lookupEnv, Environ: p.environ, Version: programVersion()}
	for _, c := range commands(p) {
		for _, f := range c.Flags {
			if f, ok := f.(*config.Flag); ok {
				l.Variables = append(l.Variables, f.Variable())
			}
		}
	}
	return l
}

// newLogger logs to stderr in the format asked for, what was to be said of the
// settings first.
func newLogger(w io.Writer, s config.Settings) *slog.Logger {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	if s.Quiet {
		o.Level = slog.LevelError
	}
	log := slog.New(slog.NewTextHandler(w, o))
	if s.LogFormat == "json" {
		log = slog.New(slog.NewJSONHandler(w, o))
	}
	for _, warning := range s.Warnings {
		log.Warn(warning)
	}
	return log
}
