// Package pipeline joins scan, copier and report into one run: what the command
// line, an event and the Lambda all call.
package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/audit"
	"reconcile/internal/copier"
	"reconcile/internal/keylist"
	"reconcile/internal/progress"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/restore"
	"reconcile/internal/scan"
	"reconcile/internal/selection"
)

// Store is S3 as a whole run needs it.
type Store interface {
	scan.Lister
	copier.Store
	restore.Store
	Requests() map[string]int64 // sent so far, by S3 operation
}

// Job is one run to be made.
type Job struct {
	Command  string // run, plan …: what its statuses mean depends on it
	Store    Store
	Scan     scan.Options
	Excluded *keylist.Set // objects withdrawn on purpose; nil: none
	Copy     copier.Options
	Restore  restore.Options // of the commands that ask for restores
	Waiting  Waiting         // of recover
	Audit    audit.Options   // of audit; what is the whole job's is filled in
	Risks    Risks           // of audit
	Fixity   *Fixity         // of audit: checksums that S3 has computed; nil: there are none
	// Confirm is given what is missing before anything is asked for or written;
	// its error ends the run. nil: go on.
	Confirm func(context.Context, restore.Survey) error
	Report  *report.Report
	Log     *slog.Logger
	Meter   *progress.Meter // is told how far the run is; nil: nobody asks
	// SoFar is given a report of how far a recovery is, which is not its last, and
	// what it has come to; see Waiting.Report. nil: nobody.
	SoFar func(context.Context, *report.Report, Result)
	// Also is given every outcome before the report is, by several goroutines at
	// a time; its error ends the run. nil: nobody.
	Also func(reconcile.Outcome) error

	// Reported says that somebody gets the report, which has what the log leaves
	// out.
	Reported bool

	Selected *selection.Selection // objects that were named, which alone are looked at; nil: all of the source
	Granules *selection.Rollup    // sums up what becomes of the granules that were named; nil: nothing does
}

// run is a job that is being carried out.
type run struct {
	*Job
	recorder
	watcher
	heads heads // of a run, by --proof; only a plan counts them
}

func (j *Job) newRun() *run {
	return &run{
		Job: j,
		recorder: recorder{
			command: j.Command, now: j.Copy.Now, report: j.Report, log: j.Log, meter: j.Meter, also: j.Also, reported: j.Reported, granules: j.Granules,
		},
		watcher: watcher{report: j.Report, meter: j.Meter, requests: j.Store.Requests, retry: j.Copy.Retry, now: j.Copy.Now},
	}
}

// Result is what a run came to.
type Result struct {
	StartedAt time.Time
	Summary   reconcile.Summary
	Planned   copier.Planned // empty unless Copy.Plan
	Notes     []string       // what a reader of the report should know
	// Routed are the objects that belong into each archive bucket, whatever became
	// of them. Those that a rule or key list excludes belong into none.
	Routed map[string]int64

	Survey  *restore.Survey // what was missing, restored or not; nil: nobody looked
	Spent   *restore.Spent  // what was asked for; nil: the command asks for nothing
	Waiting *Waited         // nil: the command waits for nothing
}

// queued is how many decisions may wait between scan and copier. It is bounded
// so that memory does not grow with the bucket, and wide enough that a page of
// settled objects does not leave the copier idle.
const queued = 1024

// Run scans, copies and collects. Every object listed is in the report as
// exactly one outcome when it returns. The error says why the run is not
// complete: a listing that failed, ctx that ended, a report that could not
// take an outcome. A failed object is none.
func (j *Job) Run(ctx context.Context) (Result, error) {
	result := Result{StartedAt: j.Copy.Now()}
	j.shareDigests()
	r, c := j.newRun(), copier.New(j.Store, j.Store, j.Copy)
	r.routed = newRouted(j.Scan.Router)
	stopWatch := r.watch()
	err := r.pipeline(ctx, c)
	stopWatch()
	result.Planned, result.Notes = c.Planned(), c.Notes()
	result.Planned.Heads.Add(r.heads.sum)
	result.Summary, result.Routed = j.Report.Summary(), r.routed.counts()
	if err == nil && result.Summary.Counts[reconcile.Canceled] > 0 {
		err = context.Cause(ctx) // everything was listed, not everything was reached
	}
	if err == nil {
		result.Notes = append(result.Notes, r.unmatched()...)
		result.Notes = append(result.Notes, r.sweep(ctx, c)...)
	}
	result.Summary.Requests = j.Store.Requests()
	return result, err
}

