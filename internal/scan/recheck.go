package scan

import (
	"context"

	"reconcile/internal/reconcile"
)

// An inventory of the source says which objects there were, when it was made,
// and nothing of restores. It serves to find out which objects are in their
// archives already: those are present. All others are looked for in the source
// itself, by pages where many of them lie together and by HEAD where few do,
// before anything is decided about them: nothing is copied because an
// inventory says so.

// fromInventory reports whether the source is read from an inventory.
func (s *Scanner) fromInventory() bool { return s.opts.Inventories[s.opts.Bucket] != nil }

func (s *Scanner) sourceLister() Lister {
	if s.fromInventory() {
		return s.opts.Inventories[s.opts.Bucket]
	}
	return s.lister
}

// inventoryRestore is what is known of the restore state of an object of an inventory.
func inventoryRestore(c *reconcile.Classes, o reconcile.Object) reconcile.RestoreState {
	if state := c.Listed(&o); state.Phase == reconcile.Online {
		return state
	}
	return reconcile.RestoreState{}
}

// recheck settles an object of an inventory whose target is there and the same,
// and looks any other up in the source itself.
func (w *walker) recheck(ctx context.Context, q query) error {
	d := q.d
	d.Need = reconcile.NeedNothing
	if d.Listed {
		if d = d.Resolve(w.opts.Policy); d.Need == reconcile.NeedNothing && d.Status == reconcile.Present {
			return w.compared(d)
		}
	}
	q.key = q.d.Source.Key
	if w.opts.Mode == RestoreHead {
		return w.sourceDeferred(ctx, q)
	}
	if w.inSource == nil {
		w.inSource = newLookup(w, w.archives.source(w.opts.Prefix))
		w.inSource.found, w.inSource.deferToHead = w.sourceFound, w.sourceDeferred
	}
	return w.inSource.want(ctx, q)
}

// sourceFound goes on with what the source's own listing says of an object. One
// that is gone, or of whose restore the listing says nothing, is asked by HEAD.
func (w *walker) sourceFound(ctx context.Context, q query, o reconcile.Object, there bool) error {
	if !there {
		return w.sourceDeferred(ctx, q)
	}
	w.silence.Hear(&o)
	state, unknown := w.restoreState(o, w.now)
	if unknown {
		return w.sourceDeferred(ctx, q)
	}
	d := q.d
	d.Source = o
	d.Source.Restore = state
	d, readable := d.Select(w.opts.Policy)
	if readable {
		d = d.Resolve(w.opts.Policy)
	}
	return w.compared(d)
}

// sourceDeferred leaves the object to be asked by HEAD.
func (w *walker) sourceDeferred(_ context.Context, q query) error {
	q.d.Need, q.d.Source.Restore = reconcile.NeedRestoreState, reconcile.RestoreState{}
	return w.emit(q.d)
}
