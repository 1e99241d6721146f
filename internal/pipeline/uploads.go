package pipeline

import (
	"context"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// uploads looks at uploads that are open: their parts cost, and nobody sees them.
type uploads struct {
	store copier.Target
	again *retry.Retrier
}

// open says how many there are in each bucket, since when, and how much they hold.
func (s uploads) open(ctx context.Context, buckets []string) (all []reconcile.OpenUploads) {
	all = []reconcile.OpenUploads{}
	for _, bucket := range buckets {
		open, err := s.of(ctx, bucket)
		if err != nil {
			open = reconcile.OpenUploads{Bucket: bucket, Error: err.Error()}
		}
		all = append(all, open)
	}
	return all
}

// sizedUploads is how many open uploads of a bucket are asked for their parts.
// What more of them hold is not known.
const sizedUploads = 100

func (s uploads) of(ctx context.Context, bucket string) (open reconcile.OpenUploads, err error) {
	open = reconcile.OpenUploads{Bucket: bucket, Bytes: new(int64)}
	var at reconcile.UploadMarker
	for {
		var page []reconcile.OpenUpload
		next := at
		_, err := s.again.Do(ctx, bucket, func() (err error) {
			page, next, err = s.store.ListUploads(ctx, bucket, "", at)
			return err
		})
		if err != nil {
			return open, err
		}
		for i := range page {
			u := &page[i]
			if open.Uploads++; open.OldestAt == nil || u.Initiated.Before(*open.OldestAt) {
				open.OldestAt, open.Oldest = &u.Initiated, u.Target.String()
			}
			open.Bytes = s.sized(ctx, u, &open)
		}
		if next == (reconcile.UploadMarker{}) || next == at {
			return open, nil
		}
		at = next
	}
}

// sized adds what the parts of an upload hold, nil where that is not known.
func (s uploads) sized(ctx context.Context, u *reconcile.OpenUpload, open *reconcile.OpenUploads) *int64 {
	if open.Bytes == nil || open.Uploads > sizedUploads {
		return nil
	}
	sum, after := *open.Bytes, int32(0)
	for {
		var parts []reconcile.Part
		next := int32(0)
		_, err := s.again.Do(ctx, u.Target.Bucket, func() (err error) {
			parts, next, err = s.store.ListParts(ctx, u.Upload, after)
			return err
		})
		if err != nil {
			return nil
		}
		for _, p := range parts {
			sum += p.Size
		}
		if next == 0 || next == after {
			return &sum
		}
		after = next
	}
}
