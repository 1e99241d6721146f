package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/pipeline"
	"reconcile/internal/report"
)

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

	end   ending
	bill  bill
	owned []func() // gives back what the job has taken, the last first
	tier  string   // that a request has named for its restores; empty: none
	goOn  string   // the command line that goes on with what this job has begun; empty: there is nothing
}

// Do does the work under the job's lock, with its journal and until its
// deadline, and delivers its report. When ctx ends the work is stopped; its cause
// is why.
func (j *Job) Do(ctx context.Context, work Work) Result {
	ctx, stop := untilDeadline(ctx, j.Deadline)
	defer stop()
	r, err := j.running(ctx)
	if err != nil {
		return refused(err)
	}
	defer r.close()
	var result pipeline.Result
	if ctx, err = r.begin(r.end.attach(ctx)); err == nil {
		r.announcer().begun(ctx, &r.About)
		r.sign(ctx)
		result, err = work(ctx, r)
	}
	if result.StartedAt.IsZero() {
		result.StartedAt = r.About.StartedAt
	}
	return r.finish(ctx, result, err)
}

func (j *Job) running(ctx context.Context) (*Running, error) {
	table, err := readPrices(j.Prices)
	if err == nil {
		err = j.prepare()
	}
	if err != nil {
		return nil, err
	}
	r := &Running{Job: j, end: newEnding(ctx, j.Deadline), bill: bill{requests: j.sent, table: table, source: j.Scan.Bucket}}
	r.About = report.Run{
		ID: j.ID, JobID: j.Settings.Report.JobID, Command: j.Command, Version: j.Version,
		StartedAt: time.Now(), Source: j.Scan.Bucket, Prefix: j.Scan.Prefix, Targets: j.Scan.Router.Buckets(),
	}
	r.KeepRows(j.Settings.Report.Rows)
	return r, nil
}

// begin takes what a run needs for itself. A folder for the journal comes before
// the lock: what is wrong about it is found before anything is touched. A plan
// writes nothing that another run could be disturbed by, and opens no uploads. The
// context ends when a lock is lost.
func (r *Running) begin(ctx context.Context) (context.Context, error) {
	if r.Command == "plan" {
		return ctx, nil
	}
	j := &journalOpener{locker: r.locker(), dir: r.JournalDir, at: r.JournalAt, onDemand: r.JournalOnDemand}
	if err := j.openDir(ctx); err != nil {
		return ctx, err
	}
	locked, err := j.takeOwn(ctx)
	if err != nil {
		return ctx, err
	}
	both, err := j.openBucket(locked)
	if err != nil {
		return locked, err
	}
	r.Journal = j.journal
	return both, nil
}

// own has give called at the end of the job.
func (r *Running) own(give func()) { r.owned = append(r.owned, give) }

// note says something that a reader of the report should know.
func (r *Running) note(format string, args ...any) {
	r.About.Notes = append(r.About.Notes, fmt.Sprintf(format, args...))
}

func (r *Running) close() {
	for i := len(r.owned) - 1; i >= 0; i-- {
		r.owned[i]()
	}
	r.Report.Close()
	r.end.close()
}

// KeepRows begins the report anew with another choice of rows: what it has is
// given up.
func (r *Running) KeepRows(rows report.Rows) {
	if r.Report != nil {
		r.Report.Close()
	}
	r.Report = report.New(report.Options{Rows: rows, Command: r.Command, Catalog: r.Catalog != "", TempDir: r.tempDir, JobID: r.About.JobID})
}

// finish delivers the report, says what the run came to, and judges it.
func (r *Running) finish(ctx context.Context, result pipeline.Result, runErr error) Result {
	if early := refused(runErr); early.State != Incomplete {
		return early
	}
	var silent *silentError
	if errors.As(runErr, &silent) {
		return judge(ctx, r.Command, result.Summary, silent.error, nil)
	}
	result.Notes = append(append(r.About.Notes, result.Notes...), unusual(&r.Settings, &r.About, result, runErr)...)
	if note := result.Summary.UnprovedNote(); note != "" {
		result.Notes = append(result.Notes, note)
	}
	code := judge(ctx, r.Command, result.Summary, runErr, nil).ExitCode() // where the reports are delivered
	r.About.ExitCode = &code
	deliverErr := r.deliver(result, why(ctx, runErr))
	result.Summary.Requests = r.requests()
	got := judge(ctx, r.Command, result.Summary, runErr, deliverErr)
	if !r.Quiet {
		r.summary().tell(result, got, why(ctx, runErr), deliverErr)
	}
	r.announcer().ended(r.end.last, &r.About, got.ExitCode(), got.Summary)
	got.Digest, _ = r.Report.Digest(r.About, r.requests()) // an error is the report's, which has been told
	return got
}

// deliver writes the report, also when the run was stopped: what is owed has
// its own end.
func (r *Running) deliver(result pipeline.Result, runErr error) error {
	r.About.StartedAt, r.About.Complete, r.About.Notes = result.StartedAt, runErr == nil, result.Notes
	if runErr != nil {
		r.About.Error = runErr.Error()
	}
	if r.Command == "plan" && r.PlanOf == "run" {
		r.Plan = r.bill.planned(result.Planned, r.Scan.Router.Buckets())
	}
	restores := 0.0
	if result.Spent != nil {
		restores = result.Spent.Cost
	}
	r.About.Cost = r.bill.spent(r.Command, restores)
	return r.Report.Write(r.end.report, r.About, r.requests(), r.Plan, r.Reports, r.sinks())
}

// requests are those that this job has sent, by operation.
func (r *Running) requests() map[string]int64 {
	if r.Sent != nil {
		return r.Sent
	}
	return r.bill.sent().byOperation()
}
