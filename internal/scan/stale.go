package scan

import (
	"context"

	"reconcile/internal/reconcile"
)

// An inventory of the source says which objects there were, when it was made,
// and nothing of restores. It serves to find out which objects are in their
// archives already: those are present. All others are looked for in the source
// itself, by pages where many of them lie together and by HEAD where few do,
// before anything is decided about them: nothing is copied on the word of an
// inventory.

// stale reports whether the source is read from an inventory.
func (s *Scanner) stale() bool { return s.opts.Inventories[s.opts.Bucket] != nil }

func (s *Scanner) sourceLister() Lister {
	if s.stale() {
		return s.opts.Inventories[s.opts.Bucket]
	}
	return s.lister
}

// unseen is what is known of the restore state of an object of an inventory.
func unseen(o reconcile.Object) reconcile.RestoreState {
	if o.Restore.Phase == reconcile.Online {
		return o.Restore
	}
	return reconcile.RestoreState{}
}

// review settles an object of an inventory whose target is there and the same,
// and looks for any other in the source itself.
func (w *walker) review(ctx context.Context, q quest) error {
	d := q.d
	d.Need = reconcile.NeedNothing
	if d.Listed {
		if d = d.Resolve(w.opts.Policy); d.Need == reconcile.NeedNothing && d.Status == reconcile.Present {
			return w.emit(d)
		}
	}
	q.key = q.d.Source.Key
	if w.opts.Mode == RestoreHead {
		return w.sourceLeft(ctx, q)
	}
	if w.live == nil {
		w.live = newFinder(w, w.archives.of(reconcile.Cursor{Bucket: w.opts.Bucket}))
		w.live.found, w.live.leave = w.sourceFound, w.sourceLeft
	}
	return w.live.want(ctx, q)
}

// sourceFound goes on with what the source's own listing says of an object. One
// that is gone, or of whose restore the listing says nothing, is asked by HEAD.
func (w *walker) sourceFound(ctx context.Context, q quest, o reconcile.Object, there bool) error {
	if !there {
		return w.sourceLeft(ctx, q)
	}
	w.hear(o)
	state, silent := w.restoreState(o, w.now)
	if silent {
		return w.sourceLeft(ctx, q)
	}
	d := q.d
	d.Source = o
	d.Source.Restore = state
	d, readable := d.Select(w.opts.Policy)
	if readable {
		d = d.Resolve(w.opts.Policy)
	}
	return w.emit(d)
}

// sourceLeft leaves the object to be asked by HEAD.
func (w *walker) sourceLeft(_ context.Context, q quest) error {
	q.d.Need, q.d.Source.Restore = reconcile.NeedRestoreState, reconcile.RestoreState{}
	return w.emit(q.d)
}
