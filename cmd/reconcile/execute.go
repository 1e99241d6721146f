package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/copier"
	"reconcile/internal/keylist"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/retry"
	"reconcile/internal/s3store"
	"reconcile/internal/scan"
)

// progressEvery is the time between two lines of progress.
const progressEvery = 10 * time.Second

// execute carries out one job: it opens the store, runs, delivers the report,
// and says by its error what the exit code is.
func execute(ctx context.Context, out streams, s config.Settings) error {
	ctx, stop := untilSignal(ctx, out.err)
	defer stop()
	ctx, stop = untilDeadline(ctx, s.Deadline)
	defer stop()
	log := newLogger(out.err, s)
	for _, w := range s.Warnings {
		log.Warn(w)
	}
	store, err := s3store.Open(ctx, s.Store)
	if err != nil {
		return usageError(err, "") // it reads configuration only: nothing has been sent
	}
	return newExecution(s, out, log, store).begin(ctx)
}

// begin takes what a run needs for itself, and runs. A folder for the journal
// comes before the lock: what is wrong about it is found before anything is
// touched.
func (e *execution) begin(ctx context.Context) error {
	run := e.run
	if e.JournalAt.Key != "" && e.Command != "plan" { // a plan opens no uploads
		run = e.journaledInBucket
	}
	if e.Lock.Key != "" {
		inner := run
		run = func(ctx context.Context) error { return e.locked(ctx, e.Lock, inner) }
	}
	if e.JournalDir != "" && e.Command != "plan" {
		return e.journaledInFolder(ctx, run)
	}
	return run(ctx)
}

// execution is one job being carried out.
type execution struct {
	config.Settings
	streams
	id       string // of the run
	log      *slog.Logger
	store    *s3store.Store
	journal  copier.Journal     // nil: none
	excluded *keylist.Set       // nil: none
	part     *report.Shard      // that is looked at; nil: all
	listed   []report.Inventory // in place of a bucket

	before  map[string]int64 // requests that the store has sent for others
	learned *copier.Learned  // nil: nothing
	end     time.Time        // nothing may last longer, be it owed or not; zero: no end
	work    func(context.Context, *pipeline.Job) (pipeline.Result, error)
	written func(*report.Report, report.Run) // is called once the report is written; nil: nobody is
}

func newExecution(s config.Settings, out streams, log *slog.Logger, store *s3store.Store) *execution {
	id := runID(time.Now())
	s.Reports = config.ReportsOf(s.Reports, id)
	return &execution{
		Settings: s, streams: out, log: log, store: store, id: id,
		work: func(ctx context.Context, j *pipeline.Job) (pipeline.Result, error) { return j.Run(ctx) },
	}
}

// requests are those that this job has sent.
func (e *execution) requests() map[string]int64 {
	sent := e.store.Requests()
	for op, n := range e.before {
		if sent[op] -= n; sent[op] == 0 {
			delete(sent, op)
		}
	}
	return sent
}

// late returns a context for what is owed although ctx has ended.
func (e *execution) late(ctx context.Context, atMost time.Duration) (context.Context, context.CancelFunc) {
	if !e.end.IsZero() {
		atMost = min(atMost, time.Until(e.end))
	}
	return context.WithTimeout(context.WithoutCancel(ctx), atMost)
}

func (e *execution) run(ctx context.Context) error {
	rep := report.New(report.Options{Rows: report.Rows(e.ReportRows), Command: e.Command})
	defer rep.Close()
	e.log.Info(e.Command+" started",
		"source", "s3://"+e.Source+"/"+e.Prefix, "targets", e.Router.Buckets(), "version", e.Version)
	result, runErr := e.attempt(ctx, rep)
	var exit *exitError
	if errors.As(runErr, &exit) && exit.code == exitUsage {
		return runErr
	}
	return e.finish(ctx, rep, result, runErr)
}

// notBegun ends a run that could not begin: its report says why.
func (e *execution) notBegun(ctx context.Context, err error) error {
	rep := report.New(report.Options{Rows: report.Rows(e.ReportRows), Command: e.Command})
	defer rep.Close()
	return e.finish(ctx, rep, pipeline.Result{StartedAt: time.Now(), Summary: rep.Summary()}, err)
}

// finish reports what a run came to.
func (e *execution) finish(ctx context.Context, rep *report.Report, result pipeline.Result, runErr error) error {
	deliverErr := e.deliver(ctx, rep, result, runErr)
	result.Summary.Requests = e.requests()
	e.tell(result, runErr, deliverErr)
	return e.verdict(ctx, result, runErr, deliverErr)
}

// attempt runs the job, once the list of excluded keys is there.
func (e *execution) attempt(ctx context.Context, rep *report.Report) (result pipeline.Result, err error) {
	result.StartedAt = time.Now()
	e.excluded, err = e.excludedKeys(ctx)
	if err != nil {
		return result, err
	}
	all, err := e.loadInventories(ctx)
	if err != nil {
		return result, err
	}
	defer all.close()
	j := e.job(rep)
	j.Scan.Inventories = all.listers()
	if j.Scan.Range, err = e.divide(ctx, j.Scan); err != nil {
		return result, err
	}
	return e.withManifest(ctx, j)
}

