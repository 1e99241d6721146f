package job

import (
	"context"
	"io"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/s3store"
)

// sinks are where the job's reports go.
func (j *Job) sinks() report.Sinks {
	return report.Sinks{Stdout: j.Stdout, Upload: uploader{j.again}.upload, Standing: j.again.Standing, Manifests: true, Sign: j.signed}
}

// uploader uploads reports.
type uploader struct{ store s3store.Repeating }

// upload writes a report. On a server that knows no conditions, what stands
// there has been looked at, and that has to do.
func (u uploader) upload(ctx context.Context, at reconcile.Location, body io.Reader, contentType string, when reconcile.Precondition) error {
	err := u.store.UploadWhen(ctx, at, body, contentType, when)
	if !when.Off && reconcile.NotImplemented(err) {
		if _, err := body.(io.Seeker).Seek(0, io.SeekStart); err != nil {
			return err
		}
		return u.store.UploadWhen(ctx, at, body, contentType, reconcile.Precondition{Off: true})
	}
	return err
}
