package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
)

func notifyTestCommand(p program) *cli.Command {
	flags := config.NewFlags(append(config.TableOnly("notify"), readerSettings...))
	page := helpPage{
		name:     "notify-test",
		usage:    "send a notice to see whether it arrives",
		synopsis: "reconcile notify-test [--notify URL]...",
		about: "Sends a notice that says that it is a test to everybody whom --notify names, here or in the config file, and says of " +
			"each on stdout whether it was taken. A check of healthchecks.io gets it in its log: its state stays as it is. " +
			"What is secret in an address is not shown.",
		flags: flags,
		codes: []int{exit.OK, exit.Incomplete, exit.Usage, exit.HungUp, exit.Interrupted, exit.Terminated},
		meanings: map[int]string{
			exit.OK:          "all notices were taken",
			exit.Incomplete:  "one was not",
			exit.Usage:       "usage or configuration is wrong, or nobody is named; nothing was sent",
			exit.HungUp:      "the terminal was closed (SIGHUP)",
			exit.Interrupted: "interrupted (SIGINT)",
			exit.Terminated:  "terminated (SIGTERM)",
		},
		example: "reconcile notify-test --notify sns:arn:aws:sns:us-west-2:123456789012:nightly",
	}
	return p.command(page, func(c *cli.Context) error {
		s, err := p.loader().LoadOwn(page.name, flags)
		if err != nil {
			return usage(err)
		}
		if len(s.Notify.Targets) == 0 {
			return exit.Wrong(errors.New("nobody is to be told"), "give --notify URL")
		}
		return perform(c.Context, p.streams, s, (*job.Job).TestNotices)
	})
}
