package job

import (
	"context"
	"io"

	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// deliver writes the report, also when the run was stopped: what is owed has
// its own end.
func (r *Running) deliver(result pipeline.Result, runErr error) error {
	r.About.StartedAt, r.About.Complete, r.About.Notes = result.StartedAt, runErr == nil, result.Notes
	if runErr != nil {
		r.About.Error = runErr.Error()
	}
	if r.Command == "plan" {
		r.Plan = planned(result.Planned)
	}
	return r.Report.Write(r.end.attach(r.end.report), r.About, r.requests(), r.Plan, r.Reports, report.Sinks{Stdout: r.Stdout, Upload: r.upload})
}

func (r *Running) upload(ctx context.Context, bucket, key string, body io.Reader, contentType string) error {
	return r.Store.Upload(ctx, reconcile.Location{Bucket: bucket, Key: key}, body, contentType)
}
