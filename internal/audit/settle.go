package audit

import (
	"context"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/catalog"
	"reconcile/internal/proofs"
	"reconcile/internal/reconcile"
)

// settler settles objects by what was listed of them, and has those looked at of
// which that does not suffice.
type settler struct {
	*looker
	lists   *lists
	plan    *Plan            // counts what would be asked, and nothing is; nil: it is asked
	named   bool             // what was named is looked at, and nothing else
	heads   errgroup.Group   // the objects that are asked by HEAD
	catalog *catalog.Catalog // nil: nobody says what should be there
}

// settle settles the objects of one source key. claim is told of each object of
// an archive bucket that is not the source's own; nil: such an object has no
// other origin.
func (s *settler) settle(ctx context.Context, g group, claim func(o reconcile.Object, origin string, own bool) error) error {
	own, origin := -1, ""
	var err error
	if g.source != nil {
		origin = g.key
		own, err = s.settleSource(ctx, g)
	}
	for i, o := range g.found {
		switch {
		case err != nil:
			return err
		case claim != nil:
			err = claim(o, origin, i == own)
		case i != own:
			err = s.stray(ctx, o, origin)
		}
	}
	return err
}

// settleSource settles the object of the source, and returns which of the found
// ones is its own; -1: none.
func (s *settler) settleSource(ctx context.Context, g group) (own int, err error) {
	route := s.router.Route(g.key)
	own = -1
	for i := range g.found {
		if route.Routed && g.found[i].Bucket == route.Cursor.Bucket && g.found[i].Key == route.Key {
			own = i
		}
	}
	switch {
	case s.excluded(g.key):
		for i := range g.found {
			if own < 0 && !s.router.Leaks(g.found[i].Bucket, g.key) {
				own = i
			}
		}
		o := reconcile.Outcome{Source: *g.source, Status: reconcile.Excluded, Archive: reconcile.ArchiveMissing}
		if own >= 0 { // it is in an archive bucket all the same
			o.Archive, o.Target, o.TargetSeen = reconcile.ArchiveThere, g.found[own], true
		}
		return own, s.emit(o)
	case !route.Routed:
		return own, s.emit(reconcile.Decision{Source: *g.source}.Unroute().Outcome())
	case own >= 0:
		return own, s.pair(ctx, *g.source, g.found[own], g.entry, g.proof)
	}
	return own, s.missing(ctx, *g.source, route.Location(), g.entry)
}

// pair compares an object of the source with the one that stands at its target,
// and with its entry in the catalog. What was found out before is not asked for
// again by an audit that goes on, and stands for what this one does not ask.
func (s *settler) pair(ctx context.Context, source, target reconcile.Object, e *catalog.Entry, p *proofs.Proof) error {
	comparison, proof := reconcile.Compare(source, target, false, s.digests)
	suspect := comparison == reconcile.Different || len(s.collisions(source.Key)) > 0
	ask := suspect || s.worthHeads(comparison, source, target) || s.worthHead(e, &source)
	if s.plan != nil {
		s.plan.pair(&source, &target, comparison == reconcile.Equal, ask, s.fraction.Has(source.Key))
		return s.emit(s.compared(source, target, comparison, proof, reconcile.EvidenceListing))
	}
	better := s.verify != VerifyListing || comparison != reconcile.Equal // than what the listings say
	if !suspect && s.holds(p, &source, &target, e) && (ask && p.Fresh || !ask && better) {
		return s.emit(s.again(source, target, p, e))
	}
	if ask {
		return s.askLook(ctx, subject{source: source, target: target, listed: true, entry: e})
	}
	o := s.compared(source, target, comparison, proof, reconcile.EvidenceListing)
	o.Evidence, o.VerifiedAt = s.lists.evidence(source.Bucket, target.Bucket)
	o.Shallow = s.verify != VerifyListing
	return s.emit(s.against(e, &source, nil, o))
}

// askLook has an object looked at, beside others.
func (s *settler) askLook(ctx context.Context, about subject) error {
	d := reconcile.Decision{Source: about.source, Target: about.target}.Clone()
	about.source, about.target = d.Source, d.Target
	return s.ask(func() error { return s.look(ctx, about) })
}

// worthHeads reports whether HEADs are to be sent although nothing is wrong.
func (s *settler) worthHeads(v reconcile.Comparison, source, target reconcile.Object) bool {
	switch {
	case !s.fraction.Has(source.Key):
		return false
	case s.verify != VerifyListing:
		return true
	case v != reconcile.Undecided || s.listingOnly:
		return false
	}
	// Where a bucket is known to hold objects under KMS its plain ETags say
	// nothing, and HEADs would say no more.
	_, opaqueSource := s.opaque.Load(source.Bucket)
	_, opaqueTarget := s.opaque.Load(target.Bucket)
	return source.Checksum.FullObject() && target.Checksum.FullObject() || !opaqueSource && !opaqueTarget
}

// missing looks again at an object whose target was not listed.
func (s *settler) missing(ctx context.Context, source reconcile.Object, at reconcile.Location, e *catalog.Entry) error {
	if s.plan != nil {
		s.plan.finding(at.Bucket, 1)
		return s.emit(notThere(source, at, ""))
	}
	return s.askLook(ctx, subject{source: source, target: reconcile.Object{Location: at}, entry: e})
}

// stray looks again at an object of an archive bucket that nothing in the source
// has its place at. origin is a source key that it comes from all the same;
// empty: none was listed.
func (s *settler) stray(ctx context.Context, o reconcile.Object, origin string) error {
	if !s.named && !s.keys.Has(s.home(o.Location)) {
		return nil // another part of the audit looks at it
	}
	if s.plan != nil {
		s.plan.finding(o.Bucket, int64(len(s.router.Origins(o.Key))))
		return nil
	}
	if s.withdrawn(o, origin) {
		return s.emit(reconcile.Outcome{Target: o, TargetSeen: true, Status: reconcile.Excluded, Archive: reconcile.ArchiveThere})
	}
	d := reconcile.Decision{Target: o}.Clone()
	return s.ask(func() error {
		_, err := s.lookStray(ctx, d.Target, !s.named)
		return err
	})
}

// catalogued settles what the catalog alone says of a key: that something should
// be there which is not, or the other way round.
func (s *settler) catalogued(ctx context.Context, g group) error {
	switch {
	case s.catalog == nil:
		return nil
	case g.entry != nil && g.source == nil && len(g.found) == 0:
		e := *g.entry
		return s.ask(func() error { return s.lookPhantom(ctx, e) })
	case g.entry == nil && g.source != nil && !s.excluded(g.key):
		o := reconcile.Outcome{Source: reconcile.Decision{Source: *g.source}.Clone().Source, Status: reconcile.Uncatalogued, Attempts: 1, Message: "it is not in the catalog"}
		o.Evidence, o.VerifiedAt = s.lists.evidence(g.source.Bucket)
		return s.emit(o)
	}
	return nil
}

// ask has an object looked at by HEAD, beside others. It waits while there are
// as many as may be.
func (s *settler) ask(look func() error) error {
	if err := s.refusal(); err != nil {
		return err
	}
	s.heads.Go(look)
	return nil
}
