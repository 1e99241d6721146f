package journal

import (
	"context"
	"errors"
	"strings"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// Store is what a journal in a bucket asks of S3. Errors are *reconcile.Error.
type Store interface {
	List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error)
	ReadDocument(ctx context.Context, at reconcile.Location) (reconcile.Document, error)
	WriteDocument(ctx context.Context, at reconcile.Location, body []byte, g reconcile.Precondition) (etag string, err error)
	RemoveDocument(ctx context.Context, at reconcile.Location) error
}

// bucket keeps each entry in an object. Nobody else writes them: whoever opens
// it holds a lease.
type bucket struct {
	store Store
	retry *retry.Retrier
	at    reconcile.Location // Key is a prefix
}

// OpenBucket opens the journal under a prefix of a bucket. Two runs must not
// have it at once; see package lease.
func OpenBucket(ctx context.Context, store Store, r *retry.Retrier, at reconcile.Location) (*Journal, error) {
	if at.Key != "" && !strings.HasSuffix(at.Key, "/") {
		at.Key += "/"
	}
	return open(ctx, &bucket{store, r, at})
}

func (b *bucket) list(ctx context.Context) (map[string][]byte, error) {
	all := map[string][]byte{}
	req := reconcile.ListRequest{Bucket: b.at.Bucket, Prefix: b.at.Key}
	for {
		var page reconcile.Page
		err := b.do(ctx, func() (err error) { page, err = b.store.List(ctx, req); return err })
		if err != nil {
			return nil, err
		}
		for _, o := range page.Objects {
			if err := b.read(ctx, o.Key, all); err != nil {
				return nil, err
			}
		}
		if page.Next == "" {
			return all, nil
		}
		req.Token = page.Next
	}
}

func (b *bucket) read(ctx context.Context, key string, into map[string][]byte) error {
	name := strings.TrimPrefix(key, b.at.Key)
	if !strings.HasSuffix(name, Suffix) || strings.Contains(name, "/") {
		return nil
	}
	var doc reconcile.Document
	err := b.do(ctx, func() (err error) { doc, err = b.store.ReadDocument(ctx, b.location(name)); return err })
	if errors.Is(err, reconcile.NotFound) {
		return nil
	}
	into[name] = doc.Body
	return err
}

func (b *bucket) location(name string) reconcile.Location {
	return reconcile.Location{Bucket: b.at.Bucket, Key: b.at.Key + name}
}

func (b *bucket) put(ctx context.Context, name string, body []byte) error {
	return b.do(ctx, func() error {
		_, err := b.store.WriteDocument(ctx, b.location(name), body, reconcile.Precondition{Off: true})
		return err
	})
}

func (b *bucket) remove(ctx context.Context, name string) error {
	return b.do(ctx, func() error { return b.store.RemoveDocument(ctx, b.location(name)) })
}

func (b *bucket) do(ctx context.Context, send func() error) error {
	_, err := b.retry.Do(ctx, b.at.Bucket, send)
	return err
}

func (b *bucket) close() error { return nil }
