package main

import (
	"errors"

	"reconcile/internal/commandline"
	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
)

func notifyTestCommand(p program) commandline.Command {
	return p.ownCommand(commandline.Command{
		Name:     "notify-test",
		Usage:    "send a notice to see whether it arrives",
		Synopsis: "reconcile notify-test [--notify URL]...",
		About: "Sends a notice that says that it is a test to everybody whom --notify names, here or in the config file, and says of " +
			"each on stdout whether it was taken. A check of healthchecks.io gets it in its log: its state stays as it is. " +
			"What is secret in an address is not shown.",
		Codes: exit.AllBut(exit.Unsettled, exit.Locked),
		Meanings: map[int]string{
			exit.OK:         "all notices were taken",
			exit.Incomplete: "one was not",
			exit.Usage:      "usage or configuration is wrong, or nobody is named; nothing was sent",
		},
		Example: "reconcile notify-test --notify sns:arn:aws:sns:us-west-2:123456789012:nightly",
	}, config.WithConnection(config.TableOnly("notify")...), func(s config.Settings, _ []string) (work, error) {
		if len(s.Notify.Targets) == 0 {
			return nil, exit.Wrong(errors.New("nobody is to be told"), "give --notify URL")
		}
		return (*job.Job).TestNotices, nil
	})
}
