package main

import (
	"reconcile/internal/commandline"
	"reconcile/internal/exit"
	"reconcile/internal/job"
)

func auditCommand(p program) commandline.Command {
	return p.jobCommand(commandline.Command{
		Name:     "audit",
		Usage:    "compare everything on both sides, restored or not",
		Synopsis: "reconcile audit --source BUCKET --protected BUCKET [--public BUCKET] [--verify listing|head|checksum] [--report PATH]...",
		About: "Lists the source and the archive buckets and compares every object of both, whatever its restore state. It " +
			"reports what is missing, what differs, what lies in an archive bucket without an original, and what lies in the " +
			"wrong one; a data file in the public bucket is a leak. Every finding is looked at again on both sides before it " +
			"is one. Nothing is written but the reports, what --proofs keeps, and what belongs to the jobs of --compute-checksum, " +
			"below --results: they have S3 compute checksums where the objects lie. Nothing needs a restore.",
		Meanings: map[int]string{
			exit.OK:        "both sides agree as far as they could be compared: the summary says how far",
			exit.Unsettled: "completed, and something is missing, differs, is misplaced, has no original or no archive bucket, or could not be looked at; or ended because of the deadline",
		},
		Example: "reconcile audit --source my-glacier --protected my-protected --public my-public \\\n" +
			"    --risks --report audit.json --report audit.csv",
	}, (*job.Job).Audit)
}
