package scan

import (
	"context"
	"fmt"
	"time"

	"reconcile/internal/listing"
	"reconcile/internal/reconcile"
)

// walker lists one key range and decides what lies in it.
type walker struct {
	*Scanner
	in       *keyRange
	source   *listing.Cursor
	lookups  map[reconcile.Cursor]*lookup
	others   map[collision]*lookup // look up what else is routed to a target, in the source
	inSource *lookup               // looks objects of an inventory up in the bucket itself; nil: none was needed
	passed   int                   // objects of the source so far
	size     int                   // objects of its largest page
	now      time.Time
}

// walk carries one key range through. It returns an error only where emit did.
func (s *Scanner) walk(ctx context.Context, kr *keyRange) error {
	w := &walker{Scanner: s, in: kr, lookups: map[reconcile.Cursor]*lookup{}}
	w.source = listing.New(s.sourceLister(), reconcile.ListRequest{
		Bucket: s.opts.Bucket, Prefix: s.opts.Prefix, StartAfter: kr.lo, Restore: true, // also where HEAD is asked: some servers call restored objects STANDARD
	})
	defer w.close()
	for more := true; more && s.abort.ended(ctx) == nil; {
		w.source.Eager = s.scheduler.end(kr) == "" // else the next page may be the last
		page, err := w.source.Read(ctx, "")
		if err != nil {
			s.abort.stop(err)
			break
		}
		page, more = s.scheduler.claim(kr, page, w.source.End)
		if more {
			w.source.Prefetch(ctx)
		}
		if err := w.page(ctx, page); err != nil {
			return err
		}
	}
	if err := w.settle(ctx, true); err != nil {
		return err
	}
	s.scheduler.finished(kr, s.abort.reason() == nil)
	return nil
}

func (w *walker) close() {
	w.source.Close()
	for _, l := range w.lookups {
		l.close()
	}
	for _, l := range w.others {
		l.close()
	}
	if w.inSource != nil {
		w.inSource.close()
	}
}

// page decides every object of one page, as far as that can be done now.
func (w *walker) page(ctx context.Context, page []reconcile.Object) error {
	w.size, w.now = max(w.size, len(page)), w.opts.Now()
	for _, o := range page {
		w.passed++
		if err := w.object(ctx, o); err != nil {
			return err
		}
	}
	return w.settle(ctx, false)
}

func (w *walker) object(ctx context.Context, o reconcile.Object) error {
	if w.opts.Selected != nil && !w.opts.Selected(o.Key) {
		w.silence.Hear(&o)
		return nil
	}
	d, route, v := w.decide(o, w.now)
	switch v {
	case wanted:
		return w.lookup(route.Cursor).want(ctx, query{d: d, key: d.Target.Key, nr: w.passed})
	case restoreUnknown:
		return w.wait(d)
	case aside:
		return w.archived(ctx, d, route)
	}
	return w.emit(d)
}

// settle decides what still waits for its target: all of it where the key range
// is through, else what need not wait any longer.
func (w *walker) settle(ctx context.Context, through bool) error {
	for _, l := range w.lookups {
		if err := l.settle(ctx, through); err != nil {
			return err
		}
	}
	for _, l := range w.others {
		if err := l.settle(ctx, through); err != nil {
			return err
		}
	}
	if w.inSource == nil {
		return nil
	}
	return w.inSource.settle(ctx, through)
}

// lookup returns the lookup of targets in an archive.
func (w *walker) lookup(c reconcile.Cursor) *lookup {
	l, ok := w.lookups[c]
	if !ok {
		l = newLookup(w, w.archives.of(c))
		l.found, l.deferToHead = w.targetFound, w.targetDeferred
		w.lookups[c] = l
	}
	return l
}

// targetFound goes on with an object of which it is known whether its target is
// there.
func (w *walker) targetFound(ctx context.Context, q query, o reconcile.Object, there bool) error {
	if q.d.Aside() {
		return w.emit(q.d.InArchive(there))
	}
	if there {
		q.d.Target, q.d.Listed = o, true
	}
	if there && len(q.d.Collisions) == 1 && q.d.Need != reconcile.NeedRestoreState {
		return w.collide(ctx, q)
	}
	return w.targetKnown(ctx, q)
}

