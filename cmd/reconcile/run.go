package main

import (
	"github.com/urfave/cli/v2"

	"reconcile/internal/exit"
)

func runCommand(p program) *cli.Command {
	return p.jobCommand(helpPage{
		name:     "run",
		usage:    "copy what is restored and missing, then report",
		synopsis: "reconcile run --source BUCKET --protected BUCKET [--public BUCKET] [--report PATH]...",
		about: "Lists the source and the archive buckets, copies every restored object that is missing from " +
			"its archive bucket, makes sure that the copy is right, and reports what became of each object.",
		codes: []int{exit.OK, exit.Incomplete, exit.Usage, exit.Unsettled, exit.Locked, exit.HungUp, exit.Interrupted, exit.Terminated},
		example: "reconcile run --source my-glacier --protected my-protected --public my-public \\\n" +
			"    --report report.json --report s3://my-reports/report.csv",
	})
}
