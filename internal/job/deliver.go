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
	if r.Command == "plan" && r.PlanOf == "run" {
		r.Plan = r.planned(result.Planned)
	}
	restores := 0.0
	if result.Spent != nil {
		restores = result.Spent.Cost
	}
	r.About.Cost = r.spent(restores)
	return r.Report.Write(r.end.attach(r.end.report), r.About, r.requests(), r.Plan, r.Reports, r.sinks())
}

func (r *Running) sinks() report.Sinks {
	return report.Sinks{Stdout: r.Stdout, Upload: r.upload, Standing: r.again.Standing, Manifests: true, Sign: r.signed}
}

// upload writes a report. On a server that knows no conditions, what stands
// there has been looked at, and that has to do.
func (r *Running) upload(ctx context.Context, at reconcile.Location, body io.Reader, contentType string, when reconcile.Precondition) error {
	err := r.Store.UploadWhen(ctx, at, body, contentType, when)
	if !when.Off && reconcile.NotImplemented(err) {
		if _, err := body.(io.Seeker).Seek(0, io.SeekStart); err != nil {
			return err
		}
		return r.Store.UploadWhen(ctx, at, body, contentType, reconcile.Precondition{Off: true})
	}
	return err
}
