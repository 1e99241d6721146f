package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/storage"
)

// joining is what the flags of merge say.
type joining struct {
	plans   []string
	results []string
}

// mergeSettings are the settings of the table that merge takes.
var mergeSettings = append([]string{"report", "report-rows"}, config.Connection...)

func (j *joining) parameters() []config.Parameter {
	plan := config.OwnList("plan", "PATH|s3://BUCKET/KEY", "The plan.json of what was to be done; repeatable. What it has and nobody reports is missing.", &j.plans)
	results := config.OwnList("results", "PATH|s3://BUCKET/PREFIX", "A file, a folder or a prefix with what workers have reported; repeatable. "+
		"What a file is, is told by its content.", &j.results)
	plan.Files, results.Files = true, true
	all := append([]config.Parameter{plan, results}, config.TableOnly(mergeSettings...)...)
	for i := range all {
		if all[i].Name == "report-rows" {
			all[i].Default = string(report.RowsAll)
		}
	}
	return all
}

func mergeCommand(p program) *cli.Command {
	var in joining
	flags := config.NewFlags(in.parameters())
	page := helpPage{
		name:     "merge",
		usage:    "join workers' reports into one",
		synopsis: "reconcile merge [--plan PATH]... --results PATH... [--report PATH]...",
		about: "Reads reports of this program (JSON and CSV), completion reports of S3 Batch Operations and the results of a " +
			"Distributed Map, and writes one report with one row an object. Where several say something of one object, the " +
			"best truth wins: what is in its archive bucket is there, whoever else failed. With a plan every object of it has " +
			"a row, and one that nobody reports is missing. Without one, the reports of all shards must be there.",
		flags: flags,
		codes: []int{exit.OK, exit.Incomplete, exit.Usage, exit.Unsettled, exit.HungUp, exit.Interrupted, exit.Terminated},
		meanings: map[int]string{
			exit.OK:          "joined, and no object is missing, failed, differs or is without an archive bucket",
			exit.Incomplete:  "the results are not whole: a file could not be read, a run was not complete, or a report could not be delivered",
			exit.Unsettled:   "joined, but objects are missing, failed, differ, are without an archive bucket, or were not reached by their worker",
			exit.HungUp:      "the terminal was closed (SIGHUP); no report was written",
			exit.Interrupted: "interrupted (SIGINT); no report was written",
			exit.Terminated:  "terminated (SIGTERM); no report was written",
		},
		example: "reconcile merge --plan s3://my-plans/backfill/plan.json --results s3://my-plans/backfill/results \\\n" +
			"    --report merged.json",
	}
	return p.command(page, func(c *cli.Context) error {
		s, err := p.loader().LoadOwn(page.name, flags)
		if err == nil {
			err = in.check(s)
		}
		if err != nil {
			return usage(err)
		}
		return perform(c.Context, p.streams, s, func(j *job.Job, ctx context.Context) job.Result {
			return j.Merge(ctx, in.plans, in.results)
		})
	})
}

// check finds what is wrong with the flags before anything is read.
func (j *joining) check(s config.Settings) error {
	if len(j.results) == 0 {
		return exit.Wrong(errors.New("no results"), "give --results PATH, or --results s3://BUCKET/PREFIX")
	}
	for flag, addresses := range map[string][]string{"plan": j.plans, "results": j.results} {
		for _, a := range addresses {
			if err := checkInput(a, flag == "plan"); err != nil {
				return exit.Wrong(fmt.Errorf("flag --%s: %w", flag, err), "")
			}
			for _, dest := range s.Reports {
				if config.SameFile(a, dest) {
					return exit.Wrong(fmt.Errorf("flag --report: %s is what is read", dest), "")
				}
			}
		}
	}
	return nil
}

// checkInput wants a local path that is there, or an address in S3.
func checkInput(address string, file bool) error {
	switch {
	case reconcile.InS3(address) && file:
		_, _, err := config.ParseObjectURL(address)
		return err
	case reconcile.InS3(address):
		at, err := storage.ParseURL(address)
		if err == nil {
			_, err = config.ParseBucket(at.Bucket)
		}
		return err
	case file:
		return config.Readable(address)
	}
	_, err := os.Stat(address)
	return err
}
