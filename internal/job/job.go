// Package job carries out one job: it takes what the job needs for itself
// (journal, lock), has the work done, delivers the report whatever has happened,
// gives back what it took, and says what the job came to. Commands, events and
// the Lambda function differ in the work alone.
package job

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"log/slog"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/copier"
	"reconcile/internal/pipeline"
	"reconcile/internal/pricing"
	"reconcile/internal/progress"
	"reconcile/internal/report"
	"reconcile/internal/retry"
	"reconcile/internal/s3store"
)

// Job is one job to be carried out. Make one with New; Do it once.
type Job struct {
	config.Settings
	ID             string               // of the run
	Deadline       time.Duration        // after the start; 0: none. That of the settings, or an earlier one
	Reports        []report.Destination // with the run's id in their paths
	Store          *s3store.Store
	Log            *slog.Logger
	Stdout, Stderr io.Writer
	Terminal       *progress.Terminal // that Stderr is, with a live area; nil: there is none
	Stdin          io.Reader          // of lists that are named -; nil: there is none
	Again          string             // the command line that does this job, for a shell; empty: it is not known

	// Learned is what earlier jobs of this process have learned of the servers;
	// nil: nothing.
	Learned *copier.Learned
	// JournalOnDemand opens a journal in a bucket when an object is to be copied
	// by parts, and not before.
	JournalOnDemand bool
	// EmbeddedMetrics writes a line of metrics in CloudWatch's embedded format.
	EmbeddedMetrics bool

	tempDir string
	before  map[string]map[string]int64  // requests that the store has sent for others, by bucket
	again   s3store.Repeating            // for what the job does for itself
	signed  func([]byte) ([]byte, error) // of manifests; nil: they are not signed
}

// New returns a job with an id of its own.
func New(s config.Settings, store *s3store.Store, log *slog.Logger, stdout, stderr io.Writer) *Job {
	id := newID(time.Now())
	if s.Report.JobID != "" {
		log = log.With("job_id", s.Report.JobID)
	}
	return &Job{
		Settings: s, ID: id, Store: store, Log: log, Stdout: stdout, Stderr: stderr, before: store.RequestsByBucket(),
		Deadline: s.Deadline, Reports: config.ReportsOf(s.Reports, id),
		again: s3store.Repeating{Store: store, Retrier: retry.New(s.Retry)},
	}
}

// newID names a run: when it began, and something to tell two of a second
// apart.
func newID(started time.Time) string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return started.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}

// Work is what a job is there for. It puts every outcome into r.Report and may
// say more of the run in r.About. Its error says why the run is not complete; a
// *config.Error is a mistake that was found before anything was touched.
type Work func(ctx context.Context, r *Running) (pipeline.Result, error)

// Running is a job that has what it needs for itself.
type Running struct {
	*Job
	Report  *report.Report
	About   report.Run       // what the report says of the run
	Plan    *report.Plan     // nil: none
	Sent    map[string]int64 // requests, by operation; nil: those that the store has sent for this job
	Journal copier.Journal   // nil: none

	end       ending
	table     *pricing.Table // of what requests cost
	region    string         // of the source; empty: not known
	requested string         // tier that a request has named for its restores; empty: none
	owned     []func()       // gives back what the job has taken, the last first
	besides   []string       // what the run costs beside its requests and restores, in words
	goOn      string         // the command line that goes on with what this job has begun; empty: there is nothing
}

// Do does the work under the job's lock, with its journal and until its
// deadline, and delivers its report. When ctx ends the work is stopped; its cause
// is why.
func (j *Job) Do(ctx context.Context, work Work) Result {
	signed, err := j.signing()
	if early, ok := refused(err); ok {
		return early
	}
	j.signed = signed
	table, err := j.prices()
	if early, ok := refused(err); ok {
		return early
	}
	ctx, stop := untilDeadline(ctx, j.Deadline)
	defer stop()
	if err := j.findTemp(); err != nil {
		early, _ := refused(err)
		return early
	}
	r := &Running{Job: j, end: newEnding(ctx, j.Deadline), Report: j.newReport(j.Settings.Report.Rows, j.Settings.Report.JobID)}
	defer r.close()
	r.About = report.Run{ID: j.ID, Command: j.Command, Version: j.Version, StartedAt: time.Now(), Source: j.Scan.Bucket, Prefix: j.Scan.Prefix, Targets: j.targets()}
	r.table, r.About.JobID = table, j.Settings.Report.JobID
	ctx, err = r.begin(r.end.attach(ctx))
	result := pipeline.Result{StartedAt: r.About.StartedAt}
	if err == nil {
		r.announceStart(ctx)
		r.sign(ctx)
		result, err = work(ctx, r)
	}
	return r.finish(ctx, result, err)
}

// targets are the archive buckets.
func (j *Job) targets() []string {
	if j.Scan.Router == nil {
		return nil
	}
	return j.Scan.Router.Buckets()
}

// begin takes what a run needs for itself. A folder for the journal comes before
// the lock: what is wrong about it is found before anything is touched. The
// context ends when a lock is lost.
func (r *Running) begin(ctx context.Context) (context.Context, error) {
	steps := []func(context.Context) (context.Context, error){r.journalInFolder, r.lock, r.journalInBucket}
	for _, step := range steps {
		next, err := step(ctx)
		if err != nil {
			return ctx, err
		}
		ctx = next
	}
	return ctx, nil
}

// own has give called at the end of the job.
func (r *Running) own(give func()) { r.owned = append(r.owned, give) }

func (r *Running) close() {
	for i := len(r.owned) - 1; i >= 0; i-- {
		r.owned[i]()
	}
	r.Report.Close()
	r.end.close()
}

// KeepRows begins the report anew with another choice of rows, before it has any.
func (r *Running) KeepRows(rows report.Rows) { r.renewReport(rows) }

// renewReport begins the report anew: what it has is given up.
func (r *Running) renewReport(rows report.Rows) {
	r.Report.Close()
	r.Report = r.newReport(rows, r.About.JobID)
}

func (j *Job) newReport(rows report.Rows, jobID string) *report.Report {
	return report.New(report.Options{Rows: rows, Command: j.Command, Catalog: j.Catalog != "", TempDir: j.tempDir, JobID: jobID})
}

// requests are those that this job has sent.
func (r *Running) requests() map[string]int64 {
	if r.Sent != nil {
		return r.Sent
	}
	return byOperation(r.sent())
}

// sent are the requests that the store has sent for this job, by bucket and
// operation.
func (r *Running) sent() map[string]map[string]int64 {
	sent := r.Store.RequestsByBucket()
	for bucket, requests := range r.before {
		for op, n := range requests {
			if sent[bucket][op] -= n; sent[bucket][op] == 0 {
				delete(sent[bucket], op)
			}
		}
	}
	return sent
}

// byOperation adds requests up over all buckets.
func byOperation(all map[string]map[string]int64) map[string]int64 {
	sum := map[string]int64{}
	for _, requests := range all {
		for op, n := range requests {
			sum[op] += n
		}
	}
	return sum
}
