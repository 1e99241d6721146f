package s3store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"

	"reconcile/internal/reconcile"
)

type cleanupKey struct{}

// WithCleanup returns ctx with the context under which an upload of the
// program's own is aborted that has failed, because ctx has ended, for one.
// Without it there are abandonTimeout for that.
func WithCleanup(ctx, cleanup context.Context) context.Context {
	return context.WithValue(ctx, cleanupKey{}, cleanup)
}

// abandonTimeout bounds the aborting of an upload.
const abandonTimeout = 2 * time.Second

// abandon aborts the upload by parts that has failed with err, and returns why,
// which is err in the program's words. A lifecycle rule has to remove what
// cannot be aborted: it is named.
func (s *Store) abandon(ctx context.Context, at reconcile.Location, err, why error) error {
	var begun manager.MultiUploadFailure
	if !errors.As(err, &begun) || begun.UploadID() == "" {
		return why
	}
	cleanup, ok := ctx.Value(cleanupKey{}).(context.Context)
	if !ok {
		cleanup = context.WithoutCancel(ctx)
	}
	cleanup, cancel := context.WithTimeout(cleanup, abandonTimeout)
	defer cancel()
	if failed := s.AbortUpload(cleanup, reconcile.Upload{Target: at, ID: begun.UploadID()}); failed != nil {
		return fmt.Errorf("%w; its upload %s is left open: %w", why, begun.UploadID(), failed)
	}
	return why
}
