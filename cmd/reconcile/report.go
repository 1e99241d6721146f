package main

import (
	"context"
	"errors"

	"reconcile/internal/commandline"
	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
)

func reportCommand(p program) commandline.Command {
	to := config.OwnReports("to", "Where the report goes to: its extension tells the format, - is stdout as JSON; repeatable.")
	return p.ownCommand(commandline.Command{
		Name:     "report",
		Usage:    "an older JSON report in another format",
		Args:     "FILE",
		Synopsis: "reconcile report FILE|s3://BUCKET/KEY|- --to PATH...",
		About: "Reads the JSON report of any command and writes it in other formats: as a page to look at, as CSV. The rows, " +
			"and what is said of the run, its summary and its plan, stay as they were.",
		Codes: exit.AllBut(exit.Unsettled, exit.Locked),
		Meanings: map[int]string{
			exit.OK:         "written",
			exit.Incomplete: "the report could not be read, or one could not be delivered (it is then kept locally, and named)",
			exit.Usage:      "usage or configuration is wrong; nothing was written",
		},
		Example: "reconcile report s3://my-reports/20261123.json --to report.html --to report.csv",
	}, config.WithConnection(append([]*config.Parameter{to}, config.TableOnly("sign-key")...)...), func(s config.Settings, names []string) (work, error) {
		switch {
		case len(names) != 1:
			return nil, exit.Wrong(errors.New("want one report to read"), "reconcile report FILE --to PATH")
		case len(s.Reports) == 0:
			return nil, exit.Wrong(errors.New("flag --to: nothing says where the report goes to"), "give --to PATH, with an extension that tells the format")
		}
		return func(j *job.Job, ctx context.Context) job.Result { return j.Convert(ctx, names[0]) }, s.CheckReports(names)
	})
}
