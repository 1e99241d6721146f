package job

import (
	"context"
	"fmt"
	"strings"

	"reconcile/internal/config"
	"reconcile/internal/manifest"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
)

// Reconcile is the job of run and plan: every object of the source is looked at.
func (j *Job) Reconcile(ctx context.Context) Result {
	switch j.PlanOf {
	case "restore", "recover":
		return j.planRestores(ctx)
	case "audit":
		return j.planAudit(ctx)
	}
	return j.withPipeline(ctx, func(ctx context.Context, r *Running, p *pipeline.Job) (pipeline.Result, error) {
		return r.withManifest(ctx, p)
	})
}

// Named is the job of an event: it looks at the objects that are named, and
// returns an outcome for each, in their order; none where they were not reached.
func (j *Job) Named(ctx context.Context, objects []pipeline.Named) (found []reconcile.Outcome, result Result) {
	result = j.withPipeline(ctx, func(ctx context.Context, r *Running, p *pipeline.Job) (done pipeline.Result, err error) {
		found, done, err = p.RunNamed(ctx, objects)
		return done, err
	})
	return found, result
}

// withManifest carries the job out and, where that is asked for, writes down
// what is to be copied. A plan that is not complete would leave objects to
// nobody: it gets no manifest.
func (r *Running) withManifest(ctx context.Context, p *pipeline.Job) (pipeline.Result, error) {
	if r.Manifest == "" {
		return p.Run(ctx)
	}
	to, err := r.files().make("manifest", strings.ReplaceAll(r.Manifest, config.RunPlaceholder, r.ID))
	if err != nil {
		return pipeline.Result{}, err
	}
	w := manifest.New(manifest.Options{
		TempDir: r.tempDir,
		Run:     r.ID, Program: r.Version, Source: r.Scan.Bucket, Prefix: r.Scan.Prefix, Targets: r.Scan.Router.Buckets(), Overwrite: r.Policy.Overwrite,
	})
	defer w.Close()
	p.Also = w.Add
	result, err := p.Run(ctx)
	if err != nil {
		return result, fmt.Errorf("%w; without a complete plan no manifest is written", err)
	}
	index, err := w.Write(ctx, to)
	if err != nil {
		return result, err
	}
	r.Log.Info("manifest written", "plan", to.URL(manifest.IndexName), "objects", index.Objects, "bytes", index.Bytes)
	return result, nil
}
