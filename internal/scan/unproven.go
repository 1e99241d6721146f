package scan

import (
	"context"
	"fmt"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
)

// Where nothing documents that ETags are digests, two that differ say so only
// once some pair of their kind has been equal. What came before that pair must
// not be believed by its size: it waits until the end of the listing, when all
// the evidence that listings give is there.

// unprovenPair is a pair on disk, without the target's key, which follows from
// the source's.
type unprovenPair struct{ Source, Target reconcile.Object }

// compared hands on a decision, unless it would be judged by ETags of which
// nobody knows yet whether they are digests.
func (w *walker) compared(d reconcile.Decision) error {
	if !d.Early(w.opts.Policy) {
		return w.emit(d)
	}
	p := unprovenPair{d.Source, d.Target}
	p.Target.Key = ""
	err := w.unproven.keep(&p)
	if err == nil {
		return nil
	}
	w.abort.stop(fmt.Errorf("keep pairs with unequal ETags aside: %w", err))
	return w.emit(w.unreached(d))
}

// settleUnproven hands on what has waited.
func (s *Scanner) settleUnproven(ctx context.Context) error {
	err := s.unproven.each(extsort.As(func(p unprovenPair) error {
		d := s.unprovenDecision(p)
		if s.abort.ended(ctx) != nil {
			d = s.unreached(d)
		}
		return s.emit(d)
	}))
	if refused := s.abort.refusal(); refused != nil {
		return refused
	}
	if err != nil {
		s.abort.stop(fmt.Errorf("take up pairs with unequal ETags again: %w", err))
	}
	return nil
}

func (s *Scanner) unprovenDecision(p unprovenPair) reconcile.Decision {
	d := reconcile.Decision{Source: p.Source, Target: p.Target, Listed: true, Need: reconcile.NeedLook}
	route := s.opts.Router.Route(d.Source.Key)
	d.Target.Location = route.Location()
	d.Collisions = s.opts.Router.Collisions(d.Source.Key, route)
	d.Alone = len(d.Collisions) > 0 // as it was found out before
	return d
}
