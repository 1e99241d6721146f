package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
)

func reportCommand(p program) *cli.Command {
	to := config.OwnReports("to", "Where the report goes to: its extension tells the format, - is stdout as JSON; repeatable.")
	flags := config.NewFlags(append(append([]config.Parameter{to}, config.TableOnly("sign-key")...), readerSettings...))
	page := helpPage{
		name:     "report",
		usage:    "an older JSON report in another format",
		args:     "FILE",
		synopsis: "reconcile report FILE|s3://BUCKET/KEY|- --to PATH...",
		about: "Reads the JSON report of any command and writes it in other formats: as a page to look at, as CSV. The rows, " +
			"and what is said of the run, its summary and its plan, stay as they were.",
		flags: flags,
		codes: []int{exit.OK, exit.Incomplete, exit.Usage, exit.HungUp, exit.Interrupted, exit.Terminated},
		meanings: map[int]string{
			exit.OK:          "written",
			exit.Incomplete:  "the report could not be read, or one could not be delivered (it is then kept locally, and named)",
			exit.Usage:       "usage or configuration is wrong; nothing was written",
			exit.HungUp:      "the terminal was closed (SIGHUP)",
			exit.Interrupted: "interrupted (SIGINT)",
			exit.Terminated:  "terminated (SIGTERM)",
		},
		example: "reconcile report s3://my-reports/20261123.json --to report.html --to report.csv",
	}
	return p.command(page, func(c *cli.Context) error {
		names, err := files(c)
		if err != nil {
			return err
		}
		if len(names) != 1 {
			return exit.Wrong(errors.New("want one report to read"), "reconcile report FILE --to PATH")
		}
		s, err := p.loader().LoadOwn(page.name, flags)
		if err != nil {
			return usage(err)
		}
		if len(s.Reports) == 0 {
			return exit.Wrong(errors.New("flag --to: nothing says where the report goes to"), "give --to PATH, with an extension that tells the format")
		}
		if err := notRead(s, names); err != nil {
			return err
		}
		return perform(c.Context, p.streams, s, func(j *job.Job, ctx context.Context) job.Result {
			return j.Convert(ctx, names[0], p.streams.in)
		})
	})
}
