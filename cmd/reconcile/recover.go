package main

import (
	"reconcile/internal/commandline"
	"reconcile/internal/exit"
	"reconcile/internal/job"
)

func recoverCommand(p program) commandline.Command {
	return p.jobCommand(commandline.Command{
		Name:     "recover",
		Usage:    "restore what is missing, wait, and copy it as it arrives",
		Synopsis: "reconcile recover --source BUCKET --protected BUCKET [--public BUCKET] [--prefix PREFIX] [--days N] [--tier TIER] [--yes]",
		About: "Asks S3 for a readable copy of every archived object that is missing from its archive bucket, waits, copies the " +
			"objects as they arrive, the one that expires soonest first, and makes sure that the copies are right, until all are " +
			"back or given up with a reason. It looks no sooner than the tier can have delivered. What it knows is what S3 says: " +
			"killed at any moment, and begun again on any machine, it goes on, and asks and pays for nothing twice. The cost is " +
			"printed before anything is asked for, and has to be agreed to.",
		Meanings: map[int]string{
			exit.OK:        "everything is in its archive bucket",
			exit.Usage:     "usage or configuration is wrong, or the cost was not agreed to; nothing was asked for or written",
			exit.Unsettled: "completed, but objects failed, differ, were given up, or were not asked for because of the budget; or ended because of the deadline",
		},
		Example: "reconcile recover --source my-glacier --protected my-protected --public my-public \\\n" +
			"    --tier Bulk --days 7 --max-cost 500 --yes --report recover.json",
	}, p.asking((*job.Job).Recover))
}
