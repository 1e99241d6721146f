package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3store"
	"reconcile/internal/storage"
)

// State is a job of a record, and how it stands.
type State struct {
	Job
	s3store.BatchJobState
}

// Failure is why the job as a whole has failed, nil where it has not.
func (s *State) Failure() error {
	if s.Status != s3store.BatchJobFailed && s.Status != s3store.BatchJobCancelled {
		return nil
	}
	return fmt.Errorf("job %s for s3://%s: %s: %s", s.Job.ID, s.Bucket, s.Status, s.Why())
}

// Why is what S3 says of a failure.
func (s *State) Why() string { return cmp.Or(strings.Join(s.Failures, "; "), "S3 gives no reason") }

// Name is S3's name of the operation.
func (o Operation) Name() string {
	if o.Restore != nil {
		return "S3InitiateRestoreObject"
	}
	return "S3ComputeObjectChecksum"
}

// String says how far the job is.
func (s *State) String() string {
	text := fmt.Sprintf("job %s for s3://%s: %s, %d of %d objects", s.Job.ID, s.Bucket, s.Status, s.Done+s.Failed, s.Objects)
	if s.Failed > 0 {
		text += fmt.Sprintf(", %d of them failed", s.Failed)
	}
	return text
}

// registering is how long S3 may not know yet of a job that it has created.
const registering = 15 * time.Minute

// States asks how the jobs of the record stand. What S3 says of when they were
// created is kept in the record: it forgets jobs.
func (l *Ledger) States(ctx context.Context, r *Record) ([]State, error) {
	var all []State
	learnt := false
	for i := range r.Jobs {
		j := &r.Jobs[i]
		state, err := l.state(ctx, r, *j)
		if err != nil {
			return nil, err
		}
		if j.CreatedAt == nil && !state.Created.IsZero() {
			created := state.Created
			j.CreatedAt, learnt = &created, true
		}
		state.Job = *j
		all = append(all, state)
	}
	if learnt {
		return all, l.save(ctx, r)
	}
	return all, nil
}

func (l *Ledger) state(ctx context.Context, r *Record, j Job) (State, error) {
	is, err := l.store.DescribeBatchJob(ctx, s3store.BatchJobRef{Account: r.Account, ID: j.ID, Bucket: l.Results.Bucket})
	s := State{Job: j, BatchJobState: is}
	if !errors.Is(err, reconcile.NotFound) {
		return s, err
	}
	// S3 forgets jobs 90 days after their end, and may not know of one that it has
	// just created. A report is there once it has ended.
	body, missing := l.folder.Open(ctx, l.reportOf(j))
	switch {
	case missing == nil:
		body.Close()
		s.Status, s.Total, s.Done = s3store.BatchJobComplete, j.Objects, j.Objects
		return s, nil
	case errors.Is(missing, storage.ErrNotFound) && time.Since(r.CreatedAt) < registering:
		s.Status = "New"
		return s, nil
	}
	return s, fmt.Errorf("job %s for s3://%s: %w", j.ID, j.Bucket, err)
}

// reportOf is the name of the manifest of a job's report.
func (l *Ledger) reportOf(j Job) string { return "job-" + j.ID + "/manifest.json" }

// Report reads the report of a job that has ended, and calls each with every row.
// A job of which no task was carried out has none.
func (l *Ledger) Report(ctx context.Context, s State, each func(*Report, *Row) error) error {
	_, err := ReadReport(ctx, l.folder, l.reportOf(s.Job), each)
	if errors.Is(err, storage.ErrNotFound) && s.Done+s.Failed == 0 {
		return nil
	}
	return err
}

// Over reports whether all jobs have ended.
func Over(all []State) bool {
	for i := range all {
		if !all[i].Status.Over() {
			return false
		}
	}
	return true
}

// Wait asks how the jobs stand until all have ended, and calls see each time.
// every is the time between two looks; 0: more and more, from half a minute to ten.
func (l *Ledger) Wait(ctx context.Context, r *Record, every time.Duration, see func([]State)) ([]State, error) {
	const first, last = 30 * time.Second, 10 * time.Minute
	for pause := first; ; pause = min(pause*5/4, last) {
		all, err := l.States(ctx, r)
		if err != nil {
			return nil, err
		}
		if see(all); Over(all) {
			return all, nil
		}
		if every > 0 {
			pause = every
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
