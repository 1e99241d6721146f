package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"reconcile/internal/commandline"
	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/retry"
	"reconcile/internal/s3store"
	"reconcile/internal/submit"
)

func submitParameters(s *submit.Request) []*config.Parameter {
	account := config.OwnText("account", "ID", "Account that the job belongs to, twelve digits.", &s.Account)
	priority := config.OwnText("priority", "N", "Priority of the jobs among the account's; higher goes first.", &s.Priority)
	priority.Default = "10"
	return config.WithConnection(
		config.OwnText("plan", "s3://BUCKET/KEY", "The plan.json that plan --manifest has written.", &s.Plan),
		account,
		config.OwnText("function", "ARN", "Lambda function that copies one object: this program's.", &s.Function),
		config.OwnText("role", "ARN", "Role that the jobs act as; S3 Batch Operations must be allowed to assume it.", &s.Role),
		config.OwnText("results", "s3://BUCKET/PREFIX", "Where the jobs' completion reports go, for merge.", &s.Results),
		config.OwnList("class", "NAME", "Size class to submit; repeatable. Otherwise every one that S3 Batch Operations may have.", &s.Classes),
		priority,
		config.OwnSwitch("start", "Let the jobs begin at once. Otherwise each waits until somebody confirms it.", &s.Start),
		config.OwnSwitch("dry-run", "Print the requests as JSON, for aws s3control create-job, and send none.", &s.DryRun),
	)
}

func submitCommand(p program) commandline.Command {
	var in submit.Request
	c := commandline.Command{
		Name:     "submit",
		Usage:    "hand a plan's manifest to S3 Batch Operations",
		Synopsis: "reconcile submit --plan s3://BUCKET/KEY --account ID --function ARN --role ARN --results s3://BUCKET/PREFIX",
		About: "Creates one job of S3 Batch Operations for each size class of the plan: it calls the Lambda function for " +
			"every object. On stdout there is a line of JSON for each job, with its class and its job_id. Submitting a plan again " +
			"creates no second job: S3 answers with the first one's id. Objects of the class huge take longer than a " +
			"Lambda function may last, and are left to run.",
		Codes: exit.AllBut(exit.Unsettled, exit.Locked),
		Meanings: map[int]string{
			exit.OK:         "every job has been created, or had been before",
			exit.Incomplete: "the plan could not be read, or a job was refused; those that stdout names have been created",
		},
		AfterSignal: "stdout has the jobs that were created",
		Example: "reconcile submit --plan s3://my-plans/backfill/plan.json --account 123456789012 \\\n" +
			"    --function arn:aws:lambda:us-east-1:123456789012:function:reconcile \\\n" +
			"    --role arn:aws:iam::123456789012:role/reconcile-batch --results s3://my-plans/backfill/results",
	}
	c.Settings = config.NewFlags(submitParameters(&in))
	c.Action = func(ctx *cli.Context) error {
		s, err := p.loader(ctx.App).LoadOwn(c.Name, c.Settings)
		if err == nil {
			err = in.Check()
		}
		if err != nil {
			return err
		}
		return p.submit(ctx.Context, s, in)
	}
	return c
}

// submit submits the plan until a signal stops it.
func (p program) submit(ctx context.Context, s config.Settings, in submit.Request) error {
	ctx, stop := exit.UntilSignal(ctx, p.Err)
	defer stop()
	log := p.Logger(s)
	store, err := open(ctx, s)
	if err != nil {
		return err
	}
	w := submit.Submitter{Request: in, Store: s3store.Repeating{Store: store, Retrier: retry.New(s.Retry)}, Log: log, Out: p.Out}
	err = w.Submit(ctx)
	var interrupted *exit.Signal
	if err != nil && errors.As(context.Cause(ctx), &interrupted) {
		return exit.With(interrupted.Code(), nil, "")
	}
	return err
}
