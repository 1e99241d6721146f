package job

import (
	"context"
	"time"

	"reconcile/internal/audit"
	"reconcile/internal/batch"
	"reconcile/internal/catalog"
	"reconcile/internal/fixity"
	"reconcile/internal/pipeline"
	"reconcile/internal/proofs"
)

// Audit is the job of audit: every object of both sides is compared, and nothing
// is written.
func (j *Job) Audit(ctx context.Context) Result {
	return j.Do(ctx, func(ctx context.Context, r *Running) (pipeline.Result, error) {
		a, err := r.newAuditing(ctx)
		if err != nil {
			return pipeline.Result{}, err
		}
		return a.audit(ctx)
	})
}

// planAudit is the job of plan --command audit: both sides are listed, and what
// an audit would ask beyond that is counted.
func (j *Job) planAudit(ctx context.Context) Result {
	return j.withPipeline(ctx, func(ctx context.Context, r *Running, p *pipeline.Job) (pipeline.Result, error) {
		count := audit.NewPlan()
		r.prepareAudit(p)
		p.Audit.Verify, p.Audit.Plan = audit.VerifyListing, count
		result, err := p.RunAudit(ctx)
		r.Plan = r.bill.audit(count, r.Settings.Audit.Verify)
		return result, err
	})
}

// auditing is an audit, and what it proves by checksums that S3 computes: it reads
// the reports of jobs, submits the jobs that are needed, and goes on with those
// that have been submitted.
type auditing struct {
	*Running
	listed *catalog.Catalog // nil: there is none
	sums   *fixity.Sums
	jobs   *checksumJobs // nil: none are asked for
	found  *proofs.Set   // what it has asked for that is made again when the jobs have ended; nil: nothing is kept
	second bool          // it is being made again
}

// newAuditing reads the catalog and the reports of jobs that were given, and finds
// the jobs of an earlier call. A mistake in any is found before anything is asked.
func (r *Running) newAuditing(ctx context.Context) (*auditing, error) {
	a := &auditing{Running: r, sums: fixity.NewSums(r.tempDir)}
	r.own(func() { a.sums.Close() })
	if err := a.readCatalog(ctx); err != nil {
		return nil, err
	}
	reports := checksumReports{r.files(), a.sums}
	if err := reports.read(ctx, r.ChecksumReports); err != nil || r.ComputeChecksum == "" {
		return a, err
	}
	a.jobs = &checksumJobs{run: r.ID, of: &r.Settings, sums: a.sums, bill: &r.bill}
	return a, a.jobs.open(ctx, r.again)
}

// readCatalog reads the catalog, if there is one.
func (a *auditing) readCatalog(ctx context.Context) error {
	if a.Catalog == "" {
		return nil
	}
	a.listed = catalog.New(a.tempDir)
	a.own(func() { a.listed.Close() })
	err := a.files().names(ctx, "--catalog", a.Catalog, a.listed.Add)
	if err == nil {
		err = misnamed(a.listed.Check())
	}
	return err
}

// audit makes the audit, with the jobs before or after it.
func (a *auditing) audit(ctx context.Context) (result pipeline.Result, err error) {
	switch {
	case a.jobs == nil:
		return a.last(ctx)
	case a.jobs.record == nil:
		result, err = a.first(ctx)
	default:
		if err = a.follow(ctx); err == nil {
			result, err = a.last(ctx)
		}
	}
	if err != nil {
		return result, err
	}
	result.Notes = append(result.Notes, a.jobs.notes()...)
	if !batch.Over(a.jobs.states) {
		a.goOn = a.Again
	}
	return result, a.jobs.failure()
}

// first makes the audit, and submits jobs for what is not proved. Where they are
// waited for the audit is made again then.
func (a *auditing) first(ctx context.Context) (pipeline.Result, error) {
	if a.Batch.Wait && a.Proofs == "" && len(a.Earlier) == 0 {
		a.found = proofs.NewSet(a.tempDir)
		a.own(func() { a.found.Close() })
	}
	f := a.fixity(true)
	defer f.Close()
	result, err := a.once(ctx, f)
	if err != nil {
		return result, err
	}
	sides := f.Prover.Sides(a.Scan.Bucket)
	if len(sides) == 0 {
		result.Notes = append(result.Notes, "nothing is left for checksums to prove: no job was submitted")
		return result, nil
	}
	if err := a.jobs.submit(ctx, a.Log, f.Prover, sides); err != nil {
		return result, err
	}
	if err := a.follow(ctx); err != nil || !batch.Over(a.jobs.states) {
		return result, err
	}
	f.Close()
	a.KeepRows(a.Settings.Report.Rows)
	a.About.Inventories = nil // they are read again
	a.second = true
	return a.last(ctx)
}

// follow goes on with the jobs, and has the report tell of them.
func (a *auditing) follow(ctx context.Context) error {
	err := a.jobs.goOn(ctx, a.Log)
	a.About.BatchJobs = batchJobs(a.jobs.record.Operation.Name(), a.jobs.states)
	return err
}

// last makes the audit without noting what jobs could prove.
func (a *auditing) last(ctx context.Context) (pipeline.Result, error) {
	f := a.fixity(false)
	defer f.Close()
	return a.once(ctx, f)
}

func (a *auditing) fixity(want bool) *pipeline.Fixity {
	f := &pipeline.Fixity{Sums: a.sums, Want: want}
	if a.jobs != nil {
		f.Own = a.Batch.Own
	}
	return f
}

// once compares both sides once. One that is made again asks nothing anew about
// what has not changed since.
func (a *auditing) once(ctx context.Context, f *pipeline.Fixity) (pipeline.Result, error) {
	p, err := a.Pipeline(ctx)
	if err != nil {
		return pipeline.Result{}, err
	}
	a.prepareAudit(p)
	p.Risks, p.Fixity, p.Audit.Catalog = pipeline.Risks{Within: a.WarnExpiry, All: a.Settings.Risks}, f, a.listed
	known, store, err := a.keptProofs(ctx)
	if err != nil {
		return pipeline.Result{}, err
	}
	p.Audit.Earlier = known
	switch {
	case store != nil:
		p.Also = store.Add
	case a.second && a.found != nil:
		a.found.Sort()
		p.Audit.Earlier = a.found
	case a.found != nil:
		p.Also = a.found.Found(time.Now())
	}
	result, err := p.RunAudit(ctx)
	if store != nil {
		if failed := store.Close(a.end.report, err == nil); failed != nil {
			result.Notes = append(result.Notes, "not everything that was proved could be kept: "+failed.Error())
		}
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
