package s3store

import (
	"context"
	"io"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// Repeating is a Store whose requests are sent again where that is worth it, for
// all that a job does for itself: locks, journals, lists, inventories, reports,
// jobs of S3 Batch Operations. Those that copy, upload, or have a body to read
// back are the Store's own. A conditional write is sent again as any other one:
// after an answer that was lost it meets its own condition, and whoever writes
// under one looks at what is there then.
type Repeating struct {
	*Store
	Retrier *retry.Retrier
}

// List asks for a page.
func (s Repeating) List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	return retry.Lister{Store: s.Store, Retrier: s.Retrier}.List(ctx, req)
}

// Read gives take the content of an object, from its beginning as often as it
// breaks off.
func (s Repeating) Read(ctx context.Context, at reconcile.Location, take func(body io.Reader) error) error {
	return retry.Reader{Store: s.Store, Retrier: s.Retrier}.Read(ctx, at, take)
}

// Open opens an object. What breaks off while it is read is not begun anew.
func (s Repeating) Open(ctx context.Context, at reconcile.Location) (io.ReadCloser, error) {
	return retry.Ask(ctx, s.Retrier, at.Bucket, func() (io.ReadCloser, error) { return s.Store.Open(ctx, at) })
}

// Standing opens an object and returns its ETag, as Open does.
func (s Repeating) Standing(ctx context.Context, at reconcile.Location) (body io.ReadCloser, etag string, err error) {
	_, err = s.Retrier.Do(ctx, at.Bucket, func() (err error) { body, etag, err = s.Store.Standing(ctx, at); return err })
	return body, etag, err
}

// Head looks at an object.
func (s Repeating) Head(ctx context.Context, at reconcile.Location) (reconcile.Detail, error) {
	return retry.Ask(ctx, s.Retrier, at.Bucket, func() (reconcile.Detail, error) { return s.Store.Head(ctx, at) })
}

// ReadDocument reads a small object.
func (s Repeating) ReadDocument(ctx context.Context, at reconcile.Location) (reconcile.Document, error) {
	return retry.Ask(ctx, s.Retrier, at.Bucket, func() (reconcile.Document, error) { return s.Store.ReadDocument(ctx, at) })
}

// WriteDocument writes a small object.
func (s Repeating) WriteDocument(ctx context.Context, at reconcile.Location, body []byte, p reconcile.Precondition) (etag string, err error) {
	return retry.Ask(ctx, s.Retrier, at.Bucket, func() (string, error) { return s.Store.WriteDocument(ctx, at, body, p) })
}

// RemoveDocument deletes a small object.
func (s Repeating) RemoveDocument(ctx context.Context, at reconcile.Location) error {
	_, err := s.Retrier.Do(ctx, at.Bucket, func() error { return s.Store.RemoveDocument(ctx, at) })
	return err
}

// CreateBatchJob creates a job: requests with the same token are one job.
func (s Repeating) CreateBatchJob(ctx context.Context, j BatchJob) (id string, err error) {
	return retry.Ask(ctx, s.Retrier, j.Manifest.Bucket, func() (string, error) { return s.Store.CreateBatchJob(ctx, j) })
}

// DescribeBatchJob asks how a job stands.
func (s Repeating) DescribeBatchJob(ctx context.Context, r BatchJobRef) (BatchJobState, error) {
	return retry.Ask(ctx, s.Retrier, r.Bucket, func() (BatchJobState, error) { return s.Store.DescribeBatchJob(ctx, r) })
}
