package job

import (
	"context"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/pipeline"
	"reconcile/internal/progress"
	"reconcile/internal/scan"
	"reconcile/internal/selection"
)

// withPipeline does work that begins with a Pipeline.
func (j *Job) withPipeline(ctx context.Context, work func(context.Context, *Running, *pipeline.Job) (pipeline.Result, error)) Result {
	return j.Do(ctx, func(ctx context.Context, r *Running) (pipeline.Result, error) {
		p, err := r.Pipeline(ctx)
		if err != nil {
			return pipeline.Result{}, err
		}
		return work(ctx, r, p)
	})
}

// Pipeline puts the parts of a run together, once the lists that it depends on
// are there: excluded keys, inventories, the division into shards.
func (r *Running) Pipeline(ctx context.Context) (*pipeline.Job, error) {
	var source []any
	if r.Scan.Bucket != "" { // else an event names it
		source = []any{"source", "s3://" + r.Scan.Bucket + "/" + r.Scan.Prefix}
	}
	r.Log.Info(r.Command+" started", append(source, "targets", r.Scan.Router.Buckets(), "version", r.Version)...)
	names, err := r.selected(ctx) // first: a request may name the source
	if err != nil {
		return nil, err
	}
	excluded, err := excludedKeys(ctx, r.files(), r.ExcludeKeys, r.Scan.Bucket, r.Log)
	if err != nil {
		return nil, err
	}
	if r.bill.region, err = r.Store.Region(ctx, r.Scan.Bucket); err != nil {
		r.bill.region = "" // it is not known what requests cost; the listing says what is wrong
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
	p.Excluded, p.Scan.Inventories = excluded, all
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
	if names != nil {
		o.Expected, o.ExpectedBy = names.Objects(), "as named"
	} else {
		e := expectation{r.Scan.Bucket, r.Scan.Prefix, r.Shard.Count, r.files(), r.Terminal != nil}
		o.Expected, o.ExpectedBy = e.objects(ctx, r.About.Inventories, r.Reports)
	}
	return progress.New(o)
}

func (r *Running) scanOptions() scan.Options {
	o := r.Scan
	o.Policy, o.Amazon = r.Policy, r.Store.Amazon(o.Bucket)
	o.Now, o.TempDir = time.Now, r.tempDir
	o.ListCost = r.bill.table.HeadsPerList(r.bill.region)
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
