package main

import (
	"context"
	"errors"
	"fmt"

	"reconcile/internal/commandline"
	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/job"
	"reconcile/internal/report"
)

// joining is what the flags of merge say.
type joining struct {
	plans   []string
	results []string
}

func (j *joining) parameters() []*config.Parameter {
	plan := config.OwnList("plan", "PATH|s3://BUCKET/KEY", "The plan.json of what was to be done; repeatable. What it has and nobody reports is missing.", &j.plans)
	results := config.OwnList("results", "PATH|s3://BUCKET/PREFIX", "A file, a folder or a prefix with what workers have reported; repeatable. "+
		"What a file is, is told by its content.", &j.results)
	plan.Files, results.Files = true, true
	table := config.TableOnly(append(config.Connection, "report", "report-rows", "sign-key")...)
	return append([]*config.Parameter{plan, results}, config.WithDefault(table, "report-rows", string(report.RowsAll))...)
}

func mergeCommand(p program) commandline.Command {
	var in joining
	return p.ownCommand(commandline.Command{
		Name:     "merge",
		Usage:    "join workers' reports into one",
		Synopsis: "reconcile merge [--plan PATH]... --results PATH... [--report PATH]...",
		About: "Reads reports of this program (JSON and CSV), completion reports of S3 Batch Operations and the results of a " +
			"Distributed Map, and writes one report with one row an object. Where several say something of one object, the " +
			"best truth wins: what is in its archive bucket is there, whoever else failed. With a plan every object of it has " +
			"a row, and one that nobody reports is missing. Without one, the reports of all shards must be there.",
		Codes: exit.AllBut(exit.Locked),
		Meanings: map[int]string{
			exit.OK:         "joined, and no object is missing, failed, differs or is without an archive bucket",
			exit.Incomplete: "the results are not whole: a file could not be read, a run was not complete, or a report could not be delivered",
			exit.Unsettled:  "joined, but objects are missing, failed, differ, are without an archive bucket, or were not reached by their worker",
		},
		AfterSignal: "no report was written",
		Example: "reconcile merge --plan s3://my-plans/backfill/plan.json --results s3://my-plans/backfill/results \\\n" +
			"    --report merged.json",
	}, in.parameters(), func(s config.Settings, _ []string) (work, error) {
		return func(j *job.Job, ctx context.Context) job.Result { return j.Merge(ctx, in.plans, in.results) }, in.check(s)
	})
}

// check finds what is wrong with the flags before anything is read.
func (j *joining) check(s config.Settings) error {
	if len(j.results) == 0 {
		return exit.Wrong(errors.New("no results"), "give --results PATH, or --results s3://BUCKET/PREFIX")
	}
	for flag, addresses := range map[string][]string{"plan": j.plans, "results": j.results} {
		for _, a := range addresses {
			if err := config.CheckInput(a, flag == "plan"); err != nil {
				return exit.Wrong(fmt.Errorf("flag --%s: %w", flag, err), "")
			}
			if dest, yes := s.ReplacedBy(a); yes {
				return exit.Wrong(fmt.Errorf("flag --report: %s is what is read", dest), "")
			}
		}
	}
	return nil
}
