package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"reconcile/internal/batch"
	"reconcile/internal/config"
	"reconcile/internal/fixity"
	"reconcile/internal/pricing"
	"reconcile/internal/report"
	"reconcile/internal/s3store"
)

// checksumJobs are the jobs of S3 Batch Operations by which an audit has checksums
// computed.
type checksumJobs struct {
	run    string // id
	of     *config.Settings
	ledger *batch.Ledger
	owner  map[string]string // what the jobs are for, of whatever call
	record *batch.Record     // nil: none have been submitted
	states []batch.State     // of the record's jobs
	sums   *fixity.Sums      // takes what they have computed
	short  []string          // reports that have fewer objects than their jobs, in words
	bill   *bill
}

// open finds the jobs of an earlier call.
func (c *checksumJobs) open(ctx context.Context, store s3store.Repeating) (err error) {
	if c.ledger, err = batch.NewLedger(store, c.of.Batch); err != nil {
		return err
	}
	c.owner = c.purpose()
	c.record, err = c.ledger.Open(ctx, c.owner, batch.Operation{Checksum: c.of.ComputeChecksum})
	var other *batch.MismatchError
	if errors.As(err, &other) {
		return &config.Error{Err: fmt.Errorf("--results: %w", err), Hint: "each audit, each algorithm and each selection of objects gets a prefix of its own"}
	}
	return err
}

// selection says which objects of the source are looked at, by what was given;
// empty: all.
func (c *checksumJobs) selection() string {
	var all []string
	for _, by := range []string{c.of.Keys, c.of.Granules, c.of.From} {
		if by != "" {
			all = append(all, by)
		}
	}
	if f := c.of.Audit.Fraction; f.Count > 1 {
		all = append(all, fmt.Sprintf("fraction %d/%d", f.Index, f.Count))
	}
	return strings.Join(all, " ")
}

// purpose is what the jobs are for, by the settings as they were given: a source
// that a request names is not known yet when the jobs of an earlier call are
// looked for.
func (c *checksumJobs) purpose() map[string]string {
	shard := ""
	if s := c.of.Shard; s.Count > 1 {
		shard = fmt.Sprintf("%d/%d", s.Index, s.Count)
	}
	return map[string]string{"command": "audit", "source": c.of.Scan.Bucket, "prefix": c.of.Scan.Prefix, "targets": strings.Join(c.of.Scan.Router.Buckets(), " "), "shard": shard, "selection": c.selection()}
}

// submit writes the manifests of the jobs and then the record of them. The jobs
// themselves are created by goOn, now or in a later call.
func (c *checksumJobs) submit(ctx context.Context, log *slog.Logger, p *fixity.Prover, sides []fixity.Side) error {
	var jobs []batch.Job
	for _, side := range sides {
		j, err := c.ledger.Manifest(ctx, c.run, batch.Job{
			Bucket: side.Bucket, Versions: side.Versions, Objects: side.Objects, Bytes: side.Bytes,
			Description: fmt.Sprintf("reconcile audit of s3://%s: %s of %d objects of s3://%s", c.of.Scan.Bucket, c.of.ComputeChecksum, side.Objects, side.Bucket),
		}, func(line func(key, version string) error) error { return p.Objects(side.Bucket, line) })
		if err != nil {
			return err
		}
		jobs = append(jobs, j)
	}
	c.sayCost(ctx, log, jobs)
	var err error
	c.record, err = c.ledger.Begin(ctx, c.owner, batch.Operation{Checksum: c.of.ComputeChecksum}, jobs)
	return err
}

// sayCost says what the jobs will cost, before there are any.
func (c *checksumJobs) sayCost(ctx context.Context, log *slog.Logger, jobs []batch.Job) {
	w := pricing.Work{Jobs: int64(len(jobs))}
	for _, j := range jobs {
		w.Handed += j.Objects
		w.Checksum += j.Bytes
	}
	cost := "not known for region " + c.bill.region
	if of := c.bill.table.Cost(c.bill.region, w, pricing.Options{}); of.Currency != nil {
		cost = fmt.Sprintf("%.2f %s, at the prices of %s in %s", *of.Tiers[""].Total, *of.Currency, *of.Prices.Date, c.bill.region)
	}
	c.bill.besides = append(c.bill.besides, "jobs of S3 Batch Operations are not in it: "+cost)
	log.LogAttrs(ctx, slog.LevelInfo, "jobs for checksums", slog.Int("jobs", len(jobs)), slog.Int64("objects", w.Handed), slog.Int64("bytes", w.Checksum), slog.String("cost", cost))
}

// goOn creates what has not been created, asks how the jobs stand, waits where
// that is asked for, and reads the reports once all have ended.
func (c *checksumJobs) goOn(ctx context.Context, log *slog.Logger) (err error) {
	err = c.ledger.Create(ctx, c.record, func(j batch.Job) {
		log.LogAttrs(ctx, slog.LevelInfo, "job created", slog.String("job_id", j.ID), slog.String("bucket", j.Bucket), slog.Int64("objects", j.Objects), slog.Int64("bytes", j.Bytes))
	})
	if err != nil {
		return err
	}
	if c.of.Batch.Wait {
		c.states, err = c.ledger.Wait(ctx, c.record, c.of.Poll, movement(log))
	} else {
		c.states, err = c.ledger.States(ctx, c.record)
	}
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

// movement logs how far the jobs are, each when it has moved.
func movement(log *slog.Logger) func([]batch.State) {
	said := map[string]string{}
	return func(all []batch.State) {
		for i := range all {
			s := &all[i]
			if text := s.String(); said[s.Job.ID] != text {
				said[s.Job.ID] = text
				log.Info("waiting for checksums", "job_id", s.Job.ID, "bucket", s.Bucket, "status", string(s.Status), "objects", s.Objects, "done", s.Done, "failed", s.Failed)
			}
		}
	}
}

// read takes the report of a job.
func (c *checksumJobs) read(ctx context.Context, s batch.State) error {
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

// notes say how the jobs stand.
func (c *checksumJobs) notes() (notes []string) {
	for i := range c.states {
		notes = append(notes, c.states[i].String())
	}
	return append(notes, c.short...)
}

// failure is why a job has failed as a whole, nil where none has.
func (c *checksumJobs) failure() error {
	var all []error
	for i := range c.states {
		all = append(all, c.states[i].Failure())
	}
	if err := errors.Join(all...); err != nil {
		return fmt.Errorf("%w; another --results has the checksums computed anew", err)
	}
	return nil
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
