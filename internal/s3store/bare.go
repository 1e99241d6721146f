package s3store

import (
	"context"

	"reconcile/internal/reconcile"
)

// Some servers want the ETag of If-Match without its quotes, and refuse any
// other although it is the object's. That is found out by the first write that
// is refused while the object is what it should be, and remembered for the
// bucket.

// guard returns the conditions on the target as the bucket's server takes them.
func (s *Store) guard(bucket string, g reconcile.Precondition) (match, noneMatch *string) {
	match, noneMatch = guard(g)
	if _, known := s.bare.Load(bucket); known && match != nil {
		match = &g.IfMatch
	}
	return match, noneMatch
}

// writeBare sends a refused write again with a bare ETag, where nothing else can
// have been the reason.
func (s *Store) writeBare(ctx context.Context, at reconcile.Location, g reconcile.Precondition, refused error, write func() error) error {
	if g.Off || g.IfMatch == "" || !reconcile.PreconditionFailed(refused) || s.Amazon(at.Bucket) {
		return refused
	}
	if _, known := s.bare.Load(at.Bucket); known {
		return refused
	}
	if is, err := s.Head(ctx, at); err != nil || is.ETag != g.IfMatch {
		return refused
	}
	s.bare.Store(at.Bucket, true)
	err := write()
	if reconcile.PreconditionFailed(err) {
		s.bare.Delete(at.Bucket)
	}
	return err
}
