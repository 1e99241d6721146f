package scan

import (
	"time"

	"reconcile/internal/reconcile"
)

// step says what is to be done next with an object, as far as its own entry
// tells.
type step uint8

const (
	settled        step = iota // the decision can leave
	wanted                     // its target has to be known
	restoreUnknown             // its restore state cannot be read off the listing yet
	aside                      // it is left alone, and may be in its archive
)

// decide decides one object as far as its key and its restore state go.
func (s *Scanner) decide(o reconcile.Object, now time.Time) (reconcile.Decision, reconcile.Route, step) {
	s.silence.Hear(&o)
	d := reconcile.Decision{Source: o}
	route := s.opts.Router.Route(o.Key)
	if s.opts.Excluded != nil && s.opts.Excluded(o.Key) || route.Excluded {
		d.Status = reconcile.Excluded
		return d, route, settled
	}
	d.Target.Location = route.Location()
	if s.fromInventory() {
		d.Source.Restore = inventoryRestore(s.opts.Policy.Classes, o)
		return s.selected(d, route)
	}
	state, unknown := s.restoreState(o, now)
	if unknown {
		return d, route, restoreUnknown
	}
	d.Source.Restore = state
	return s.selected(d, route)
}

// selected goes on with an object whose restore state is known, or is going to
// be asked for. One without an archive bucket that is not known to be readable
// still has its restore state asked: an object nobody restored is not this
// run's business.
func (s *Scanner) selected(d reconcile.Decision, route reconcile.Route) (reconcile.Decision, reconcile.Route, step) {
	d, readable := d.Select(s.opts.Policy)
	switch {
	case d.Aside() && route.Routed:
		return d, route, aside
	case d.Need == reconcile.NeedNothing && !readable:
		return d, route, settled
	case route.Routed:
		d.Collisions = s.opts.Router.Collisions(d.Source.Key, route)
		return d, route, wanted
	case readable:
		return d.Unroute(), route, settled
	}
	return d, route, settled
}

// resolve decides by what is known of the target.
func (s *Scanner) resolve(d reconcile.Decision) reconcile.Decision {
	if d.Need == reconcile.NeedRestoreState {
		return d
	}
	return d.Resolve(s.opts.Policy)
}

// restoreState applies the mode to what the listing says. unknown is true for
// an archived object whose entry has no restore status, as long as nobody knows
// what that means.
func (s *Scanner) restoreState(o reconcile.Object, now time.Time) (state reconcile.RestoreState, unknown bool) {
	archive := s.opts.Policy.Classes.NeedsRestore(o.StorageClass)
	if archive && s.opts.Mode == RestoreHead {
		return reconcile.RestoreState{}, false
	}
	state = s.lapse(s.silence.Read(&o), now)
	return state, archive && state.Phase == reconcile.RestoreUnknown
}

// lapse is the state at the time now. A restored copy that was there when the
// scan began and has lapsed since is not one that nobody restored: it keeps its
// state, and if it is missing from its archive the copier says that it came too
// late.
func (s *Scanner) lapse(state reconcile.RestoreState, now time.Time) reconcile.RestoreState {
	if state.Phase == reconcile.Restored && state.Expiry.After(s.began) {
		return state
	}
	return state.At(now)
}

// canceled is an object that the stopped scan cannot decide any more.
func canceled(d reconcile.Decision, reason string) reconcile.Decision {
	d.Need, d.Status, d.Reason = reconcile.NeedNothing, reconcile.Canceled, reason
	return d
}
