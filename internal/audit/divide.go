package audit

import (
	"context"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/scan"
)

// How many key ranges are listed at a time, and how many pages of the source are
// listed one after the other before it is divided: finding out where to divide
// costs some pages, which a small source is not worth.
const (
	defaultStreams     = 6
	defaultDivideAfter = 64
)

// walkAll lists both sides.
func (a *Auditor) walkAll(ctx context.Context) error {
	at, err := a.walk(ctx, ctx, keys{}, a.opts.DivideAfter)
	if err != nil || at == "" {
		return firstCause(ctx, err)
	}
	ranges, err := scan.Shards(ctx, a.store, scan.Options{Bucket: a.opts.Bucket, Prefix: a.opts.Prefix, Range: scan.Range{After: at}, Retry: a.opts.Retry}, a.opts.Streams)
	if err != nil {
		return firstCause(ctx, err)
	}
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	var g errgroup.Group
	for _, r := range ranges {
		if r.Empty() {
			continue
		}
		g.Go(func() error {
			_, err := a.walk(ctx, within, keys{r.After, r.Until}, 0)
			if err != nil {
				cancel() // one part that is not there is all that is not whole
			}
			return firstCause(ctx, err)
		})
	}
	return g.Wait()
}
