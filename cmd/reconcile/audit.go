package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
)

func auditCommand(p program) *cli.Command {
	p.execute = func(ctx context.Context, out streams, s config.Settings) error {
		return perform(ctx, out, s, (*job.Job).Audit)
	}
	return p.jobCommand(helpPage{
		name:     "audit",
		usage:    "compare everything on both sides, restored or not",
		synopsis: "reconcile audit --source BUCKET --protected BUCKET [--public BUCKET] [--verify listing|head|checksum] [--report PATH]...",
		about: "Lists the source and the archive buckets and compares every object of both, whatever its restore state. It " +
			"reports what is missing, what differs, what lies in an archive bucket without an original, and what lies in the " +
			"wrong one; a data file in the public bucket is a leak. Every finding is looked at again on both sides before it " +
			"is one. Nothing is written but the reports, what --proofs keeps, and what belongs to the jobs of --compute-checksum, " +
			"below --results: they have S3 compute checksums where the objects lie. Nothing needs a restore.",
		codes: []int{exit.OK, exit.Incomplete, exit.Usage, exit.Unsettled, exit.Locked, exit.HungUp, exit.Interrupted, exit.Terminated},
		meanings: map[int]string{
			exit.OK:        "both sides agree as far as they could be compared: the summary says how far",
			exit.Unsettled: "completed, and something is missing, differs, is misplaced, has no original or no archive bucket, or could not be looked at; or ended because of the deadline",
		},
		example: "reconcile audit --source my-glacier --protected my-protected --public my-public \\\n" +
			"    --risks --report audit.json --report audit.csv",
	})
}
