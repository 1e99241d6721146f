package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"reconcile/internal/batch"
	"reconcile/internal/config"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/restore"
)

// Agree is asked before anything is asked for that costs money. Its error ends
// the job.
type Agree func(ctx context.Context) error

// Restore is the job of restore: what is missing from the archives is asked for.
func (j *Job) Restore(ctx context.Context, agree Agree) Result {
	if j.Show {
		return j.stand(ctx)
	}
	return j.asking(ctx, agree, (*pipeline.Job).RestoreMissing)
}

// Recover is the job of recover: what is missing is asked for, waited for and
// copied.
func (j *Job) Recover(ctx context.Context, agree Agree) Result {
	return j.asking(ctx, agree, (*pipeline.Job).Recover)
}

// stand is the job of restore --status: it shows where everything is.
func (j *Job) stand(ctx context.Context) Result {
	return j.Do(ctx, func(ctx context.Context, r *Running) (pipeline.Result, error) {
		p, err := r.Pipeline(ctx)
		if err != nil {
			return pipeline.Result{StartedAt: r.About.StartedAt}, err
		}
		p.Restore = r.restores()
		p.Confirm = func(_ context.Context, s restore.Survey) error { return standing(r.Stdout, s, time.Now()) }
		return p.Stand(ctx)
	})
}

// planRestores is the job of a plan of restore or recover: what it would ask for,
// and what that costs. Nothing is asked for.
func (j *Job) planRestores(ctx context.Context) Result {
	return j.Do(ctx, func(ctx context.Context, r *Running) (pipeline.Result, error) {
		p, c, err := r.forRestores(ctx)
		if err != nil {
			return pipeline.Result{StartedAt: r.About.StartedAt}, err
		}
		if c.copies {
			p.Recovering()
		}
		p.Confirm = func(_ context.Context, s restore.Survey) error {
			c.choose(s)
			r.Plan = c.plan(s)
			return r.reckoned(s, c)
		}
		return p.Stand(ctx)
	})
}

func (j *Job) asking(ctx context.Context, agree Agree, do func(*pipeline.Job, context.Context) (pipeline.Result, error)) Result {
	return j.Do(ctx, func(ctx context.Context, r *Running) (pipeline.Result, error) {
		p, c, err := r.forRestores(ctx)
		if err != nil {
			return pipeline.Result{StartedAt: r.About.StartedAt}, err
		}
		p.Waiting = pipeline.Waiting{Poll: r.Poll, GiveUp: r.GiveUp, MaxOut: r.MaxOut, Report: r.ReportEvery}
		if r.Events != "" {
			queue, err := r.Store.Queue(r.Events)
			if err != nil {
				return pipeline.Result{StartedAt: r.About.StartedAt}, &config.Error{Err: fmt.Errorf("--events: %w", err)}
			}
			p.Waiting.Queue = queue
		}
		var jobs *batch.Restores // nil: none ask
		p.SoFar = func(ctx context.Context, rep *report.Report, result pipeline.Result) {
			r.tellJobs(jobs)
			r.reportSoFar(ctx, rep, c.actual(result))
		}
		p.Waiting.ForJob = r.Batch.Wait
		p.Confirm = func(ctx context.Context, s restore.Survey) error {
			c.choose(s)
			p.Waiting.ByJob = c.batch || r.Via == config.ViaBatch
			p.Restore.Budget.Job = c.fee()
			if r.Via != config.ViaDirect && config.CanBatch(r.Batch) {
				jobs = r.restoreJobs() // one of an earlier run may go on
				p.Waiting.Jobs = jobs
			}
			r.Plan = c.plan(s)
			return r.agreed(ctx, s, c, agree)
		}
		result, err := do(p, ctx)
		result.Notes = append(result.Notes, r.tellJobs(jobs)...)
		if r.Plan != nil {
			r.Plan.Actual = c.actual(result)
		}
		return result, err
	})
}

// tellJobs has the report tell of jobs, and says the same in words; nil: there are
// none.
func (r *Running) tellJobs(jobs *batch.Restores) (notes []string) {
	if jobs == nil {
		return nil
	}
	all := jobs.States()
	r.About.BatchJobs = batchJobs(batch.Operation{Restore: &batch.Restore{}}.Name(), all)
	for i := range all {
		notes = append(notes, all[i].String())
	}
	return notes
}

// restoreJobs are the jobs that ask for restores.
func (r *Running) restoreJobs() *batch.Restores {
	of := batch.RestoresOf{Run: r.ID, Source: r.Scan.Bucket, Days: r.restores().Days, Tier: r.restores().Tier, TempDir: r.tempDir}
	return batch.NewRestores(r.again, r.Batch, of, func(j batch.Job) {
		r.Log.Info("job created", "job_id", j.ID, "bucket", j.Bucket, "objects", j.Objects, "bytes", j.Bytes)
	})
}

// forRestores puts together what looks for what is to be restored, and what
// reckons its cost.
func (r *Running) forRestores(ctx context.Context) (*pipeline.Job, *costing, error) {
	p, err := r.Pipeline(ctx)
	if err != nil {
		return nil, nil, err
	}
	c, err := r.newCosting(ctx)
	if err != nil {
		return nil, nil, err
	}
	if c.command == "restore" && slices.Contains(r.Rows, reconcile.Differs) { // it is restored, and nothing is written
		p.Scan.Policy.Overwrite, p.Copy.Policy.Overwrite = true, true
	}
	p.Restore = r.restores()
	p.Restore.Budget.Price, p.Restore.Budget.Longer = c.price, c.extension
	return p, c, nil
}

// agreed says what is going to be asked for, and asks whether that is agreed
// to. What costs nothing needs no agreement.
func (r *Running) agreed(ctx context.Context, s restore.Survey, c *costing, agree Agree) error {
	if err := r.reckoned(s, c); err != nil {
		return err
	}
	paid := s.Sum(restore.Cold, restore.TooShort).Objects > 0 || r.Settings.Restore.Upgrade && s.Sum(restore.Restoring).Objects > 0
	if !paid || r.Yes {
		return nil
	}
	return agree(ctx)
}

// reckoned says what is missing and what it costs to bring it back. Whoever is
// asked to agree is told also when nothing else is to be said.
func (r *Running) reckoned(s restore.Survey, c *costing) error {
	r.About.Notes = append(r.About.Notes, c.over(s)...)
	switch {
	case r.Quiet && (r.Yes || r.Command == "plan"):
		return nil
	case r.LogFormat == "json":
		r.Log.Info("planned", "plan", r.Plan)
		return nil
	}
	return c.text(r.Stderr, s, r.Plan)
}

// ErrDeclined ends a job whose cost was not agreed to.
var ErrDeclined error = &config.Error{Err: errors.New("not agreed to: nothing was asked for")}
