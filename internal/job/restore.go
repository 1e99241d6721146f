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
	return j.ask(ctx, agree, (*pipeline.Job).RestoreMissing)
}

// Recover is the job of recover: what is missing is asked for, waited for and
// copied.
func (j *Job) Recover(ctx context.Context, agree Agree) Result {
	return j.ask(ctx, agree, (*pipeline.Job).Recover)
}

// stand is the job of restore --status: it shows where everything is.
func (j *Job) stand(ctx context.Context) Result {
	return j.withPipeline(ctx, func(ctx context.Context, r *Running, p *pipeline.Job) (pipeline.Result, error) {
		p.Restore = r.restores()
		p.Confirm = func(_ context.Context, s restore.Survey) error { return standing(r.Stdout, s, time.Now()) }
		return p.Stand(ctx)
	})
}

// planRestores is the job of a plan of restore or recover: what it would ask for,
// and what that costs. Nothing is asked for.
func (j *Job) planRestores(ctx context.Context) Result {
	return j.withPipeline(ctx, func(ctx context.Context, r *Running, p *pipeline.Job) (pipeline.Result, error) {
		a, err := r.newAsking(ctx, p)
		if err != nil {
			return pipeline.Result{}, err
		}
		if a.costing.copies {
			p.Recovering()
		}
		p.Confirm = func(_ context.Context, s restore.Survey) error { return a.reckon(s) }
		return p.Stand(ctx)
	})
}

func (j *Job) ask(ctx context.Context, agree Agree, do func(*pipeline.Job, context.Context) (pipeline.Result, error)) Result {
	return j.withPipeline(ctx, func(ctx context.Context, r *Running, p *pipeline.Job) (pipeline.Result, error) {
		a, err := r.newAsking(ctx, p)
		if err == nil {
			err = a.wait()
		}
		if err != nil {
			return pipeline.Result{}, err
		}
		p.SoFar = a.reportSoFar
		p.Confirm = func(ctx context.Context, s restore.Survey) error { return a.confirm(ctx, s, agree) }
		result, err := do(p, ctx)
		result.Notes = append(result.Notes, a.tellJobs()...)
		if r.Plan != nil {
			r.Plan.Actual = a.costing.actual(result)
		}
		return result, err
	})
}

// asking looks for what is to be restored, reckons its cost, and asks for it.
type asking struct {
	*Running
	p       *pipeline.Job
	costing *costing
	jobs    *batch.Restores // nil: none ask
}

func (r *Running) newAsking(ctx context.Context, p *pipeline.Job) (*asking, error) {
	c, err := r.newCosting(ctx)
	if err != nil {
		return nil, err
	}
	if c.command == "restore" && slices.Contains(r.Rows, reconcile.Differs) { // it is restored, and nothing is written
		p.Scan.Policy.Overwrite, p.Copy.Policy.Overwrite = true, true
	}
	p.Restore = r.restores()
	p.Restore.Budget.Price = func(o reconcile.Object) float64 { return c.unit.of(o) } // once they are known
	p.Restore.Budget.Longer = func(o reconcile.Object) float64 { return c.longer.of(o) }
	return &asking{Running: r, p: p, costing: c}, nil
}

// wait says how what has been asked for is waited for.
func (a *asking) wait() error {
	a.p.Waiting = pipeline.Waiting{Poll: a.Poll, GiveUp: a.GiveUp, MaxOut: a.MaxOut, Report: a.ReportEvery, ForJob: a.Batch.Wait}
	if a.Events == "" {
		return nil
	}
	queue, err := a.Store.Queue(a.Events)
	if err != nil {
		return &config.Error{Err: fmt.Errorf("--events: %w", err)}
	}
	a.p.Waiting.Queue = queue
	return nil
}

// confirm says what is going to be asked for, and asks whether that is agreed
// to. What costs nothing needs no agreement.
func (a *asking) confirm(ctx context.Context, s restore.Survey, agree Agree) error {
	err := a.reckon(s)
	a.p.Waiting.ByJob = a.costing.batch || a.Via == config.ViaBatch
	a.p.Restore.Budget.Job = a.costing.fee()
	if a.Via != config.ViaDirect && config.CanBatch(a.Batch) {
		a.jobs = a.newJobs() // one of an earlier run may go on
		a.p.Waiting.Jobs = a.jobs
	}
	paid := s.Sum(restore.Cold, restore.TooShort).Objects > 0 || a.Settings.Restore.Upgrade && s.Sum(restore.Restoring).Objects > 0
	if err != nil || !paid || a.Yes {
		return err
	}
	return agree(ctx)
}

// reckon says what is missing and what it costs to bring it back. Whoever is
// asked to agree is told also when nothing else is to be said.
func (a *asking) reckon(s restore.Survey) error {
	a.costing.choose(s)
	a.Plan = a.costing.plan(s)
	a.About.Notes = append(a.About.Notes, a.costing.over(s)...)
	switch {
	case a.Quiet && (a.Yes || a.Command == "plan"):
		return nil
	case a.LogFormat == "json":
		a.Log.Info("planned", "plan", a.Plan)
		return nil
	}
	return a.costing.text(a.Stderr, s, a.Plan)
}

// newJobs are the jobs that ask for restores.
func (a *asking) newJobs() *batch.Restores {
	of := batch.RestoresOf{Run: a.ID, Source: a.Scan.Bucket, Days: a.restores().Days, Tier: a.restores().Tier, TempDir: a.tempDir}
	return batch.NewRestores(a.again, a.Batch, of, func(j batch.Job) {
		a.Log.Info("job created", "job_id", j.ID, "bucket", j.Bucket, "objects", j.Objects, "bytes", j.Bytes)
	})
}

// tellJobs has the report tell of the jobs, and says the same in words.
func (a *asking) tellJobs() (notes []string) {
	if a.jobs == nil {
		return nil
	}
	all := a.jobs.States()
	a.About.BatchJobs = batchJobs(batch.Operation{Restore: &batch.Restore{}}.Name(), all)
	for i := range all {
		notes = append(notes, all[i].String())
	}
	return notes
}

// errGoesOn is why a report of how far a job is says that it is not complete.
var errGoesOn = errors.New("the run goes on, and replaces this report")

// reportSoFar writes a report of how far the job is to where its last one goes,
// which replaces it. What cannot be delivered is a warning: the last report is
// the one that counts. Standard output has room for that alone.
func (a *asking) reportSoFar(ctx context.Context, rep *report.Report, result pipeline.Result) {
	a.tellJobs()
	about := a.About
	about.Error = errGoesOn.Error()
	actual, restores := a.costing.actual(result), 0.0
	if actual != nil && actual.Cost != nil {
		restores = *actual.Cost
	}
	about.Cost = a.bill.spent(a.Command, restores)
	plan := a.Plan
	if plan != nil {
		sofar := *plan
		sofar.Actual, plan = actual, &sofar
	}
	to := slices.DeleteFunc(slices.Clone(a.Reports), report.Destination.IsStdout)
	sinks := a.sinks()
	sinks.Passing = true
	if err := rep.Write(ctx, about, a.requests(), plan, to, sinks); err != nil {
		a.Log.Warn("a report of how far the run is was not delivered", "err", err)
		return
	}
	a.Log.Info("report of how far the run is", "reports", len(to))
}

// ErrDeclined ends a job whose cost was not agreed to.
var ErrDeclined error = &config.Error{Err: errors.New("not agreed to: nothing was asked for")}
