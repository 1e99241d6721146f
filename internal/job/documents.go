package job

import (
	"context"
	"io"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
	"reconcile/internal/s3store"
)

// documents are the small objects that a job reads and writes for itself: each
// request is repeated when it fails for a passing reason.
type documents struct {
	store *s3store.Store
	again *retry.Retrier
}

func (j *Job) documents() *documents { return &documents{j.Store, j.again} }

func (d *documents) ReadDocument(ctx context.Context, at reconcile.Location) (doc reconcile.Document, err error) {
	_, err = d.again.Do(ctx, at.Bucket, func() (err error) {
		doc, err = d.store.ReadDocument(ctx, at)
		return err
	})
	return doc, err
}

func (d *documents) WriteDocument(ctx context.Context, at reconcile.Location, body []byte, g reconcile.Precondition) (etag string, err error) {
	_, err = d.again.Do(ctx, at.Bucket, func() (err error) {
		etag, err = d.store.WriteDocument(ctx, at, body, g)
		return err
	})
	return etag, err
}

// readAll reads an object as a whole, however large it is.
func (d *documents) readAll(ctx context.Context, at reconcile.Location) (text []byte, err error) {
	_, err = d.again.Do(ctx, at.Bucket, func() error {
		body, err := d.store.Download(ctx, at)
		if err != nil {
			return err
		}
		defer body.Close()
		text, err = io.ReadAll(body)
		return err
	})
	return text, err
}
