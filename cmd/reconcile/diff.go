package main

import (
	"context"
	"errors"

	"reconcile/internal/commandline"
	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
)

func diffCommand(p program) commandline.Command {
	return p.ownCommand(commandline.Command{
		Name:     "diff",
		Usage:    "two reports: appeared, vanished, changed",
		Args:     "OLD NEW",
		Synopsis: "reconcile diff [--report PATH]... OLD NEW",
		About: "Compares two reports of this program, JSON or CSV, in the order of their keys, and writes what changed from the old " +
			"one to the new one: what from and what to. The summary goes to stderr. What a run alone is about (attempts, durations, " +
			"when it looked) is no change.",
		Codes: exit.AllBut(exit.Locked),
		Meanings: map[int]string{
			exit.OK:         "compared, and nothing got worse",
			exit.Incomplete: "a report could not be read, or the changes could not be written",
			exit.Usage:      "usage or configuration is wrong; nothing was written",
			exit.Unsettled:  "compared, and something got worse: an object is missing, failed, differs, lies where it should not or has left the source; or the new report is of a run that was not complete",
		},
		Example: "reconcile diff --report changes.csv s3://my-reports/20261122.json s3://my-reports/20261123.json",
	}, config.WithConnection(config.OwnDiffs()), func(s config.Settings, names []string) (work, error) {
		if len(names) != 2 {
			return nil, exit.Wrong(errors.New("want two reports"), "reconcile diff OLD NEW")
		}
		return func(j *job.Job, ctx context.Context) job.Result { return j.Diff(ctx, names[0], names[1]) }, s.CheckReports(names)
	})
}
