package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

func verifyReportCommand(p program) *cli.Command {
	var signers string
	flags := config.NewFlags(append([]config.Parameter{
		config.OwnText("sign-pub", "FILE", "Public keys, as in id_ed25519.pub or in allowed_signers, with one of which each manifest must be signed.", &signers),
	}, readerSettings...))
	page := helpPage{
		name:     "verify-report",
		usage:    "are these reports what the runs wrote?",
		args:     "FILE...",
		synopsis: "reconcile verify-report [--sign-pub FILE] FILE|s3://BUCKET/KEY...",
		about: "Holds reports against the manifests that the runs have left beside them, and the manifests of one folder against one " +
			"another: each names the digest of the one before it. A manifest that is given stands for all its reports. With --sign-pub " +
			"each manifest must be signed with one of these keys. What came of each is a line on stdout; what was not given, and is needed to know more, is named as not looked at.",
		flags: flags,
		codes: []int{exit.OK, exit.Incomplete, exit.Usage, exit.Unsettled, exit.HungUp, exit.Interrupted, exit.Terminated},
		meanings: map[int]string{
			exit.OK:          "all are as written",
			exit.Incomplete:  "something could not be read",
			exit.Usage:       "usage or configuration is wrong",
			exit.Unsettled:   "something is altered, missing, out of the chain, without a manifest, or not signed by whom it must be",
			exit.HungUp:      "the terminal was closed (SIGHUP)",
			exit.Interrupted: "interrupted (SIGINT)",
			exit.Terminated:  "terminated (SIGTERM)",
		},
		example: "reconcile verify-report s3://my-reports/20261122.json s3://my-reports/20261123.json.manifest.json",
	}
	return p.command(page, func(c *cli.Context) error {
		names, err := arguments(c)
		if err != nil {
			return err
		}
		if err := checkAddresses(names); err != nil {
			return err
		}
		s, err := p.loader().LoadOwn(page.name, flags)
		if err != nil {
			return usage(err)
		}
		return perform(c.Context, p.streams, s, func(j *job.Job, ctx context.Context) job.Result { return j.Verify(ctx, names, signers) })
	})
}

// checkAddresses wants names of files, which need not be there.
func checkAddresses(names []string) error {
	if len(names) == 0 {
		return exit.Wrong(errors.New("want reports or manifests to look at"), "reconcile verify-report FILE...")
	}
	for _, name := range names {
		if name == "" || name == job.Stdin {
			return exit.Wrong(errors.New("a report is looked at where it was written, beside its manifest"), "give its path or address")
		}
		_, _, err := storage.Split(name)
		if err == nil && reconcile.InS3(name) {
			_, _, err = config.ParseObjectURL(name)
		}
		if err != nil {
			return exit.Wrong(err, "")
		}
	}
	return nil
}