// targetKnown goes on with an object about whose target everything is known that
// listings tell.
func (w *walker) targetKnown(ctx context.Context, q query) error {
	if w.fromInventory() {
		return w.recheck(ctx, q)
	}
	return w.compared(w.resolve(q.d))
}

// targetDeferred goes on with one whose target is to be asked for by HEAD.
func (w *walker) targetDeferred(ctx context.Context, q query) error {
	if q.d.Aside() {
		q.d.Need = reconcile.NeedArchive
		return w.emit(q.d)
	}
	q.d.Unseen = true
	if w.fromInventory() {
		return w.recheck(ctx, q)
	}
	return w.emit(w.resolve(q.d))
}

// wait keeps an object until the listing has given evidence, or ended. Where
// it cannot be kept the scan ends, and nothing is lost from sight.
func (w *walker) wait(d reconcile.Decision) error {
	err := w.undecided.add(d.Source)
	if err == nil {
		return nil
	}
	w.abort.stop(fmt.Errorf("keep undecided objects aside: %w", err))
	return w.emit(w.unreached(d))
}

// unsettled is an object whose target was still to be looked up when the scan
// was stopped. One that is left alone needs nothing more.
func (s *Scanner) unsettled(d reconcile.Decision) reconcile.Decision {
	if d.Aside() {
		d.Archive = reconcile.ArchiveNotLooked
		return d
	}
	return s.unreached(d)
}

// unreached is an object for which the scan was stopped too early.
func (s *Scanner) unreached(d reconcile.Decision) reconcile.Decision {
	return canceled(d, "not decided: "+s.abort.reason().Error())
}

// settleUndecided sends off the objects that waited for evidence: with it they
// are not restored, without it HEAD must say, and when the scan was stopped
// nobody knows. Only those that HEAD is asked about have their targets looked
// for, in one more walk in key order.
func (s *Scanner) settleUndecided(ctx context.Context) error {
	w := &walker{Scanner: s, in: &keyRange{}, lookups: map[reconcile.Cursor]*lookup{}, size: keysPerPage, now: s.opts.Now()}
	w.source = listing.New(s.lister, reconcile.ListRequest{}) // is not read
	defer w.close()
	err := s.undecided.drain(func(o reconcile.Object) error {
		w.passed++
		return w.settleOne(ctx, o)
	})
	if refused := s.abort.refusal(); refused != nil {
		return refused
	}
	if err != nil {
		s.abort.stop(fmt.Errorf("take up undecided objects again: %w", err))
	}
	return w.settle(ctx, true)
}

// settleOne decides an object that has waited until the end of the listing.
func (w *walker) settleOne(ctx context.Context, o reconcile.Object) error {
	d := reconcile.Decision{Source: o}
	route := w.opts.Router.Route(o.Key)
	d.Target.Location = route.Location()
	evidence, stopped := w.silence.Tells(), w.abort.ended(ctx)
	if stopped != nil && !evidence {
		return w.emit(canceled(d, "its restore state was not asked: "+stopped.Error()))
	}
	d.Source.Restore = reconcile.RestoreState{}
	if evidence {
		d.Source.Restore.Phase = reconcile.Archived
	}
	d, route, v := w.selected(d, route)
	switch v {
	case wanted:
		return w.lookup(route.Cursor).want(ctx, query{d: d, key: d.Target.Key, nr: w.passed})
	case aside:
		return w.archived(ctx, d, route)
	}
	return w.emit(d)
}

// archived says of an object that is left alone whether it is in its archive:
// as far as a page is at hand, or, with --compare-all, by asking for it. Looking
// at pages at hand costs no request.
func (w *walker) archived(ctx context.Context, d reconcile.Decision, route reconcile.Route) error {
	l := w.lookup(route.Cursor)
	if w.opts.Policy.CompareAll && w.abort.ended(ctx) == nil {
		return l.want(ctx, query{d: d, key: d.Target.Key, nr: w.passed})
	}
	there, known := l.peek(d.Target.Key)
	if !known {
		d.Archive = reconcile.ArchiveNotLooked
		return w.emit(d)
	}
	return w.emit(d.InArchive(there))
}
