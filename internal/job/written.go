package job

import (
	"context"
	"os"
	"time"

	"reconcile/internal/reconcile"
)

// writtenAt is when a file on disk or in S3 was written.
func (r *Running) writtenAt(ctx context.Context, name string) (at time.Time, err error) {
	where, inS3 := reconcile.ParseLocation(name)
	if !inS3 {
		info, err := os.Stat(name)
		if err != nil {
			return at, err
		}
		return info.ModTime(), nil
	}
	d, err := r.again.Head(ctx, where)
	return d.LastModified, err
}
