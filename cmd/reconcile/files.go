package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
)

// readerSettings are the settings of commands that read reports.
var readerSettings = config.TableOnly(config.Connection...)

// files returns the arguments of a command that reads files.
func files(ctx *cli.Context) ([]string, error) {
	names, err := arguments(ctx)
	if err == nil {
		err = checkFiles(names)
	}
	return names, err
}

// arguments returns the arguments of a command. The argument parser stops at the
// first one: flags behind it are read here.
func arguments(ctx *cli.Context) ([]string, error) {
	var names []string
	for rest := ctx.Args().Slice(); len(rest) > 0; {
		names = append(names, rest[0])
		set := flag.NewFlagSet(ctx.Command.Name, flag.ContinueOnError)
		set.SetOutput(io.Discard)
		for _, f := range ctx.Command.Flags {
			if err := f.Apply(set); err != nil {
				return nil, err
			}
		}
		if err := set.Parse(rest[1:]); err != nil {
			return nil, flagError(ctx.Command, err)
		}
		if help := set.Lookup("help"); help != nil && help.Value.String() == "true" {
			err := ctx.App.RunContext(ctx.Context, []string{"reconcile", ctx.Command.Name, "--help"})
			return nil, errors.Join(err, exit.With(exit.OK, nil, ""))
		}
		rest = set.Args()
	}
	return names, nil
}

// checkFiles wants local files that are there, addresses in S3, or standard
// input, which can be read once.
func checkFiles(names []string) error {
	stdin := 0
	for _, name := range names {
		if name == job.Stdin {
			stdin++
			continue
		}
		if err := checkInput(name, true); err != nil {
			return exit.Wrong(err, "")
		}
	}
	if stdin > 1 {
		return exit.Wrong(fmt.Errorf("standard input can be read once, and is given %d times", stdin), "")
	}
	return nil
}

// notRead refuses a report that would go where one is read from.
func notRead(s config.Settings, names []string) error {
	for _, name := range names {
		for _, dest := range s.Reports {
			if name != job.Stdin && config.SameFile(name, dest) {
				return exit.Wrong(fmt.Errorf("%s is what is read", dest), "")
			}
		}
	}
	return nil
}
