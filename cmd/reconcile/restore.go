package main

import (
	"context"
	"errors"

	"reconcile/internal/commandline"
	"reconcile/internal/exit"
	"reconcile/internal/job"
	"reconcile/internal/progress"
)

func restoreCommand(p program) commandline.Command {
	return p.jobCommand(commandline.Command{
		Name:     "restore",
		Usage:    "ask Glacier to restore what is missing from the archives",
		Synopsis: "reconcile restore --source BUCKET --protected BUCKET [--public BUCKET] [--prefix PREFIX] [--days N] [--tier TIER] [--yes]",
		About: "Lists the source and the archive buckets, and asks S3 for a readable copy of every archived object that is " +
			"missing from its archive bucket. What is there already is not restored, what is restored is not paid again " +
			"(but kept longer where it would lapse too soon), and what is being restored is left alone. The cost is printed " +
			"before anything is asked for, and has to be agreed to. Nothing is copied: run does that once the copies are there, " +
			"and recover does both.",
		Meanings: map[int]string{
			exit.OK:        "all that was missing has been asked for, is under way, or is restored",
			exit.Usage:     "usage or configuration is wrong, or the cost was not agreed to; nothing was asked for",
			exit.Unsettled: "completed, but requests failed, the budget was spent, or objects differ or are without an archive bucket; or ended because of the deadline",
		},
		Example: "reconcile restore --source my-glacier --protected my-protected --public my-public \\\n" +
			"    --prefix MOD09GQ/ --tier Bulk --days 7 --max-cost 500 --yes --report restore.json",
	}, p.asking((*job.Job).Restore))
}

// asking is the work of a command that asks for restores, once their cost has been
// agreed to: by --yes, or by whoever sits at the terminal. Where there is neither,
// nothing is sent at all.
func (p program) asking(do func(*job.Job, context.Context, job.Agree) job.Result) work {
	return func(j *job.Job, ctx context.Context) job.Result {
		if !j.Yes && !j.Show && !progress.IsTerminal(p.In) {
			return job.Result{
				State: job.Invalid, Err: errors.New("nobody can be asked whether the cost is agreed to: stdin is no terminal"),
				Hint: "give --yes; reconcile " + j.Command + " prints the cost before it asks",
			}
		}
		return do(j, ctx, func(ctx context.Context) error {
			yes, err := p.Confirm(ctx)
			if err == nil && !yes {
				return job.ErrDeclined
			}
			return err
		})
	}
}
