package audit

import (
	"cmp"
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/catalog"
	"reconcile/internal/proofs"
	"reconcile/internal/reconcile"
	"reconcile/internal/scan"
)

// walker lists both sides in the order of their keys.
type walker struct {
	*settler
	swaps   *swaps       // objects whose other side has another key
	before  *proofs.Set  // what was found out before; nil: nothing
	scan    scan.Options // of the source's listing, for what scan knows of it
	amazon  bool         // the source's listing tells what is restored
	tells   atomic.Bool  // it has said of some object that it is
	foreign atomic.Int64 // entries of the catalog that are of other sources
}

// part is what one walk looks at.
type part struct {
	keys  scan.Range
	pages int   // of the source, after which it ends early if there are more; 0: it goes to the end
	names names // that alone are looked at; nil: all
}

// firstCause gives the reason of ctx where err says no more than that it ended.
func firstCause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// group is what lies under one source key on both sides.
type group struct {
	key    string
	source *reconcile.Object
	entry  *catalog.Entry     // of the source key in the catalog; nil: none
	proof  *proofs.Proof      // what was found out before; nil: nothing
	found  []reconcile.Object // in the archive buckets
}

// How many key ranges are listed at a time, and how many pages of the source are
// listed one after the other before it is divided: finding out where to divide
// costs some pages, which a small source is not worth.
const (
	defaultStreams     = 6
	defaultDivideAfter = 64
)

// walkAll lists both sides. They are divided into so many streams after so many pages
// of the source; 0: never.
func (w *walker) walkAll(ctx context.Context, after, streams int) error {
	at, err := w.walk(ctx, ctx, part{keys: w.keys, pages: after})
	if err != nil || at == "" {
		return firstCause(ctx, err)
	}
	o := w.scan
	o.Range = scan.Range{After: at, Until: w.keys.Until}
	ranges, err := scan.Shards(ctx, w.lists.of(w.bucket), o, streams)
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
			_, err := w.walk(ctx, within, part{keys: r})
			if err != nil {
				cancel() // one part that is not there is all that is not whole
			}
			return firstCause(ctx, err)
		})
	}
	return g.Wait()
}

// open opens a range of keys of the source, with restore states, and of the
// archive buckets. They are to be closed.
func (w *walker) open(r scan.Range) (all []*stream, closed func()) {
	source := newStream(w.lists, w.bucket, []string{w.prefix}, r)
	source.restore = true
	all = append(all, source)
	for _, bucket := range w.router.Buckets() {
		all = append(all, newStream(w.lists, bucket, w.router.TargetPrefixes(w.prefix), r))
	}
	return all, func() {
		for _, s := range all {
			s.close()
		}
	}
}

// walk lists a range of keys on both sides at a time, in their order, until
// listing ends. What it asks about single objects may last as long as ctx. Where
// it ends early it returns the key up to which it went.
func (w *walker) walk(ctx, listing context.Context, p part) (at string, err error) {
	streams, closed := w.open(p.keys)
	defer closed()
	source := streams[0]
	source.most = p.pages
	entries, err := w.entries(p.keys)
	if err != nil {
		return "", err
	}
	before, err := w.before.Reader()
	if err != nil {
		return "", err
	}
	again := &suspects{walker: w, streams: streams}
	for {
		g, ok, err := next(listing, streams, entries)
		if source.stopped != at {
			at = source.stopped
			for _, s := range streams {
				s.keys.Until = at
			}
			entries.keys.Until = at
			continue // what was read lies after it perhaps
		}
		if err == nil && ok && p.names.take(&g) {
			if g.proof, err = before.Of(g.key); err == nil && !again.hold(&g) {
				err = w.listed(ctx, listing, g)
			}
		}
		if err == nil && (!ok || again.full()) {
			err = again.lookAgain(ctx, listing)
		}
		if err != nil && p.names != nil {
			return "", err // what was named is not what was listed
		}
		if err != nil {
			w.cancelAll(again.all, err)
			return "", w.abandon(source, err)
		}
		if !ok {
			return at, nil
		}
	}
}

// next takes the objects of the least key off the streams, the first of which
// is the source. ok is false where there are none left.
func next(ctx context.Context, streams []*stream, entries *entries) (g group, ok bool, err error) {
	for _, s := range streams {
		o, err := s.peek(ctx)
		if err != nil {
			return g, false, err
		}
		if o != nil && (!ok || o.Key < g.key) {
			g.key, ok = o.Key, true
		}
	}
	e, err := entries.peek()
	if err != nil {
		return g, false, err
	}
	if e != nil && (!ok || e.Key < g.key) {
		g.key, ok = e.Key, true
	}
	if streams[0].stopped != "" && streams[0].keys.Until != streams[0].stopped {
		return g, false, nil // the others have a new end
	}
	for i, s := range streams {
		o, _ := s.peek(ctx) // which has been looked at
		if !ok || o == nil || o.Key != g.key {
			continue
		}
		if i == 0 {
			g.source = o
		} else {
			g.found = append(g.found, *o)
		}
		s.at++
	}
	if ok && e != nil && e.Key == g.key {
		g.entry, entries.next = e, nil
	}
	return g, ok, nil
}

// listed settles what lies under one key, or leaves it to be joined later.
func (w *walker) listed(ctx, listing context.Context, g group) error {
	if err := w.refusal(); err != nil {
		return err
	}
	if listing.Err() != nil {
		why := context.Cause(listing)
		if g.source != nil {
			return cmp.Or(w.emit(canceled(*g.source, reconcile.Object{}, why)), why)
		}
		return why
	}
	if err := w.catalogued(ctx, g); err != nil || g.source == nil && len(g.found) == 0 {
		return err
	}
	if w.router.Swapped(g.key) {
		return w.swaps.add(g)
	}
	return w.settle(ctx, g, nil)
}

// abandon lets the objects of the source that were listed, and have not been
// settled, leave as canceled.
func (w *walker) abandon(source *stream, why error) error {
	for _, o := range source.rest() {
		if err := w.emit(canceled(o, reconcile.Object{}, why)); err != nil {
			return err
		}
	}
	return why
}

// entries are those of the catalog from after the range's begin.
func (w *walker) entries(r scan.Range) (*entries, error) {
	all, err := w.catalog.Reader()
	return &entries{of: w.scope, r: all, keys: r, foreign: &w.foreign}, err
}
