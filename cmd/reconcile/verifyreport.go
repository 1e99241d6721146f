package main

import (
	"context"
	"errors"

	"reconcile/internal/commandline"
	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
)

func verifyReportCommand(p program) commandline.Command {
	var signers string
	signPub := config.OwnText("sign-pub", "FILE", "Public keys, as in id_ed25519.pub or in allowed_signers, with one of which each manifest must be signed.", &signers)
	return p.ownCommand(commandline.Command{
		Name:     "verify-report",
		Usage:    "are these reports what the runs wrote?",
		Args:     "FILE...",
		Synopsis: "reconcile verify-report [--sign-pub FILE] FILE|s3://BUCKET/KEY...",
		About: "Holds reports against the manifests that the runs have left beside them, and the manifests of one folder against one " +
			"another: each names the digest of the one before it. A manifest that is given stands for all its reports. With --sign-pub " +
			"each manifest must be signed with one of these keys. What came of each is a line on stdout; what was not given, and is needed to know more, is named as not looked at.",
		Codes: exit.AllBut(exit.Locked),
		Meanings: map[int]string{
			exit.OK:         "all are as written",
			exit.Incomplete: "something could not be read",
			exit.Usage:      "usage or configuration is wrong",
			exit.Unsettled:  "something is altered, missing, out of the chain, without a manifest, or not signed by whom it must be",
		},
		Example: "reconcile verify-report s3://my-reports/20261122.json s3://my-reports/20261123.json.manifest.json",
	}, config.WithConnection(signPub), func(_ config.Settings, names []string) (work, error) {
		if len(names) == 0 {
			return nil, exit.Wrong(errors.New("want reports or manifests to look at"), "reconcile verify-report FILE...")
		}
		return func(j *job.Job, ctx context.Context) job.Result { return j.Verify(ctx, names, signers) }, config.CheckWritten(names)
	})
}
