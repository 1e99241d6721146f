package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/merge"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/s3store"
	"reconcile/internal/storage"
)

func (p program) merge(ctx context.Context, s config.Settings, in joining) error {
	ctx, stop := untilSignal(ctx, p.streams.err)
	defer stop()
	store, err := s3store.Open(ctx, s.Store)
	if err != nil {
		return usageError(err, "")
	}
	e := newExecution(s, p.streams, newLogger(p.streams.err, s), store)
	o, err := e.mergeOptions(in)
	if err != nil {
		return usageError(err, "")
	}
	m := merge.New(o)
	defer m.Close()
	err = e.merge(ctx, m)
	var interrupted *signalError
	if err != nil && errors.As(context.Cause(ctx), &interrupted) {
		return &exitError{code: interrupted.exitCode()} // half a merge proves nothing
	}
	return err
}

// mergeOptions opens the places that are read.
func (e *execution) mergeOptions(in joining) (merge.Options, error) {
	o := merge.Options{Attempts: e.Attempts, Log: e.log}
	for _, address := range in.plans {
		at, name, err := e.folderOf(address)
		if err != nil {
			return o, err
		}
		o.Plans = append(o.Plans, merge.Plan{Place: at, Name: name})
	}
	for _, address := range in.results {
		at, err := e.resultsAt(address)
		if err != nil {
			return o, err
		}
		o.Results = append(o.Results, at)
	}
	return o, nil
}

// folderOf opens the folder of a file.
func (e *execution) folderOf(address string) (at storage.Place, name string, err error) {
	folder, name, err := storage.Split(address)
	if err != nil {
		return nil, "", err
	}
	if strings.HasPrefix(folder, "s3://") {
		at, err = storage.OpenBucket(e.store, e.retrier(), folder)
		return at, name, err
	}
	at, err = storage.OpenDir(folder)
	return at, name, err
}

func (e *execution) resultsAt(address string) (storage.Place, error) {
	switch {
	case !strings.HasPrefix(address, "s3://"):
		return storage.OpenDir(address)
	case isFile(address):
		return storage.OpenObject(e.store, e.retrier(), address)
	}
	return storage.OpenBucket(e.store, e.retrier(), address)
}

// merge joins, reports and says by its error what the exit code is.
func (e *execution) merge(ctx context.Context, m *merge.Merger) error {
	started := time.Now()
	if err := m.Read(ctx); err != nil {
		return err
	}
	head := m.Head()
	rows := head.Rows // what reports have left out cannot be brought back
	if e.ReportRows == string(report.RowsChanges) {
		rows = report.RowsChanges
	}
	rep := report.New(report.Options{Rows: rows, Command: e.Command})
	defer rep.Close()
	rep.AddCounts(head.Unseen)
	if err := m.Rows(ctx, rep.AddRow); err != nil {
		return err
	}
	head = m.Head() // with the notes that only the rows gave
	result := pipeline.Result{StartedAt: started, Summary: rep.Summary(), Notes: head.Notes}
	result.Summary.Requests = head.Requests
	var runErr error
	if !head.Complete {
		runErr = errors.New(head.Error)
	}
	deliverErr := rep.Write(ctx, e.mergedRun(started, head), head.Requests, nil, e.Reports, report.Sinks{Stdout: e.out, Upload: e.upload})
	e.tell(result, runErr, deliverErr)
	return e.mergeVerdict(result.Summary, runErr, deliverErr)
}

func (e *execution) mergedRun(started time.Time, head merge.Head) report.Run {
	return report.Run{
		ID: e.id, Command: e.Command, Version: e.Version, StartedAt: started,
		Complete: head.Complete, Error: head.Error,
		Source: head.Source, Prefix: head.Prefix, Targets: head.Targets, Notes: head.Notes, Inventories: head.Inventories,
	}
}

// mergeVerdict is the exit code. What a worker was not in time for breaks a
// merge too: nobody else is going to do it.
func (e *execution) mergeVerdict(s reconcile.Summary, runErr, deliverErr error) error {
	switch {
	case runErr != nil || deliverErr != nil:
		return &exitError{code: exitIncomplete, err: errors.Join(runErr, deliverErr)}
	case s.Broken(e.Command)+s.Counts[reconcile.Canceled] == 0:
		return nil
	case e.Quiet:
		return &exitError{code: exitUnsettled, err: unsettled(s, e.Command)}
	}
	return &exitError{code: exitUnsettled}
}
