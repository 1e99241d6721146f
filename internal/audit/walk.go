package audit

import (
	"cmp"
	"context"

	"reconcile/internal/catalog"
	"reconcile/internal/proofs"
	"reconcile/internal/reconcile"
)

// keys are the keys after after, up to and including until; empty: no end.
type keys struct{ after, until string }

// has reports whether a key is one of them.
func (k keys) has(key string) bool { return key > k.after && (k.until == "" || key <= k.until) }

// part is what one walk looks at.
type part struct {
	keys
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

// streams are a range of keys of the source, with restore states, and of the
// archive buckets. They are to be closed.
func (a *Auditor) streams(r keys) (all []*stream, closed func()) {
	source := newStream(a, a.opts.Bucket, []string{a.opts.Prefix}, r)
	source.restore = true
	all = append(all, source)
	for _, bucket := range a.opts.Router.Buckets() {
		all = append(all, newStream(a, bucket, a.opts.Router.TargetPrefixes(a.opts.Prefix), r))
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
func (a *Auditor) walk(ctx, listing context.Context, p part) (at string, err error) {
	streams, closed := a.streams(p.keys)
	defer closed()
	source := streams[0]
	source.most = p.pages
	entries, err := newEntries(a, p.keys)
	if err != nil {
		return "", err
	}
	before, err := a.earlier()
	if err != nil {
		return "", err
	}
	again := &suspects{a: a, streams: streams}
	for {
		g, ok, err := next(listing, streams, entries)
		if source.stopped != at {
			at = source.stopped
			for _, s := range streams {
				s.keys.until = at
			}
			entries.keys.until = at
			continue // what was read lies after it perhaps
		}
		if err == nil && ok && p.names.take(&g) {
			if err = before.add(&g); err == nil && !again.add(&g) {
				err = a.listed(ctx, listing, g)
			}
		}
		if err == nil && (!ok || again.full()) {
			err = again.settle(ctx, listing)
		}
		if err != nil && p.names != nil {
			return "", err // what was named is not what was listed
		}
		if err != nil {
			a.cancelAll(again.all, err)
			return "", a.abandon(source, err)
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
	if streams[0].stopped != "" && streams[0].keys.until != streams[0].stopped {
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
func (a *Auditor) listed(ctx, listing context.Context, g group) error {
	if err := a.refusal(); err != nil {
		return err
	}
	if listing.Err() != nil {
		why := context.Cause(listing)
		if g.source != nil {
			return cmp.Or(a.emit(canceled(*g.source, reconcile.Object{}, why)), why)
		}
		return why
	}
	if err := a.catalogued(ctx, g); err != nil || g.source == nil && len(g.found) == 0 {
		return err
	}
	if a.opts.Router.Swapped(g.key) {
		return a.swaps.add(a, g)
	}
	return a.settle(ctx, g, nil)
}

// settle settles the objects of one source key. claim is told of each object of
// an archive bucket that is not the source's own; nil: such an object has no
// other origin.
func (a *Auditor) settle(ctx context.Context, g group, claim func(o reconcile.Object, origin string, own bool) error) error {
	own := -1
	if g.source != nil {
		var err error
		if own, err = a.settleSource(ctx, g); err != nil {
			return err
		}
	}
	for i, o := range g.found {
		origin := ""
		if g.source != nil {
			origin = g.key
		}
		var err error
		switch {
		case claim != nil:
			err = claim(o, origin, i == own)
		case i != own:
			err = a.stray(ctx, o, origin)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// settleSource settles the object of the source, and returns which of the found
// ones is its own; -1: none.
func (a *Auditor) settleSource(ctx context.Context, g group) (own int, err error) {
	route := a.opts.Router.Route(g.key)
	own = -1
	for i := range g.found {
		if route.Routed && g.found[i].Bucket == route.Cursor.Bucket && g.found[i].Key == route.Key {
			own = i
		}
	}
	switch {
	case a.excluded(g.key):
		for i := range g.found {
			if own < 0 && !a.opts.Router.Leaks(g.found[i].Bucket, g.key) {
				own = i
			}
		}
		return own, a.emit(excludedSource(g, own))
	case !route.Routed:
		return own, a.emit(reconcile.Decision{Source: *g.source}.Unroute().Outcome())
	case own >= 0:
		return own, a.pair(ctx, *g.source, g.found[own], g.entry, g.proof)
	}
	return own, a.missing(ctx, *g.source, route.Location(), g.entry)
}

// excludedSource is the outcome of an object that is excluded, and may be in an
// archive bucket all the same.
func excludedSource(g group, own int) reconcile.Outcome {
	o := reconcile.Outcome{Source: *g.source, Status: reconcile.Excluded, Archive: reconcile.ArchiveMissing}
	if own >= 0 {
		o.Archive, o.Target, o.TargetSeen = reconcile.ArchiveThere, g.found[own], true
	}
	return o
}

// abandon lets the objects of the source that were listed, and have not been
// settled, leave as canceled.
func (a *Auditor) abandon(source *stream, why error) error {
	for _, o := range source.rest() {
		if err := a.emit(canceled(o, reconcile.Object{}, why)); err != nil {
			return err
		}
	}
	return why
}
