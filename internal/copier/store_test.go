package copier_test

import (
	"context"
	"sync/atomic"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
)

// partless is a server that ignores partNumber in a HEAD.
type partless struct{ copier.Store }

func (s partless) HeadPart(ctx context.Context, source reconcile.Object, _ int32) (int64, int, error) {
	d, err := s.Head(ctx, source.Location)
	return d.Size, 0, err
}

// counting measures how many requests of any kind are in flight.
type counting struct {
	copier.Store
	now, highest atomic.Int64
}

func (s *counting) enter() func() {
	n := s.now.Add(1)
	for h := s.highest.Load(); n > h && !s.highest.CompareAndSwap(h, n); {
		h = s.highest.Load()
	}
	return func() { s.now.Add(-1) }
}

func (s *counting) Head(ctx context.Context, l reconcile.Location) (reconcile.Detail, error) {
	defer s.enter()()
	return s.Store.Head(ctx, l)
}

func (s *counting) HeadPart(ctx context.Context, o reconcile.Object, part int32) (int64, int, error) {
	defer s.enter()()
	return s.Store.HeadPart(ctx, o, part)
}

func (s *counting) Tags(ctx context.Context, l reconcile.Location) (map[string]string, error) {
	defer s.enter()()
	return s.Store.Tags(ctx, l)
}

func (s *counting) Copy(ctx context.Context, r reconcile.CopyRequest) (reconcile.Written, error) {
	defer s.enter()()
	return s.Store.Copy(ctx, r)
}

func (s *counting) CreateUpload(ctx context.Context, r reconcile.UploadRequest) (reconcile.Upload, error) {
	defer s.enter()()
	return s.Store.CreateUpload(ctx, r)
}

func (s *counting) CopyPart(ctx context.Context, r reconcile.PartRequest) (reconcile.Part, error) {
	defer s.enter()()
	return s.Store.CopyPart(ctx, r)
}

func (s *counting) CompleteUpload(ctx context.Context, r reconcile.CompleteRequest) (reconcile.Written, error) {
	defer s.enter()()
	return s.Store.CompleteUpload(ctx, r)
}

func (s *counting) AbortUpload(ctx context.Context, u reconcile.Upload) error {
	defer s.enter()()
	return s.Store.AbortUpload(ctx, u)
}