// shareDigests makes scan and copier learn together which ETags are digests.
func (j *Job) shareDigests() {
	if j.Copy.Trusted != nil && j.Copy.Policy.Digests == nil {
		j.Copy.Policy.Digests = &reconcile.Digests{Documented: j.Copy.Trusted}
	}
	j.Scan.Policy.Digests = j.Copy.Policy.Digests
}

// sum fills in what a run came to.
func (r *run) sum(ctx context.Context, result *Result, err *error) {
	result.Summary = r.Report.Summary()
	if *err == nil && result.Summary.Counts[reconcile.Canceled] > 0 {
		*err = context.Cause(ctx)
	}
	result.Summary.Requests = r.Store.Requests()
}

// head asks HEAD about an object, again where that is worth it.
func (r *run) head(ctx context.Context, at reconcile.Location) (d reconcile.Detail, attempts int, err error) {
	attempts, err = r.Copy.Retry.Do(ctx, at.Bucket, func() (err error) { d, err = r.Store.Head(ctx, at); return err })
	return d, attempts, err
}

// sweep aborts what earlier runs have left open and a complete run had no use
// for, and returns what a reader of the report should know of it.
func (r *run) sweep(ctx context.Context, c *copier.Copier) (notes []string) {
	aborted, err := c.Sweep(ctx, copier.Concerns(r.Scan.Bucket, r.Scan.Prefix))
	if aborted > 0 {
		r.Log.Info("aborted uploads that earlier runs had left", "uploads", aborted)
	}
	if err != nil {
		r.Log.Warn("uploads of earlier runs are left open", "err", err)
		notes = append(notes, "uploads of earlier runs are left open: "+err.Error())
	}
	return notes
}

// pipeline runs the two stages until both are through. A failed listing ends
// the scan only: what has been decided by then is still carried out. The error is
// the first that made the run incomplete.
func (r *run) pipeline(ctx context.Context, c *copier.Copier) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	decisions := make(chan reconcile.Decision, queued)
	var first firstError
	var g errgroup.Group
	g.Go(func() error {
		defer close(decisions)
		err := r.decisions(inner, r.scanOptions(), func(d reconcile.Decision) error {
			return r.send(decisions, d)
		})
		if err == nil {
			r.Meter.Listed()
		}
		first.set(ctx, err)
		return nil
	})
	r.works(c.InFlight)
	g.Go(func() error {
		err := c.Run(inner, decisions, r.add)
		first.set(ctx, err)
		if err != nil {
			cancel() // a report that takes no rows: nothing more must be done unrecorded
		}
		return nil
	})
	_ = g.Wait()
	return first.get()
}

// firstError keeps the error that came first: a listing that failed is not
// excused by a deadline that comes while the copies go on.
type firstError struct {
	mu  sync.Mutex
	err error
}

// set keeps err, or the cause of ctx where err says no more than that ctx has
// ended.
func (f *firstError) set(ctx context.Context, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = context.Cause(ctx)
	}
	if f.err == nil {
		f.err = err
	}
}

func (f *firstError) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// send hands a decision on: to the report when it is settled, else to the
// copier. Once the run is being stopped the copier turns what it is given into
// canceled rows, so that waiting for it cannot last.
func (r *run) send(to chan<- reconcile.Decision, d reconcile.Decision) error {
	if r.Copy.Plan {
		r.heads.add(d.Heads(r.Copy.Policy))
	}
	if d.Need == reconcile.NeedNothing {
		return r.settle(d.Outcome())
	}
	r.Meter.Begin(&d.Source)
	to <- d
	return nil
}

// heads sums up. It is safe for concurrent use.
type heads struct {
	mu  sync.Mutex
	sum reconcile.Heads
}

func (h *heads) add(o reconcile.Heads) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sum.Add(o)
}
