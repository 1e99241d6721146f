package job

import (
	"context"

	"reconcile/internal/pipeline"
)

// Audit is the job of audit: every object of both sides is compared, and nothing
// is written.
func (j *Job) Audit(ctx context.Context) Result {
	return j.Do(ctx, func(ctx context.Context, r *Running) (pipeline.Result, error) {
		p, err := r.Pipeline(ctx)
		if err != nil {
			return pipeline.Result{StartedAt: r.About.StartedAt}, err
		}
		p.Audit, p.Risks = r.Settings.Audit, pipeline.Risks{Within: r.WarnExpiry, All: r.Settings.Risks}
		p.Audit.Class = func(bucket string) string { return r.Settings.Store.Buckets[bucket].StorageClass }
		return p.RunAudit(ctx)
	})
}
