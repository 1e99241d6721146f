package job

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"reconcile/internal/audit"
	"reconcile/internal/catalog"
	"reconcile/internal/config"
	"reconcile/internal/pipeline"
	"reconcile/internal/proofs"
	"reconcile/internal/report"
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
		return c.audit(ctx, func(f *pipeline.Fixity) (pipeline.Result, error) { return r.auditOnce(ctx, listed, f, c) })
	})
}

// auditOnce compares both sides once.
func (r *Running) auditOnce(ctx context.Context, listed *catalog.Catalog, f *pipeline.Fixity, c *checksums) (pipeline.Result, error) {
	p, err := r.Pipeline(ctx)
	if err != nil {
		return pipeline.Result{StartedAt: r.About.StartedAt}, err
	}
	r.prepareAudit(p)
	p.Risks, p.Fixity, p.Audit.Catalog = pipeline.Risks{Within: r.WarnExpiry, All: r.Settings.Risks}, f, listed
	known, store, err := r.keptProofs(ctx)
	if err != nil {
		return pipeline.Result{StartedAt: r.About.StartedAt}, err
	}
	p.Audit.Earlier = known
	if c.twice(p); store == nil {
		return p.RunAudit(ctx)
	}
	p.Also = store.Add
	result, err := p.RunAudit(ctx)
	if failed := store.Close(r.end.attach(r.end.report), err == nil); failed != nil {
		result.Notes = append(result.Notes, "not everything that was proved could be kept: "+failed.Error())
	}
	return result, err
}

// prepareAudit gives a pipeline what an audit needs, or the plan of one.
func (r *Running) prepareAudit(p *pipeline.Job) {
	p.Audit = r.Settings.Audit
	p.Audit.Inventories = map[string]audit.Inventory{}
	for _, i := range r.About.Inventories {
		p.Audit.Inventories[i.Bucket] = audit.Inventory{Lister: p.Scan.Inventories[i.Bucket], At: i.CreatedAt}
	}
	p.Audit.Class = func(bucket string) string { return r.Settings.Store.Buckets[bucket].StorageClass }
}

// keptProofs reads what earlier audits have proved, nil where nobody says, and opens
// the place where what this one proves is kept, nil where it is not.
func (r *Running) keptProofs(ctx context.Context) (known *proofs.Set, store *proofs.Store, err error) {
	if r.Proofs == "" && len(r.Earlier) == 0 {
		return nil, nil, nil
	}
	known = proofs.NewSet(r.tempDir)
	r.own(func() { known.Close() })
	for _, name := range r.Earlier {
		if err := r.readNames(ctx, "--earlier", name, r.earlier(known)); err != nil {
			return nil, nil, err
		}
	}
	if r.Proofs == "" {
		known.Sort()
		return known, nil, nil
	}
	folder, err := r.folderTo("proofs", r.Proofs)
	if err != nil {
		return nil, nil, err
	}
	scope, err := r.scope()
	if err == nil {
		store, err = proofs.Open(ctx, known, proofs.Options{Folder: folder, Run: r.ID, Scope: scope, Now: time.Now, Log: r.Log})
	}
	if err != nil {
		return nil, nil, fmt.Errorf("--proofs %s: %w", r.Proofs, err)
	}
	if since := store.GoesOn(); !since.IsZero() {
		r.Log.Info("an audit that was interrupted is gone on with", "since", since, "proofs", known.Len())
	}
	return known, store, nil
}

// earlier takes the proofs of a report.
func (r *Running) earlier(known *proofs.Set) func(io.Reader, string) error {
	return func(in io.Reader, name string) error {
		head, err := known.AddReport(in, name)
		if err != nil {
			return &config.Error{Err: err}
		}
		if head.Rows == report.RowsChanges {
			r.About.Notes = append(r.About.Notes, name+" has rows for changes only: most of what it proved is not known")
		}
		return nil
	}
}

// scope is the same for two audits that look at the same in the same way.
func (r *Running) scope() (string, error) {
	all := r.deciding()
	delete(all, "rows") // of the report
	text, err := json.Marshal([]any{all, r.Shard})
	return fmt.Sprintf("%x", sha256.Sum256(text))[:16], err
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
