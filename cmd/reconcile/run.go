package main

import (
	"reconcile/internal/commandline"
	"reconcile/internal/job"
)

func runCommand(p program) commandline.Command {
	return p.jobCommand(commandline.Command{
		Name:     "run",
		Usage:    "copy what is restored and missing, then report",
		Synopsis: "reconcile run --source BUCKET --protected BUCKET [--public BUCKET] [--report PATH]...",
		About: "Lists the source and the archive buckets, copies every restored object that is missing from " +
			"its archive bucket, makes sure that the copy is right, and reports what became of each object.",
		Example: "reconcile run --source my-glacier --protected my-protected --public my-public \\\n" +
			"    --report report.json --report s3://my-reports/report.csv",
	}, (*job.Job).Reconcile)
}
