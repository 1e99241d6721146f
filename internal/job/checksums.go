package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"reconcile/internal/batch"
	"reconcile/internal/config"
	"reconcile/internal/fixity"
	"reconcile/internal/pipeline"
	"reconcile/internal/pricing"
	"reconcile/internal/proofs"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// checksums proves what an audit has found by checksums that S3 computes: it reads
// the reports of jobs, submits the jobs that are needed, and goes on with those
// that have been submitted.
type checksums struct {
	r      *Running
	sums   *fixity.Sums
	ledger *batch.Ledger // nil: no jobs are asked for
	record *batch.Record // nil: none have been submitted
	states []batch.State // of the record's jobs
	found  *proofs.Set   // what the audit has asked for that is made again when the jobs have ended; nil: nothing is kept
	again  bool          // it is being made again
	short  []string      // reports that have fewer objects than their jobs, in words
}

// pass makes the audit once.
type pass func(*pipeline.Fixity) (pipeline.Result, error)

// newChecksums reads the reports that were given, and finds the jobs of an earlier
// call. A mistake in either is found before anything is touched.
func (r *Running) newChecksums(ctx context.Context) (*checksums, error) {
	c := &checksums{r: r, sums: fixity.NewSums(r.tempDir)}
	r.own(func() { c.sums.Close() })
	for _, name := range r.ChecksumReports {
		if err := c.readForeign(ctx, name); err != nil {
			return nil, misread(fmt.Errorf("--checksum-report %s: %w", name, err))
		}
	}
	if r.ComputeChecksum == "" {
		return c, nil
	}
	var err error
	if c.ledger, err = batch.NewLedger(r.again, r.Batch); err != nil {
		return nil, err
	}
	c.record, err = c.ledger.Open(ctx, c.purpose(), c.operation())
	var other *batch.MismatchError
	if errors.As(err, &other) {
		return nil, &config.Error{Err: fmt.Errorf("--results: %w", err), Hint: "each audit, each algorithm and each selection of objects gets a prefix of its own"}
	}
	return c, err
}

// misread makes what is wrong in a report a mistake of the user's; what reading it
// from S3 failed with is none.
func misread(err error) error {
	var s3 *reconcile.Error
	if errors.As(err, &s3) {
		return err
	}
	return &config.Error{Err: err}
}

// selection says which objects of the source are looked at, by what was given;
// empty: all.
func (c *checksums) selection() string {
	var all []string
	for _, by := range []string{c.r.Keys, c.r.Granules, c.r.From} {
		if by != "" {
			all = append(all, by)
		}
	}
	if f := c.r.Settings.Audit.Fraction; f.Count > 1 {
		all = append(all, fmt.Sprintf("fraction %d/%d", f.Index, f.Count))
	}
	return strings.Join(all, " ")
}

// purpose is what the jobs are for.
func (c *checksums) purpose() map[string]string {
	shard := ""
	if s := c.r.Shard; s.Count > 1 {
		shard = fmt.Sprintf("%d/%d", s.Index, s.Count)
	}
	return map[string]string{"command": "audit", "source": c.r.Scan.Bucket, "prefix": c.r.Scan.Prefix, "targets": strings.Join(c.r.targets(), " "), "shard": shard, "selection": c.selection()}
}

func (c *checksums) operation() batch.Operation {
	return batch.Operation{Checksum: c.r.ComputeChecksum}
}

// audit makes the audit, with the jobs before or after it.
func (c *checksums) audit(ctx context.Context, once pass) (pipeline.Result, error) {
	result := pipeline.Result{StartedAt: c.r.About.StartedAt}
	began := c.record != nil
	if began {
		if err := c.goOn(ctx); err != nil {
			return result, err
		}
	}
	if c.ledger != nil && !began && c.r.Batch.Wait && c.r.Proofs == "" && len(c.r.Earlier) == 0 {
		c.found = proofs.NewSet(c.r.tempDir)
		c.r.own(func() { c.found.Close() })
	}
	f := c.fixity(c.ledger != nil && !began)
	defer f.Close()
	result, err := once(f)
	if err != nil || c.ledger == nil {
		return result, err
	}
	if !began {
		if result, err = c.begin(ctx, f, result, once); err != nil {
			return result, err
		}
	}
	result.Notes = append(result.Notes, c.notes()...)
	return result, c.failure()
}

