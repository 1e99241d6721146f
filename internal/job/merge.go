package job

import (
	"context"
	"errors"
	"path"

	"reconcile/internal/merge"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/storage"
)

// Merge is the job of merge: it joins what workers have reported. plans and
// results are paths and s3:// addresses.
func (j *Job) Merge(ctx context.Context, plans, results []string) Result {
	if err := j.findTemp(); err != nil {
		early, _ := refused(err)
		return early
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
	o := merge.Options{Attempts: j.Retry.Attempts, Log: j.Log, TempDir: j.tempDir}
	for _, address := range plans {
		at, name, err := j.folderOf(address)
		if err != nil {
			return o, err
		}
		o.Plans = append(o.Plans, merge.Plan{Folder: at, Name: name})
	}
	for _, address := range results {
		at, err := j.resultsAt(address)
		if err != nil {
			return o, err
		}
		o.Results = append(o.Results, at)
	}
	return o, nil
}

// folderOf opens the folder of a file.
func (j *Job) folderOf(address string) (at storage.Folder, name string, err error) {
	folder, name, err := storage.Split(address)
	if err != nil {
		return nil, "", err
	}
	if reconcile.InS3(folder) {
		at, err = storage.OpenBucket(j.again, folder)
		return at, name, err
	}
	at, err = storage.OpenDir(folder)
	return at, name, err
}

func (j *Job) resultsAt(address string) (storage.Folder, error) {
	switch {
	case !reconcile.InS3(address):
		return storage.OpenDir(address)
	case isFile(address):
		return storage.OpenObject(j.again, address)
	}
	return storage.OpenBucket(j.again, address)
}

// isFile reports whether an address in S3 names one file rather than a prefix.
func isFile(address string) bool {
	switch path.Ext(address) {
	case ".json", ".jsonl", ".csv":
		return true
	}
	return false
}

// merge joins. One that was interrupted has no report: half a merge proves
// nothing.
func (r *Running) merge(ctx context.Context, m *merge.Merger) (pipeline.Result, error) {
	result := pipeline.Result{StartedAt: r.About.StartedAt}
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
