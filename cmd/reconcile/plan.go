package main

import (
	"reconcile/internal/commandline"
	"reconcile/internal/job"
)

func planCommand(p program) commandline.Command {
	return p.jobCommand(commandline.Command{
		Name:     "plan",
		Usage:    "the same scan and decisions with nothing copied",
		Synopsis: "reconcile plan [--command run|restore|recover|audit] --source BUCKET --protected BUCKET [--public BUCKET] [--report PATH]...",
		About: "Looks at what run would look at and says what it would copy: the objects that are missing, their bytes, " +
			"the requests by kind and bucket, what they cost, and how long the copies take. With --command restore or recover " +
			"it says so of that command: every tier side by side, with its price and its first and last arrival, and what is saved " +
			"because it is restored already; with --command audit the HEADs, jobs and price of every way to verify. It takes that command's flags, and writes nothing but the reports.",
		Example: "reconcile plan --source my-glacier --protected my-protected --public my-public \\\n" +
			"    --report plan.csv",
	}, (*job.Job).Reconcile)
}
