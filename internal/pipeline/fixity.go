package pipeline

import (
	"context"
	"fmt"

	"reconcile/internal/audit"
	"reconcile/internal/display"
	"reconcile/internal/fixity"
	"reconcile/internal/reconcile"
)

// Fixity is what an audit proves beside what S3 says at the moment, and what it
// leaves to be proved. A nil one does nothing.
type Fixity struct {
	Sums *fixity.Sums // of reports
	Want bool         // what is not proved is noted in Prover
	// Own reports whether an object is a file of the audit's own jobs, and no
	// orphan; nil: there are no jobs.
	Own func(reconcile.Location) bool

	Prover *fixity.Prover // nil until the audit has begun
}

// Close gives up what is on disk. It may be called again.
func (f *Fixity) Close() {
	if f.Prover != nil {
		f.Prover.Close() // unnamed files
	}
}

// begin prepares for the audit of a job.
func (f *Fixity) begin(j *Job, o *audit.Options) {
	if f == nil {
		return
	}
	opts := fixity.Options{Sums: f.Sums, Retry: o.Retry, Limiter: o.Limiter, TempDir: o.TempDir}
	if f.Want {
		opts.Wanted = o.Fraction.Has
	}
	f.Prover = fixity.New(j.Store, opts)
}

// own reports whether an outcome is about a file of the audit's own jobs.
func (f *Fixity) own(o *reconcile.Outcome) bool {
	stray := o.Status == reconcile.Orphan || o.Status == reconcile.Misplaced && o.Source.Key == ""
	return f != nil && f.Own != nil && stray && f.Own(o.Target.Location)
}

// hold takes a pair that checksums may prove.
func (f *Fixity) hold(o *reconcile.Outcome) (bool, error) {
	if f == nil {
		return false, nil
	}
	return f.Prover.Hold(o)
}

// settle gives back what was held. why is what has ended the audit early.
func (f *Fixity) settle(ctx context.Context, why error, emit func(reconcile.Outcome) error) error {
	if f == nil {
		return nil
	}
	return f.Prover.Settle(ctx, why, emit)
}

func (f *Fixity) notes() (notes []string) {
	if f == nil || f.Prover == nil {
		return nil
	}
	if n := f.Prover.Stale.Load(); n > 0 {
		notes = append(notes, fmt.Sprintf("checksums of another version, ETag or time than what stands there now prove nothing: %s", display.Objects(n)))
	}
	if n := f.Prover.Unlisted.Load(); n > 0 {
		notes = append(notes, fmt.Sprintf("neither proven nor in the reports of both sides: %s; --compute-checksum with another --results has their checksums computed", display.Objects(n)))
	}
	return notes
}