// job puts the parts of a run together.
func (e *execution) job(rep *report.Report) *pipeline.Job {
	again := e.retrier()
	j := &pipeline.Job{
		Command: e.Command, Store: e.store, Report: rep, Log: e.log, Excluded: e.excluded,
		Scan: scan.Options{
			Bucket: e.Source, Prefix: e.Prefix, Router: e.Router, Policy: e.Policy,
			Mode: scan.RestoreMode(e.RestoreStatus), Amazon: e.store.Amazon(e.Source), Prefer: scan.Prefer(e.Prefer),
			Retry: again, Now: time.Now,
		},
		Copy: copier.Options{
			Policy: e.Policy, Retry: again, Concurrency: e.Concurrency, Floor: e.MinConcurrency, Ceiling: e.MaxConcurrency, MaxRestarts: e.Attempts,
			Layout: copier.Layout(e.Layout), Threshold: e.MultipartThreshold, PartSize: e.PartSize,
			Plan: e.Command == "plan", Grace: deadlineGrace(e.Deadline), Now: time.Now, Log: e.log, Trusted: e.store.Amazon,
			ExtendDays: e.ExtendDays, RemoveUnproved: e.RemoveUnproved, Run: e.id, Journal: e.journal, Learned: e.learned,
		},
	}
	if !e.Quiet {
		j.Progress = progressEvery
	}
	return j
}

func (e *execution) retrier() *retry.Retrier {
	return retry.New(retry.Options{Attempts: e.Attempts, Delay: e.RetryDelay, Patience: e.ThrottlePatience})
}

// deliveryGrace is how long an interrupted run may take to deliver its report.
const deliveryGrace = 2 * time.Second

// deliver writes the report, also when the run was interrupted.
func (e *execution) deliver(ctx context.Context, rep *report.Report, result pipeline.Result, runErr error) error {
	run := report.Run{
		ID: e.id, Command: e.Command, Version: e.Version,
		StartedAt: result.StartedAt, Complete: runErr == nil,
		Source: e.Source, Prefix: e.Prefix, Targets: e.Router.Buckets(),
		Notes: result.Notes, Shard: e.part, Inventories: e.listed,
	}
	if runErr != nil {
		run.Error = reason(ctx, runErr)
	}
	var plan *report.Plan
	if e.Command == "plan" {
		plan = &report.Plan{Objects: result.Planned.Objects, Bytes: result.Planned.Bytes, Requests: result.Planned.Requests}
	}
	if ctx.Err() != nil {
		late, cancel := e.late(ctx, deliveryGrace)
		defer cancel()
		ctx = late
	}
	err := rep.Write(ctx, run, e.requests(), plan, e.Reports, report.Sinks{Stdout: e.out, Upload: e.upload})
	if e.written != nil {
		e.written(rep, run)
	}
	return err
}

func (e *execution) upload(ctx context.Context, bucket, key string, body io.Reader, contentType string) error {
	return e.store.Upload(ctx, reconcile.Location{Bucket: bucket, Key: key}, body, contentType)
}

// verdict says by an exit code what the run came to.
func (e *execution) verdict(ctx context.Context, result pipeline.Result, runErr, deliverErr error) error {
	cause := context.Cause(ctx)
	var interrupted *signalError
	code := exitOK
	switch {
	case runErr != nil && errors.As(cause, &interrupted):
		code, runErr = interrupted.exitCode(), nil // the signal's handler has said it
	case runErr != nil && errors.Is(cause, errDeadline) && deliverErr == nil:
		code, runErr = exitUnsettled, errDeadline
	case runErr != nil || deliverErr != nil:
		code = exitIncomplete
		if cause != nil && errors.Is(runErr, context.Canceled) {
			runErr = cause // a lost lock, for one
		}
	case result.Summary.Broken(e.Command) > 0:
		code = exitUnsettled
		if e.Quiet {
			runErr = unsettled(result.Summary, e.Command)
		}
	}
	if code == exitOK {
		return nil
	}
	return &exitError{code: code, err: errors.Join(runErr, deliverErr)}
}

// unsettled says in one line what a quiet run would otherwise end without a
// word about.
func unsettled(s reconcile.Summary, command string) error {
	var parts []string
	for _, status := range reconcile.Statuses() {
		if n := s.Counts[status]; n > 0 && status.Breaks(command) {
			parts = append(parts, fmt.Sprintf("%d %s", n, status))
		}
	}
	return fmt.Errorf("not everything is reconciled: %s", strings.Join(parts, ", "))
}

// reason says in the report why the run is not complete.
func reason(ctx context.Context, err error) string {
	if cause := context.Cause(ctx); cause != nil {
		return cause.Error()
	}
	return err.Error()
}

// runID names a run: when it began, and something to tell two of a second
// apart.
func runID(started time.Time) string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return started.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}

// newLogger logs to stderr in the format asked for.
func newLogger(w io.Writer, s config.Settings) *slog.Logger {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	if s.Quiet {
		o.Level = slog.LevelError
	}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
