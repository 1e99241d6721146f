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

// walkAll lists both sides, or looks up what was named.
func (a *Auditor) walkAll(ctx context.Context) error {
	switch {
	case a.opts.Range.Empty():
		return nil
	case a.opts.Names != nil:
		return firstCause(ctx, a.walkNames(ctx))
	}
	all := a.keys()
	at, err := a.walk(ctx, ctx, part{keys: all, pages: a.opts.DivideAfter})
	if err != nil || at == "" {
		return firstCause(ctx, err)
	}
	o := a.scanOptions()
	o.Range = scan.Range{After: at, Until: all.until}
	ranges, err := scan.Shards(ctx, a.lister(a.opts.Bucket), o, a.opts.Streams)
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
			_, err := a.walk(ctx, within, part{keys: keys{r.After, r.Until}})
			if err != nil {
				cancel() // one part that is not there is all that is not whole
			}
			return firstCause(ctx, err)
		})
	}
	return g.Wait()
}

// scanOptions are those of the source's listing, for what scan knows of it.
func (a *Auditor) scanOptions() scan.Options {
	return scan.Options{
		Bucket: a.opts.Bucket, Prefix: a.opts.Prefix, Range: a.opts.Range,
		ListCost: a.opts.ListCost, Prefer: a.opts.Prefer,
	}
}
