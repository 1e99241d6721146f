package job

import (
	"context"
	"log/slog"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/pipeline"
	"reconcile/internal/progress"
	"reconcile/internal/reconcile"
	"reconcile/internal/scan"
	"reconcile/internal/selection"
)

// Reconcile is the job of run and plan: every object of the source is looked at.
func (j *Job) Reconcile(ctx context.Context) Result {
	switch j.PlanOf {
	case "restore", "recover":
		return j.planRestores(ctx)
	case "audit":
		return j.planAudit(ctx)
	}
	return j.Do(ctx, func(ctx context.Context, r *Running) (pipeline.Result, error) {
		p, err := r.Pipeline(ctx)
		if err != nil {
			return pipeline.Result{StartedAt: r.About.StartedAt}, err
		}
		return r.withManifest(ctx, p)
	})
}

// Named is the job of an event: it looks at the objects that are named, and
// returns an outcome for each, in their order; none where they were not reached.
func (j *Job) Named(ctx context.Context, objects []pipeline.Named) (found []reconcile.Outcome, result Result) {
	result = j.Do(ctx, func(ctx context.Context, r *Running) (done pipeline.Result, err error) {
		p, err := r.Pipeline(ctx)
		if err != nil {
			return pipeline.Result{StartedAt: r.About.StartedAt}, err
		}
		found, done, err = p.RunNamed(ctx, objects)
		return done, err
	})
	return found, result
}

// Pipeline puts the parts of a run together, once the lists that it depends on
// are there: excluded keys, inventories, the division into shards.
func (r *Running) Pipeline(ctx context.Context) (*pipeline.Job, error) {
	r.Log.LogAttrs(ctx, slog.LevelInfo, r.Command+" started", r.startedAttrs()...)
	excluded, err := r.excludedKeys(ctx)
	if err != nil {
		return nil, err
	}
	if r.region, err = r.Store.Region(ctx, r.Scan.Bucket); err != nil {
		r.region = "" // it is not known what requests cost; the listing says what is wrong
	}
	names, err := r.selected(ctx)
	if err != nil {
		return nil, err
	}
	all, err := r.loadInventories(ctx)
	if err != nil {
		return nil, err
	}
	p := &pipeline.Job{Command: r.Command, Store: r.Store, Report: r.Report, Log: r.Log, Scan: r.scanOptions(), Copy: r.copyOptions(), Reported: len(r.Reports) > 0}
	if files := openFiles(); fitFiles(files, &p.Scan, &p.Copy) {
		r.Log.Info("requests at a time are limited by the files that the process may have open", "files", files, "at_most", p.Copy.Ceiling)
	}
	if !r.Quiet {
		p.Meter = r.meter(ctx, names)
	}
	p.Excluded, p.Scan.Inventories = excluded, all.listers()
	if p.Selected = names; names != nil {
		p.Granules = r.rollup()
	}
	p.Scan.Range, err = r.divide(ctx, p.Scan)
	return p, err
}

// meter shows how far the job is: on the terminal, where there is one, and
// otherwise in the log.
func (r *Running) meter(ctx context.Context, names *selection.Selection) *progress.Meter {
	o := progress.Options{Command: r.Command, Terminal: r.Terminal, Every: r.ProgressEvery, Log: r.Log, Now: time.Now}
	o.Expected, o.ExpectedBy = r.expected(ctx, names)
	return progress.New(o)
}

func (r *Running) startedAttrs() (attrs []slog.Attr) {
	if r.Scan.Bucket != "" { // else an event names it
		attrs = append(attrs, slog.String("source", "s3://"+r.Scan.Bucket+"/"+r.Scan.Prefix))
	}
	return append(attrs, slog.Any("targets", r.targets()), slog.String("version", r.Version))
}

func (r *Running) scanOptions() scan.Options {
	o := r.Scan
	o.Policy, o.Amazon = r.Policy, r.Store.Amazon(o.Bucket)
	o.Now, o.TempDir = time.Now, r.tempDir
	o.ListCost = r.table.HeadsPerList(r.region)
	return o
}

func (r *Running) copyOptions() copier.Options {
	o := r.Copy
	o.Policy, o.Retry, o.MaxRestarts = r.Policy, r.again.Retrier, r.Retry.Attempts
	o.Plan, o.Grace = r.Command == "plan", grace(r.Deadline)
	o.Run, o.Journal, o.Learned, o.Trusted = r.ID, r.Journal, r.Learned, r.Store.Amazon
	o.Now, o.Log, o.TempDir = time.Now, r.Log, r.tempDir
	return o
}
