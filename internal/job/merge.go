package job

import (
	"context"
	"errors"

	"reconcile/internal/merge"
	"reconcile/internal/pipeline"
	"reconcile/internal/report"
)

// Merge is the job of merge: it joins what workers have reported. plans and
// results are paths and s3:// addresses.
func (j *Job) Merge(ctx context.Context, plans, results []string) Result {
	if err := j.findTemp(); err != nil {
		return refused(err)
	}
	o, err := j.mergeOptions(plans, results)
	if err != nil {
		return Result{State: Invalid, Err: err}
	}
	m := merge.New(o)
	defer m.Close()
	return j.Do(ctx, func(ctx context.Context, r *Running) (pipeline.Result, error) {
		return r.merge(ctx, m)
	})
}

// mergeOptions opens the places that are read.
func (j *Job) mergeOptions(plans, results []string) (merge.Options, error) {
	in := j.files()
	o := merge.Options{Attempts: j.Retry.Attempts, Log: j.Log, TempDir: j.tempDir}
	for _, address := range plans {
		at, name, err := in.folder(address)
		if err != nil {
			return o, err
		}
		o.Plans = append(o.Plans, merge.Plan{Folder: at, Name: name})
	}
	for _, address := range results {
		at, err := in.results(address)
		if err != nil {
			return o, err
		}
		o.Results = append(o.Results, at)
	}
	return o, nil
}

// merge joins. One that was interrupted has no report: half a merge proves
// nothing.
func (r *Running) merge(ctx context.Context, m *merge.Merger) (pipeline.Result, error) {
	var result pipeline.Result
	if err := m.Read(ctx); err != nil {
		return result, &silentError{err}
	}
	head := m.Head()
	rows := head.Rows // what reports have left out cannot be brought back
	if r.Settings.Report.Rows == report.RowsChanges {
		rows = report.RowsChanges
	}
	r.KeepRows(rows)
	if err := m.Rows(ctx, r.Report.AddRow); err != nil {
		return result, &silentError{err}
	}
	head = m.Head() // with what only the rows told
	r.Report.AddCounts(head.Unseen)
	r.About.Source, r.About.Prefix, r.About.Targets, r.About.Inventories = head.Source, head.Prefix, head.Targets, head.Inventories
	r.Sent = head.Requests
	result.Summary, result.Notes = r.Report.Summary(), head.Notes
	if !head.Complete {
		return result, errors.New(head.Error)
	}
	return result, nil
}
