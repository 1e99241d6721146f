package audit

import (
	"context"

	"reconcile/internal/reconcile"
	"reconcile/internal/scan"
)

// suspects are the objects of a walk that would be findings by the listings
// alone: missing, or without an original. Each has to be seen twice. Where many
// lie together, a lost folder or a bucket of somebody else's, their keys are
// listed once more, which costs less than two HEADs for each.
type suspects struct {
	*walker
	streams []*stream
	all     []group
	pages   int // that the streams had read before the first of them
	heads   int // that they would take
}

const (
	maxSuspects = 2000 // that wait: the memory that they take
	// maxSuspectPages is after how many pages of all streams they are looked at
	// again: what lies between is listed again too.
	maxSuspectPages = 64
)

// hold takes a group that is nothing but a suspect.
func (s *suspects) hold(g *group) bool {
	heads := s.suspect(g)
	if heads == 0 {
		return false
	}
	if len(s.all) == 0 {
		s.pages = s.read()
	}
	own := group{key: g.key}
	if g.source != nil {
		o := reconcile.Decision{Source: *g.source}.Clone().Source
		own.source, own.key = &o, o.Key
	}
	for _, o := range g.found {
		own.found = append(own.found, reconcile.Decision{Target: o}.Clone().Target)
		own.key = own.found[0].Key
	}
	s.all = append(s.all, own)
	s.heads += heads
	return true
}

// suspect is how many HEADs a group takes that is nothing but missing, or nothing
// but strays, and can be settled by listing it twice; 0: it is something else.
func (s *suspects) suspect(g *group) int {
	s.hear(g.source)
	if s.catalog != nil || s.plan != nil || s.named || len(s.lists.inventories) > 0 || s.router.Swapped(g.key) {
		return 0
	}
	if g.source != nil {
		if len(g.found) > 0 || s.excluded(g.key) || !s.router.Route(g.key).Routed || !s.heard(g.source) {
			return 0
		}
		return 2
	}
	for _, o := range g.found {
		if s.withdrawn(o, "") {
			return 0
		}
	}
	return 2 * len(g.found)
}

// hear notes that the source's listing tells what is restored.
func (s *suspects) hear(o *reconcile.Object) {
	if o != nil && (o.Restore.Phase == reconcile.Restored || o.Restore.Phase == reconcile.Restoring) && !s.tells.Load() {
		s.tells.Store(true)
	}
}

// heard reports whether the listing has said whether an object is restored: a
// restored copy that lapses is a risk. Silence counts where the listing has
// spoken of others.
func (s *suspects) heard(o *reconcile.Object) bool {
	return o.Restore.Phase != reconcile.RestoreUnknown || s.amazon || s.tells.Load()
}

func (s *suspects) read() (pages int) {
	for _, one := range s.streams {
		pages += one.pages
	}
	return pages
}

// full reports whether as many wait as may, or over as many pages.
func (s *suspects) full() bool {
	return len(s.all) >= maxSuspects || len(s.all) > 0 && s.read()-s.pages >= maxSuspectPages
}

// lookAgain looks at all of them again.
func (s *suspects) lookAgain(ctx, listing context.Context) error {
	all, lists := s.all, s.read()-s.pages+len(s.streams)
	s.all = nil
	defer func() { s.heads = 0 }()
	if len(all) == 0 {
		return nil
	}
	if s.heads < lists*s.scan.HeadsForAList() {
		return s.eachListed(ctx, listing, all)
	}
	done, err := s.relist(ctx, listing, all)
	if err != nil {
		s.cancelAll(all[done:], err)
		return err
	}
	return s.eachListed(ctx, listing, all[done:])
}

// eachListed settles groups as the walk does.
func (s *suspects) eachListed(ctx, listing context.Context, all []group) error {
	for i, g := range all {
		if err := s.listed(ctx, listing, g); err != nil {
			s.cancelAll(all[i+1:], err)
			return err
		}
	}
	return nil
}

// relist lists the range of some groups again, and settles each that is still the
// same; any other is settled as it is now. done is how many are settled.
func (s *suspects) relist(ctx, listing context.Context, all []group) (done int, err error) {
	r := scan.Range{After: scan.Before(all[0].key), Until: all[len(all)-1].key}
	streams, closed := s.open(r)
	defer closed()
	for done < len(all) {
		g, ok, err := next(listing, streams, &entries{})
		if err != nil || !ok {
			return done, err
		}
		for done < len(all) && all[done].key < g.key { // it is nowhere any more
			if err := s.listed(ctx, listing, all[done]); err != nil {
				return done + 1, err
			}
			done++
		}
		if done == len(all) || all[done].key != g.key {
			continue
		}
		done++
		if err := s.settleTwice(ctx, listing, all[done-1], g); err != nil {
			return done, err
		}
	}
	return done, nil
}

// settleTwice settles a group that was listed twice.
func (s *suspects) settleTwice(ctx, listing context.Context, was, is group) error {
	if !was.same(&is) {
		return s.listed(ctx, listing, is)
	}
	const looks = 2
	if was.source != nil {
		o := notThere(*was.source, s.router.Route(was.key).Location(), reconcile.EvidenceListing)
		o.Attempts = looks
		return s.emit(o)
	}
	for _, found := range was.found {
		o := s.accuse(nil, &reconcile.Detail{Object: found, Checksums: nil})
		o.Evidence, o.Attempts = reconcile.EvidenceListing, looks
		if err := s.emit(o); err != nil {
			return err
		}
	}
	return nil
}

// same reports whether two listings of a key show the same.
func (g *group) same(o *group) bool {
	if (g.source == nil) != (o.source == nil) || len(g.found) != len(o.found) || g.source != nil && g.source.ETag != o.source.ETag {
		return false
	}
	for i := range g.found {
		if g.found[i].Bucket != o.found[i].Bucket || g.found[i].ETag != o.found[i].ETag {
			return false
		}
	}
	return true
}
