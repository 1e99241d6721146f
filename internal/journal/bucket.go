package journal

import (
	"context"
	"errors"
	"strings"

	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// Store is what a journal in a bucket asks of S3. Errors are *reconcile.Error; what
// passes is the store's to send again.
type Store interface {
	storage.Lister
	ReadDocument(ctx context.Context, at reconcile.Location) (reconcile.Document, error)
	WriteDocument(ctx context.Context, at reconcile.Location, body []byte, g reconcile.Precondition) (etag string, err error)
	RemoveDocument(ctx context.Context, at reconcile.Location) error
}

// bucket keeps each entry in an object. Nobody else writes them: whoever opens
// it holds a lease.
type bucket struct {
	store Store
	at    reconcile.Location // Key is a prefix
}

// OpenBucket opens the journal under a prefix of a bucket. Two runs must not
// have it at once; see package lease.
func OpenBucket(ctx context.Context, store Store, at reconcile.Location) (*Journal, error) {
	if at.Key != "" && !strings.HasSuffix(at.Key, "/") {
		at.Key += "/"
	}
	return open(ctx, &bucket{store, at})
}

func (b *bucket) list(ctx context.Context) (map[string][]byte, error) {
	all := map[string][]byte{}
	err := storage.EachObject(ctx, b.store, reconcile.ListRequest{Bucket: b.at.Bucket, Prefix: b.at.Key}, func(o reconcile.Object) error {
		return b.read(ctx, o.Key, all)
	})
	return all, err
}

func (b *bucket) read(ctx context.Context, key string, into map[string][]byte) error {
	name := strings.TrimPrefix(key, b.at.Key)
	if !strings.HasSuffix(name, Suffix) || strings.Contains(name, "/") {
		return nil
	}
	doc, err := b.store.ReadDocument(ctx, b.location(name))
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
	_, err := b.store.WriteDocument(ctx, b.location(name), body, reconcile.Precondition{Off: true})
	return err
}

func (b *bucket) remove(ctx context.Context, name string) error {
	return b.store.RemoveDocument(ctx, b.location(name))
}

func (b *bucket) close() error { return nil }
