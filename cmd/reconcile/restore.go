package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
)

func restoreCommand(p program) *cli.Command {
	return p.askingCommand((*job.Job).Restore, helpPage{
		name:     "restore",
		usage:    "ask Glacier to restore what is missing from the archives",
		synopsis: "reconcile restore --source BUCKET --protected BUCKET [--public BUCKET] [--prefix PREFIX] [--days N] [--tier TIER] [--yes]",
		about: "Lists the source and the archive buckets, and asks S3 for a readable copy of every archived object that is " +
			"missing from its archive bucket. What is there already is not restored, what is restored is not paid again " +
			"(but kept longer where it would lapse too soon), and what is being restored is left alone. The cost is printed " +
			"before anything is asked for, and has to be agreed to. Nothing is copied: run does that once the copies are there, " +
			"and recover does both.",
		codes: []int{exit.OK, exit.Incomplete, exit.Usage, exit.Unsettled, exit.Locked, exit.HungUp, exit.Interrupted, exit.Terminated},
		meanings: map[int]string{
			exit.OK:        "all that was missing has been asked for, is under way, or is restored",
			exit.Usage:     "usage or configuration is wrong, or the cost was not agreed to; nothing was asked for",
			exit.Unsettled: "completed, but requests failed, the budget was spent, or objects differ or are without an archive bucket; or ended because of the deadline",
		},
		example: "reconcile restore --source my-glacier --protected my-protected --public my-public \\\n" +
			"    --prefix MOD09GQ/ --tier Bulk --days 7 --max-cost 500 --yes --report restore.json",
	})
}

// askingCommand makes a command that asks for restores, once their cost has been
// agreed to.
func (p program) askingCommand(do func(*job.Job, context.Context, job.Agree) job.Result, page helpPage) *cli.Command {
	execute := func(ctx context.Context, out streams, s config.Settings) error {
		agree, err := agreement(out, s)
		if err != nil {
			return err
		}
		return perform(ctx, out, s, func(j *job.Job, ctx context.Context) job.Result { return do(j, ctx, agree) })
	}
	p.execute = execute
	return p.jobCommand(page)
}
