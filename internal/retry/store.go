package retry

import (
	"context"
	"io"

	"reconcile/internal/reconcile"
)

// Ask is Do of a request that has an answer.
func Ask[T any](ctx context.Context, r *Retrier, bucket string, send func() (T, error)) (answer T, err error) {
	_, err = r.Do(ctx, bucket, func() (err error) {
		answer, err = send()
		return err
	})
	return answer, err
}

// Lister lists, and asks for a page again where that is worth it.
type Lister struct {
	Store interface {
		List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error)
	}
	Retrier *Retrier
}

// List asks for a page.
func (l Lister) List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	return Ask(ctx, l.Retrier, req.Bucket, func() (reconcile.Page, error) { return l.Store.List(ctx, req) })
}

// Reader reads whole objects, and begins anew where a body breaks off.
type Reader struct {
	Store interface {
		Open(ctx context.Context, at reconcile.Location) (io.ReadCloser, error)
	}
	Retrier *Retrier
}

// Read gives take the content of an object. It is called again, with the content
// from its beginning, where its error is one of reading that passes.
func (r Reader) Read(ctx context.Context, at reconcile.Location, take func(body io.Reader) error) error {
	_, err := r.Retrier.Do(ctx, at.Bucket, func() error {
		body, err := r.Store.Open(ctx, at)
		if err != nil {
			return err
		}
		defer body.Close()
		return take(body)
	})
	return err
}
