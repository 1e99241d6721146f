package scan

import (
	"context"
	"fmt"
	"time"

	"reconcile/internal/listing"
	"reconcile/internal/reconcile"
)

// walker lists one interval and decides what lies in it.
type walker struct {
	*Scanner
	in      *interval
	source  *listing.Cursor
	finders map[reconcile.Cursor]*finder
	live    *finder // looks for objects of a stale source in the bucket itself; nil: none was needed
	passed  int     // objects of the source so far
	size    int     // objects of its largest page
	now     time.Time
}

// walk carries one interval through. It returns an error only where emit did.
func (s *Scanner) walk(ctx context.Context, iv *interval) error {
	w := &walker{Scanner: s, in: iv, finders: map[reconcile.Cursor]*finder{}}
	w.source = listing.New(s.sourceLister(), s.opts.Retry, reconcile.ListRequest{
		Bucket: s.opts.Bucket, Prefix: s.opts.Prefix, StartAfter: iv.lo, Restore: s.opts.Mode != RestoreHead,
	})
	defer w.close()
	for more := true; more && s.halt.ended(ctx) == nil; {
		w.source.Eager = s.board.end(iv) == "" // else the next page may be the last
		page, err := w.source.Read(ctx, "")
		if err != nil {
			s.halt.stop(err)
			break
		}
		page, more = s.board.claim(iv, page, w.source.End)
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
	s.board.finished(iv, s.halt.reason() == nil)
	return nil
}

func (w *walker) close() {
	w.source.Close()
	for _, f := range w.finders {
		f.close()
	}
	if w.live != nil {
		w.live.close()
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
	d, route, v := w.decide(o, w.now)
	switch v {
	case wanted:
		return w.finder(route.Cursor).want(ctx, quest{d, d.Target.Key, w.passed})
	case mute:
		return w.wait(d)
	}
	return w.emit(d)
}

// settle decides what still waits for its target: all of it where the interval
// is through, else what need not wait any longer.
func (w *walker) settle(ctx context.Context, through bool) error {
	for _, f := range w.finders {
		if err := f.settle(ctx, through); err != nil {
			return err
		}
	}
	if w.live == nil {
		return nil
	}
	return w.live.settle(ctx, through)
}

// finder returns the finder of targets in an archive.
func (w *walker) finder(c reconcile.Cursor) *finder {
	f, ok := w.finders[c]
	if !ok {
		f = newFinder(w, w.archives.of(c))
		f.found, f.leave = w.targetFound, w.targetLeft
		w.finders[c] = f
	}
	return f
}

// targetFound goes on with an object of which it is known whether its target is
// there.
func (w *walker) targetFound(ctx context.Context, q quest, o reconcile.Object, there bool) error {
	if there {
		q.d.Target, q.d.Listed = o, true
	}
	if w.stale() {
		return w.review(ctx, q)
	}
	return w.emit(w.resolve(q.d))
}

// targetLeft goes on with one whose target is to be asked for by HEAD.
func (w *walker) targetLeft(ctx context.Context, q quest) error {
	q.d.Unseen = true
	if w.stale() {
		return w.review(ctx, q)
	}
	return w.emit(w.resolve(q.d))
}

// wait keeps an object until the listing has given evidence, or ended. Where
// it cannot be kept the scan ends, and nothing is lost from sight.
func (w *walker) wait(d reconcile.Decision) error {
	err := w.silent.add(d.Source)
	if err == nil {
		return nil
	}
	w.halt.stop(fmt.Errorf("keep undecided objects aside: %w", err))
	return w.emit(w.undecided(d))
}

// undecided is an object for which the scan was stopped too early.
func (s *Scanner) undecided(d reconcile.Decision) reconcile.Decision {
	return canceled(d, "not decided: "+s.halt.reason().Error())
}

// settleSilent sends off the objects that waited for evidence: with it they
// are not restored, without it HEAD must say, and when the scan was stopped
// nobody knows. Only those that HEAD is asked about have their targets looked
// for, in one more walk in key order.
func (s *Scanner) settleSilent(ctx context.Context) error {
	w := &walker{Scanner: s, in: &interval{}, finders: map[reconcile.Cursor]*finder{}, size: keysPerPage, now: s.opts.Now()}
	w.source = listing.New(s.lister, s.opts.Retry, reconcile.ListRequest{}) // is not read
	defer w.close()
	err := s.silent.drain(func(o reconcile.Object) error {
		w.passed++
		return w.unheard(ctx, o)
	})
	if refused := s.halt.refusal(); refused != nil {
		return refused
	}
	if err != nil {
		s.halt.stop(fmt.Errorf("take up undecided objects again: %w", err))
	}
	return w.settle(ctx, true)
}

// unheard decides an object that has waited until the end of the listing.
func (w *walker) unheard(ctx context.Context, o reconcile.Object) error {
	d := reconcile.Decision{Source: o}
	route := w.opts.Router.Route(o.Key)
	d.Target.Location = route.Location()
	heard, stopped := w.heard.Load(), w.halt.ended(ctx)
	if stopped != nil && !heard {
		return w.emit(canceled(d, "its restore state was not asked: "+stopped.Error()))
	}
	d.Source.Restore = reconcile.RestoreState{}
	if heard {
		d.Source.Restore.Phase = reconcile.Archived
	}
	d, route, v := w.selected(d, route)
	if v == wanted {
		return w.finder(route.Cursor).want(ctx, quest{d, d.Target.Key, w.passed})
	}
	return w.emit(d)
}
