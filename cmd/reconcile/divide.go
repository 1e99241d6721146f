package main

import (
	"context"
	"fmt"

	"reconcile/internal/report"
	"reconcile/internal/scan"
)

// divide finds out which keys are this shard's.
func (e *execution) divide(ctx context.Context, o scan.Options) (scan.Range, error) {
	if e.Shard.Count == 0 {
		return scan.Range{}, nil
	}
	ranges, err := e.agree(ctx, func() ([]scan.Range, error) {
		lister := o.Inventories[e.Source]
		if lister == nil {
			lister = e.store
		}
		return scan.Shards(ctx, lister, o, e.Shard.Count)
	})
	if err != nil {
		return scan.Range{}, fmt.Errorf("divide the source into %d shards: %w", e.Shard.Count, err)
	}
	r := ranges[e.Shard.Index]
	e.part = &report.Shard{Index: e.Shard.Index, Count: e.Shard.Count, After: r.After, Until: r.Until}
	e.log.Info("shard", "shard", e.Shard.String(), "after", r.After, "until", r.Until)
	return r, nil
}
