package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/manifest"
	"reconcile/internal/storage"
)

// submission is what the flags of submit say.
type submission struct {
	plan     string
	results  string
	account  string
	function string
	role     string
	priority string
	classes  []string
	start    bool
	dryRun   bool
}

func (s *submission) parameters() []config.Parameter {
	account := config.OwnText("account", "ID", "Account that the job belongs to, twelve digits.", &s.account)
	priority := config.OwnText("priority", "N", "Priority of the jobs among the account's; higher goes first.", &s.priority)
	priority.Default = "10"
	return append([]config.Parameter{
		config.OwnText("plan", "s3://BUCKET/KEY", "The plan.json that plan --manifest has written.", &s.plan),
		account,
		config.OwnText("function", "ARN", "Lambda function that copies one object: this program's.", &s.function),
		config.OwnText("role", "ARN", "Role that the jobs act as; S3 Batch Operations must be allowed to assume it.", &s.role),
		config.OwnText("results", "s3://BUCKET/PREFIX", "Where the jobs' completion reports go, for merge.", &s.results),
		config.OwnList("class", "NAME", "Size class to submit; repeatable. Otherwise every one that S3 Batch Operations may have.", &s.classes),
		priority,
		config.OwnSwitch("start", "Let the jobs begin at once. Otherwise each waits until somebody confirms it.", &s.start),
		config.OwnSwitch("dry-run", "Print the requests as JSON, for aws s3control create-job, and send none.", &s.dryRun),
	}, config.TableOnly(config.Connection...)...)
}

func submitCommand(p program) *cli.Command {
	var in submission
	flags := config.NewFlags(in.parameters())
	page := helpPage{
		name:     "submit",
		usage:    "hand a plan's manifest to S3 Batch Operations",
		synopsis: "reconcile submit --plan s3://BUCKET/KEY --account ID --function ARN --role ARN --results s3://BUCKET/PREFIX",
		about: "Creates one job of S3 Batch Operations for each size class of the plan: it calls the Lambda function for " +
			"every object. On stdout there is a line of JSON for each job, with its class and its job_id. Submitting a plan again " +
			"creates no second job: S3 answers with the first one's id. Objects of the class huge take longer than a " +
			"Lambda function may last, and are left to run.",
		flags: flags,
		codes: []int{exitOK, exitIncomplete, exitUsage, exitHungUp, exitInterrupted, exitTerminated},
		meanings: map[int]string{
			exitOK:          "every job has been created, or had been before",
			exitIncomplete:  "the plan could not be read, or a job was refused; those that stdout names have been created",
			exitHungUp:      "the terminal was closed (SIGHUP); stdout has the jobs that were created",
			exitInterrupted: "interrupted (SIGINT); stdout has the jobs that were created",
			exitTerminated:  "terminated (SIGTERM); stdout has the jobs that were created",
		},
		example: "reconcile submit --plan s3://my-plans/backfill/plan.json --account 123456789012 \\\n" +
			"    --function arn:aws:lambda:us-east-1:123456789012:function:reconcile \\\n" +
			"    --role arn:aws:iam::123456789012:role/reconcile-batch --results s3://my-plans/backfill/results",
	}
	return &cli.Command{
		Name: page.name, Usage: page.usage, Flags: cliFlags(flags), CustomHelpTemplate: commandHelp(page),
		Action: func(c *cli.Context) error {
			s, err := p.loadOwn(page.name, flags)
			if err == nil {
				err = in.check()
			}
			if err != nil {
				return err
			}
			return p.submit(c.Context, s, in)
		},
	}
}

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	// https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
	functionARN = regexp.MustCompile(`^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9$_-]+)?$`)
	roleARN     = regexp.MustCompile(`^arn:[a-z-]+:iam::[0-9]{12}:role/.+$`)
)

// check finds what S3 would refuse before anything is sent.
func (s *submission) check() error {
	for _, f := range []struct {
		flag, value, want string
		is                func(string) bool
	}{
		{"plan", s.plan, "s3://bucket/key of a plan.json: S3 Batch Operations reads no local manifest", isObjectURL},
		{"account", s.account, "twelve digits", accountID.MatchString},
		{"function", s.function, "the ARN of a Lambda function", functionARN.MatchString},
		{"role", s.role, "the ARN of a role", roleARN.MatchString},
		{"results", s.results, "s3://bucket/prefix", isFolderURL},
	} {
		switch {
		case f.value == "":
			return usageError(fmt.Errorf("no --%s", f.flag), "want "+f.want)
		case !f.is(f.value):
			return usageError(fmt.Errorf("flag --%s: %q: want %s", f.flag, f.value, f.want), "")
		}
	}
	if n, err := config.ParseNumber(s.priority); err != nil || n < 0 || n > 1<<31-1 {
		return usageError(fmt.Errorf("flag --priority: %q: want a whole number from 0", s.priority), "")
	}
	return s.checkClasses()
}

func isObjectURL(s string) bool {
	_, _, err := storage.Split(s)
	return err == nil && strings.HasPrefix(s, "s3://")
}

func isFolderURL(s string) bool {
	at, err := storage.ParseURL(s)
	if err == nil {
		_, err = config.ParseBucket(at.Bucket)
	}
	return err == nil
}

// checkClasses wants classes that jobs can be made of.
func (s *submission) checkClasses() error {
	var known []string
	for _, c := range manifest.Classes {
		if c.Batch {
			known = append(known, c.Name)
		}
	}
	for _, c := range s.classes {
		if !slices.Contains(known, c) {
			return usageError(fmt.Errorf("flag --class: %q: S3 Batch Operations may have %s", c, strings.Join(known, ", ")), "")
		}
	}
	if distinct := slices.Compact(slices.Sorted(slices.Values(s.classes))); len(distinct) != len(s.classes) {
		return usageError(errors.New("flag --class: a class is there twice"), "")
	}
	return nil
}
