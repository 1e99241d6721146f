package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/retry"
	"reconcile/internal/s3store"
	"reconcile/internal/submit"
)

func submitParameters(s *submit.Request) []config.Parameter {
	account := config.OwnText("account", "ID", "Account that the job belongs to, twelve digits.", &s.Account)
	priority := config.OwnText("priority", "N", "Priority of the jobs among the account's; higher goes first.", &s.Priority)
	priority.Default = "10"
	return append([]config.Parameter{
		config.OwnText("plan", "s3://BUCKET/KEY", "The plan.json that plan --manifest has written.", &s.Plan),
		account,
		config.OwnText("function", "ARN", "Lambda function that copies one object: this program's.", &s.Function),
		config.OwnText("role", "ARN", "Role that the jobs act as; S3 Batch Operations must be allowed to assume it.", &s.Role),
		config.OwnText("results", "s3://BUCKET/PREFIX", "Where the jobs' completion reports go, for merge.", &s.Results),
		config.OwnList("class", "NAME", "Size class to submit; repeatable. Otherwise every one that S3 Batch Operations may have.", &s.Classes),
		priority,
		config.OwnSwitch("start", "Let the jobs begin at once. Otherwise each waits until somebody confirms it.", &s.Start),
		config.OwnSwitch("dry-run", "Print the requests as JSON, for aws s3control create-job, and send none.", &s.DryRun),
	}, config.TableOnly(config.Connection...)...)
}

func submitCommand(p program) *cli.Command {
	var in submit.Request
	flags := config.NewFlags(submitParameters(&in))
	page := helpPage{
		name:     "submit",
		usage:    "hand a plan's manifest to S3 Batch Operations",
		synopsis: "reconcile submit --plan s3://BUCKET/KEY --account ID --function ARN --role ARN --results s3://BUCKET/PREFIX",
		about: "Creates one job of S3 Batch Operations for each size class of the plan: it calls the Lambda function for " +
			"every object. On stdout there is a line of JSON for each job, with its class and its job_id. Submitting a plan again " +
			"creates no second job: S3 answers with the first one's id. Objects of the class huge take longer than a " +
			"Lambda function may last, and are left to run.",
		flags: flags,
		codes: []int{exit.OK, exit.Incomplete, exit.Usage, exit.HungUp, exit.Interrupted, exit.Terminated},
		meanings: map[int]string{
			exit.OK:          "every job has been created, or had been before",
			exit.Incomplete:  "the plan could not be read, or a job was refused; those that stdout names have been created",
			exit.HungUp:      "the terminal was closed (SIGHUP); stdout has the jobs that were created",
			exit.Interrupted: "interrupted (SIGINT); stdout has the jobs that were created",
			exit.Terminated:  "terminated (SIGTERM); stdout has the jobs that were created",
		},
		example: "reconcile submit --plan s3://my-plans/backfill/plan.json --account 123456789012 \\\n" +
			"    --function arn:aws:lambda:us-east-1:123456789012:function:reconcile \\\n" +
			"    --role arn:aws:iam::123456789012:role/reconcile-batch --results s3://my-plans/backfill/results",
	}
	return p.command(page, func(c *cli.Context) error {
		s, err := p.loader().LoadOwn(page.name, flags)
		if err == nil {
			err = in.Check()
		}
		if err != nil {
			return usage(err)
		}
		return p.submit(c.Context, s, in)
	})
}

// submit submits the plan until a signal stops it.
func (p program) submit(ctx context.Context, s config.Settings, in submit.Request) error {
	ctx, stop := exit.UntilSignal(ctx, p.streams.err)
	defer stop()
	log := newLogger(p.streams.err, s)
	store, err := s3store.Open(ctx, s.Store)
	if err != nil {
		return exit.Wrong(err, "")
	}
	w := submit.Submitter{
		Request: in, Store: store, Log: log, Out: p.streams.out,
		Retry: retry.New(s.Retry),
	}
	err = w.Submit(ctx)
	var interrupted *exit.Signal
	if err != nil && errors.As(context.Cause(ctx), &interrupted) {
		return exit.With(interrupted.Code(), nil, "")
	}
	return err
}