// batchJobs are jobs as the report has them.
func batchJobs(operation string, all []batch.State) (jobs []report.BatchJob) {
	for i := range all {
		s := &all[i]
		j := report.BatchJob{ID: s.Job.ID, Bucket: s.Bucket, Operation: operation, Status: string(s.Status), Objects: s.Objects, Done: s.Done, Failed: s.BatchJobState.Failed}
		if s.Failure() != nil {
			j.Error = s.Why()
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// begin submits jobs for what is not proved. Where they are waited for the audit
// is made again then.
func (c *checksums) begin(ctx context.Context, f *pipeline.Fixity, result pipeline.Result, once pass) (pipeline.Result, error) {
	sides := f.Prover.Sides(c.r.Scan.Bucket)
	if len(sides) == 0 {
		result.Notes = append(result.Notes, "nothing is left for checksums to prove: no job was submitted")
		return result, nil
	}
	if err := c.submit(ctx, f.Prover, sides); err != nil {
		return result, err
	}
	if err := c.goOn(ctx); err != nil || !batch.Over(c.states) {
		return result, err
	}
	f.Close()
	c.r.renewReport(c.r.Settings.Report.Rows)
	c.r.About.Inventories = nil // they are read again
	again := c.fixity(false)
	defer again.Close()
	c.again = true
	return once(again)
}

// twice has an audit that is made again ask nothing anew about what has not
// changed since.
func (c *checksums) twice(p *pipeline.Job) {
	switch {
	case c.found == nil:
	case c.again:
		c.found.Sort()
		p.Audit.Earlier = c.found
	default:
		p.Also = c.found.Found(time.Now())
	}
}

func (c *checksums) fixity(want bool) *pipeline.Fixity {
	f := &pipeline.Fixity{Sums: c.sums, Want: want}
	if c.ledger != nil {
		f.Own = c.r.Batch.Own
	}
	return f
}

// submit writes the manifests of the jobs and then the record of them. The jobs
// themselves are created by goOn, now or in a later call.
func (c *checksums) submit(ctx context.Context, p *fixity.Prover, sides []fixity.Side) error {
	var jobs []batch.Job
	for _, side := range sides {
		j, err := c.ledger.Manifest(ctx, c.r.ID, batch.Job{
			Bucket: side.Bucket, Versions: side.Versions, Objects: side.Objects, Bytes: side.Bytes,
			Description: fmt.Sprintf("reconcile audit of s3://%s: %s of %d objects of s3://%s", c.r.Scan.Bucket, c.r.ComputeChecksum, side.Objects, side.Bucket),
		}, func(line func(key, version string) error) error { return p.Objects(side.Bucket, line) })
		if err != nil {
			return err
		}
		jobs = append(jobs, j)
	}
	c.sayCost(ctx, jobs)
	var err error
	c.record, err = c.ledger.Begin(ctx, c.purpose(), c.operation(), jobs)
	return err
}

// sayCost says what the jobs will cost, before there are any.
func (c *checksums) sayCost(ctx context.Context, jobs []batch.Job) {
	w := pricing.Work{Jobs: int64(len(jobs))}
	for _, j := range jobs {
		w.Handed += j.Objects
		w.Checksum += j.Bytes
	}
	cost := "not known for region " + c.r.region
	if bill := c.r.table.Cost(c.r.region, w, pricing.Options{Name: "audit"}); bill.Currency != nil {
		cost = fmt.Sprintf("%.2f %s, at the prices of %s in %s", *bill.Tiers["audit"].Total, *bill.Currency, *bill.Prices.Date, c.r.region)
	}
	c.r.besides = append(c.r.besides, "jobs of S3 Batch Operations are not in it: "+cost)
	c.r.Log.LogAttrs(ctx, slog.LevelInfo, "jobs for checksums", slog.Int("jobs", len(jobs)), slog.Int64("objects", w.Handed), slog.Int64("bytes", w.Checksum), slog.String("cost", cost))
}

// goOn creates what has not been created, asks how the jobs stand, waits where
// that is asked for, and reads the reports once all have ended.
func (c *checksums) goOn(ctx context.Context) (err error) {
	err = c.ledger.Create(ctx, c.record, func(j batch.Job) {
		c.r.Log.LogAttrs(ctx, slog.LevelInfo, "job created", slog.String("job_id", j.ID), slog.String("bucket", j.Bucket), slog.Int64("objects", j.Objects), slog.Int64("bytes", j.Bytes))
	})
	if err != nil {
		return err
	}
	if c.r.Batch.Wait {
		c.states, err = c.ledger.Wait(ctx, c.record, c.r.Poll, c.progress())
	} else {
		c.states, err = c.ledger.States(ctx, c.record)
	}
	c.r.About.BatchJobs = batchJobs(c.record.Operation.Name(), c.states)
	if err != nil || !batch.Over(c.states) {
		return err
	}
	for _, s := range c.states {
		if err := c.read(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// progress logs how far the jobs are, each when it has moved.
func (c *checksums) progress() func([]batch.State) {
	said := map[string]string{}
	return func(all []batch.State) {
		for i := range all {
			s := &all[i]
			if text := s.String(); said[s.Job.ID] != text {
				said[s.Job.ID] = text
				c.r.Log.Info("waiting for checksums", "job_id", s.Job.ID, "bucket", s.Bucket, "status", string(s.Status), "objects", s.Objects, "done", s.Done, "failed", s.Failed)
			}
		}
	}
}

// read takes the report of a job.
func (c *checksums) read(ctx context.Context, s batch.State) error {
	report, rows := -1, int64(0)
	err := c.ledger.Report(ctx, s, func(of *batch.Report, row *batch.Row) error {
		rows++
		if report < 0 {
			r := fixity.Report{Name: s.Job.ID, Date: of.Created}
			if s.CreatedAt != nil {
				r.Begun = *s.CreatedAt
			}
			report = c.sums.Open(r)
		}
		return c.sums.Add(report, row)
	})
	if n := s.Done + s.BatchJobState.Failed; err == nil && rows < n {
		c.short = append(c.short, fmt.Sprintf("the report of job %s has %d of its %s", s.Job.ID, rows, things(n, "object")))
	}
	return err
}

// notes say how the jobs stand, and what is to be done next.
func (c *checksums) notes() (notes []string) {
	for i := range c.states {
		notes = append(notes, c.states[i].String())
	}
	notes = append(notes, c.short...)
	if len(c.states) > 0 && !batch.Over(c.states) {
		c.r.goOn = c.r.Again
	}
	return notes
}

// failure is why a job has failed as a whole, nil where none has.
func (c *checksums) failure() error {
	var all []error
	for i := range c.states {
		all = append(all, c.states[i].Failure())
	}
	if err := errors.Join(all...); err != nil {
		return fmt.Errorf("%w; another --results has the checksums computed anew", err)
	}
	return nil
}
