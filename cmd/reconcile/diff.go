package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
)

func diffCommand(p program) *cli.Command {
	flags := config.NewFlags(append([]config.Parameter{config.OwnDiffs()}, readerSettings...))
	page := helpPage{
		name:     "diff",
		usage:    "two reports: appeared, vanished, changed",
		args:     "OLD NEW",
		synopsis: "reconcile diff [--report PATH]... OLD NEW",
		about: "Compares two reports of this program, JSON or CSV, in the order of their keys, and writes what changed from the old " +
			"one to the new one: what from and what to. The summary goes to stderr. What a run alone is about (attempts, durations, " +
			"when it looked) is no change.",
		flags: flags,
		codes: []int{exit.OK, exit.Incomplete, exit.Usage, exit.Unsettled, exit.HungUp, exit.Interrupted, exit.Terminated},
		meanings: map[int]string{
			exit.OK:          "compared, and nothing got worse",
			exit.Incomplete:  "a report could not be read, or the changes could not be written",
			exit.Usage:       "usage or configuration is wrong; nothing was written",
			exit.Unsettled:   "compared, and something got worse: an object is missing, failed, differs, lies where it should not or has left the source; or the new report is of a run that was not complete",
			exit.HungUp:      "the terminal was closed (SIGHUP)",
			exit.Interrupted: "interrupted (SIGINT)",
			exit.Terminated:  "terminated (SIGTERM)",
		},
		example: "reconcile diff --report changes.csv s3://my-reports/20261122.json s3://my-reports/20261123.json",
	}
	return p.command(page, func(c *cli.Context) error {
		names, err := files(c)
		if err != nil {
			return err
		}
		if len(names) != 2 {
			return exit.Wrong(errors.New("want two reports"), "reconcile diff OLD NEW")
		}
		s, err := p.loader().LoadOwn(page.name, flags)
		if err != nil {
			return usage(err)
		}
		if err := notRead(s, names); err != nil {
			return err
		}
		return perform(c.Context, p.streams, s, func(j *job.Job, ctx context.Context) job.Result {
			return j.Diff(ctx, names[0], names[1], p.streams.in)
		})
	})
}
