package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"reconcile/internal/reconcile"
)

// Store is what a place in a bucket asks of S3. Errors are *reconcile.Error; what
// passes is the store's to send again.
type Store interface {
	Lister
	Open(ctx context.Context, at reconcile.Location) (io.ReadCloser, error)
	Upload(ctx context.Context, at reconcile.Location, body io.Reader, contentType string) error
	Head(ctx context.Context, at reconcile.Location) (reconcile.Detail, error)
	RemoveDocument(ctx context.Context, at reconcile.Location) error
}

// Bucket is a prefix of a bucket, or one object below it alone.
type Bucket struct {
	store Store
	at    reconcile.Location // Key is empty or ends in a slash
	only  string             // the name of the one object; empty: all
}

// OpenBucket returns the place s3://bucket/prefix. Nothing is sent yet.
func OpenBucket(store Store, address string) (*Bucket, error) {
	at, err := ParseURL(address)
	if err != nil {
		return nil, err
	}
	return &Bucket{store: store, at: at}, nil
}

// OpenObject returns the place of one object, s3://bucket/key.
func OpenObject(store Store, address string) (*Bucket, error) {
	folder, name, err := Split(address)
	if err != nil {
		return nil, err
	}
	b, err := OpenBucket(store, folder)
	if err == nil {
		b.only = name
	}
	return b, err
}

// Each lists the prefix, page by page.
func (b *Bucket) Each(ctx context.Context, f func(name string) error) error {
	if b.only != "" {
		return f(b.only)
	}
	return EachObject(ctx, b.store, reconcile.ListRequest{Bucket: b.at.Bucket, Prefix: b.at.Key}, func(o reconcile.Object) error {
		if name := strings.TrimPrefix(o.Key, b.at.Key); name != "" && !strings.HasSuffix(name, "/") {
			return f(strings.Clone(name))
		}
		return nil
	})
}

// Lister lists a bucket, page by page.
type Lister interface {
	List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error)
}

// EachObject calls f with every object of a listing, until it returns an error.
func EachObject(ctx context.Context, s Lister, req reconcile.ListRequest, f func(reconcile.Object) error) error {
	for {
		page, err := s.List(ctx, req)
		if err != nil {
			return err
		}
		for _, o := range page.Objects {
			if err := f(o); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		req.Token = page.Next
	}
}

func (b *Bucket) location(name string) reconcile.Location {
	return reconcile.Location{Bucket: b.at.Bucket, Key: b.at.Key + name}
}

// Open opens an object.
func (b *Bucket) Open(ctx context.Context, name string) (body io.ReadCloser, err error) {
	body, err = b.store.Open(ctx, b.location(name))
	if errors.Is(err, reconcile.NotFound) {
		err = fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return body, err
}

// errUploaded is what body gets when it writes on after the upload has ended.
var errUploaded = errors.New("the upload has ended")

// Write uploads an object as it is being made, and looks at what is there then:
// its ETag is S3's business, and a job will be pinned to it.
func (b *Bucket) Write(ctx context.Context, name, contentType string, body func(io.Writer) error) (Written, error) {
	from, to := io.Pipe()
	sum, made := NewSum(), make(chan error, 1)
	go func() {
		err := body(io.MultiWriter(to, sum))
		to.CloseWithError(err) // the upload fails with it
		made <- err
	}()
	at := b.location(name)
	err := b.store.Upload(ctx, at, from, contentType)
	from.CloseWithError(errUploaded) // body must not wait for it
	if failed := <-made; failed != nil && !errors.Is(failed, errUploaded) {
		return Written{}, failed
	}
	if err != nil {
		return Written{}, err
	}
	return b.seen(ctx, at, sum.Written())
}

// seen asks S3 for what was written.
func (b *Bucket) seen(ctx context.Context, at reconcile.Location, w Written) (Written, error) {
	detail, err := b.store.Head(ctx, at)
	if err == nil && (detail.Size != w.Size || detail.ETag == "") {
		err = fmt.Errorf("%s: written with %d bytes, and there with %d and the ETag %q", at, w.Size, detail.Size, detail.ETag)
	}
	w.ETag = detail.ETag
	return w, err
}

// Remove deletes an object.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	return b.store.RemoveDocument(ctx, b.location(name))
}

// Find takes the manifest at its word where it names an object below the
// prefix, and looks beside it else: a prefix may be a copy of another one. That
// the file is there has still to be seen.
func (b *Bucket) Find(manifest, bucket, key string) (string, bool) {
	if name, below := strings.CutPrefix(key, b.at.Key); below && (bucket == "" || bucket == b.at.Bucket) {
		return name, true
	}
	return beside(manifest, key)[0], true
}

// URL is the address of an object.
func (b *Bucket) URL(name string) string { return b.location(name).String() }
