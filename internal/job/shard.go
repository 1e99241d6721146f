package job

import (
	"context"
	"fmt"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/scan"
)

// divide finds out which keys are this shard's.
func (r *Running) divide(ctx context.Context, o scan.Options) (scan.Range, error) {
	if r.Shard.Count == 0 {
		return scan.Range{}, nil
	}
	s := sharder{r.again, r.ShardMap, reconcile.Location{Bucket: r.Scan.Bucket, Key: r.Scan.Prefix}, r.Shard.Count}
	ranges, err := s.agree(ctx, func() ([]scan.Range, error) {
		lister := o.Inventories[r.Scan.Bucket]
		if lister == nil {
			lister = r.again
		}
		return scan.Shards(ctx, lister, o, r.Shard.Count)
	})
	if err != nil {
		return scan.Range{}, fmt.Errorf("divide the source into %d shards: %w", r.Shard.Count, err)
	}
	own := ranges[r.Shard.Index]
	r.About.Shard = &report.Shard{Index: r.Shard.Index, Count: r.Shard.Count, After: own.After, Until: own.Until}
	r.Log.Info("shard", "shard", r.Shard.String(), "after", own.After, "until", own.Until)
	return own, nil
}
