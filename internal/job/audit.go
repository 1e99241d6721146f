package job

import (
	"context"

	"reconcile/internal/audit"
	"reconcile/internal/catalog"
	"reconcile/internal/pipeline"
)

// Audit is the job of audit: every object of both sides is compared, and nothing
// is written.
func (j *Job) Audit(ctx context.Context) Result {
	return j.Do(ctx, func(ctx context.Context, r *Running) (pipeline.Result, error) {
		listed, err := r.catalog(ctx)
		if err != nil {
			return pipeline.Result{StartedAt: r.About.StartedAt}, err
		}
		c, err := r.newChecksums(ctx)
		if err != nil {
			return pipeline.Result{StartedAt: r.About.StartedAt}, err
		}
		return c.audit(ctx, func(f *pipeline.Fixity) (pipeline.Result, error) { return r.auditOnce(ctx, listed, f) })
	})
}

// auditOnce compares both sides once.
func (r *Running) auditOnce(ctx context.Context, listed *catalog.Catalog, f *pipeline.Fixity) (pipeline.Result, error) {
	p, err := r.Pipeline(ctx)
	if err != nil {
		return pipeline.Result{StartedAt: r.About.StartedAt}, err
	}
	p.Audit, p.Risks, p.Fixity = r.Settings.Audit, pipeline.Risks{Within: r.WarnExpiry, All: r.Settings.Risks}, f
	p.Audit.Catalog, p.Audit.Inventories = listed, map[string]audit.Inventory{}
	for _, i := range r.About.Inventories {
		p.Audit.Inventories[i.Bucket] = audit.Inventory{Lister: p.Scan.Inventories[i.Bucket], At: i.CreatedAt}
	}
	p.Audit.Class = func(bucket string) string { return r.Settings.Store.Buckets[bucket].StorageClass }
	return p.RunAudit(ctx)
}

// catalog reads the catalog, nil where there is none. A mistake in it is found
// before anything is asked.
func (r *Running) catalog(ctx context.Context) (*catalog.Catalog, error) {
	if r.Catalog == "" {
		return nil, nil
	}
	c := catalog.New(r.tempDir)
	r.own(func() { c.Close() })
	err := r.readNames(ctx, "--catalog", r.Catalog, c.Add)
	if err == nil {
		err = misnamed(c.Check())
	}
	return c, err
}
