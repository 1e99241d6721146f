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
	a       *Auditor
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

// add takes a group that is nothing but a suspect.
func (s *suspects) add(g *group) bool {
	heads := s.a.suspect(g)
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
func (a *Auditor) suspect(g *group) int {
	a.hear(g.source)
	if a.opts.Catalog != nil || a.opts.Plan != nil || a.opts.Names != nil || len(a.opts.Inventories) > 0 || a.opts.Router.Swapped(g.key) {
		return 0
	}
	if g.source != nil {
		if len(g.found) > 0 || a.excluded(g.key) || !a.opts.Router.Route(g.key).Routed || !a.heard(g.source) {
			return 0
		}
		return 2
	}
	for _, o := range g.found {
		if a.withdrawn(o, "") {
			return 0
		}
	}
	return 2 * len(g.found)
}

// hear notes that the source's listing tells what is restored.
func (a *Auditor) hear(o *reconcile.Object) {
	if o != nil && (o.Restore.Phase == reconcile.Restored || o.Restore.Phase == reconcile.Restoring) && !a.tells.Load() {
		a.tells.Store(true)
	}
}

// heard reports whether the listing has said whether an object is restored: a
// restored copy that lapses is a risk. Silence counts where the listing has
// spoken of others.
func (a *Auditor) heard(o *reconcile.Object) bool {
	return o.Restore.Phase != reconcile.RestoreUnknown || a.opts.Amazon || a.tells.Load()
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

// settle looks at all of them again.
func (s *suspects) settle(ctx, listing context.Context) error {
	all, lists := s.all, s.read()-s.pages+len(s.streams)
	s.all = nil
	defer func() { s.heads = 0 }()
	if len(all) == 0 {
		return nil
	}
	if o := s.a.scanOptions(); s.heads < lists*o.HeadsForAList() {
		return s.a.eachListed(ctx, listing, all)
	}
	done, err := s.a.relist(ctx, listing, all)
	if err != nil {
		s.a.cancelAll(all[done:], err)
		return err
	}
	return s.a.eachListed(ctx, listing, all[done:])
}

// eachListed settles groups as the walk does.
func (a *Auditor) eachListed(ctx, listing context.Context, all []group) error {
	for i, g := range all {
		if err := a.listed(ctx, listing, g); err != nil {
			a.cancelAll(all[i+1:], err)
			return err
		}
	}
	return nil
}

// cancelAll lets the objects of the source leave as canceled.
func (a *Auditor) cancelAll(all []group, why error) {
	for _, g := range all {
		if g.source != nil {
			_ = a.emit(canceled(*g.source, reconcile.Object{}, why)) // an error stays, and is why already
		}
	}
}

// relist lists the range of some groups again, and settles each that is still the
// same; any other is settled as it is now. done is how many are settled.
func (a *Auditor) relist(ctx, listing context.Context, all []group) (done int, err error) {
	r := keys{scan.Before(all[0].key), all[len(all)-1].key}
	streams, closed := a.streams(r)
	defer closed()
	for done < len(all) {
		g, ok, err := next(listing, streams, &entries{a: a})
		if err != nil || !ok {
			return done, err
		}
		for done < len(all) && all[done].key < g.key { // it is nowhere any more
			if err := a.listed(ctx, listing, all[done]); err != nil {
				return done + 1, err
			}
			done++
		}
		if done == len(all) || all[done].key != g.key {
			continue
		}
		done++
		if err := a.settleTwice(ctx, listing, all[done-1], g); err != nil {
			return done, err
		}
	}
	return done, nil
}

// settleTwice settles a group that was listed twice.
func (a *Auditor) settleTwice(ctx, listing context.Context, was, is group) error {
	if !was.same(&is) {
		return a.listed(ctx, listing, is)
	}
	const looks = 2
	if was.source != nil {
		o := reconcile.Outcome{Source: *was.source, Status: reconcile.Missing, Evidence: reconcile.EvidenceListing, Attempts: looks, Message: "it is not in its archive bucket"}
		o.Target.Location = a.opts.Router.Route(was.key).Location()
		return a.emit(o)
	}
	for _, found := range was.found {
		o := a.accuse(nil, &reconcile.Detail{Object: found, Checksums: nil})
		o.Evidence, o.Attempts = reconcile.EvidenceListing, looks
		if err := a.emit(o); err != nil {
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
