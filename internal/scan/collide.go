package scan

import (
	"context"

	"reconcile/internal/reconcile"
)

// An object whose target is there is compared with it only where no other object
// of the source is routed to the same target: else both would be called present
// by one copy. The other one is looked up in the source's listing, in one more
// pass over the part of it that the other keys lie in. Rules whose targets overlap
// are refused, so that there is one other key at most: that of a rule, or that of
// the objects that no rule moves.

// collision is a way of two routes to one target. The other keys of one way come
// in key order.
type collision struct{ own, other reconcile.Cursor }

// collide looks up the other key.
func (w *walker) collide(ctx context.Context, q query) error {
	q.key = q.d.Collisions[0]
	way := collision{w.opts.Router.Route(q.d.Source.Key).Cursor, w.opts.Router.Route(q.key).Cursor}
	l, ok := w.others[way]
	if !ok {
		l = newLookup(w, w.archives.source(way.other.From))
		l.found, l.deferToHead = w.otherFound, w.targetKnown // which leaves it to HEAD
		if w.others == nil {
			w.others = map[collision]*lookup{}
		}
		w.others[way] = l
	}
	return l.want(ctx, q)
}

// otherFound goes on with an object of which it is known whether the other one
// is there.
func (w *walker) otherFound(ctx context.Context, q query, _ reconcile.Object, there bool) error {
	if there && !w.fromInventory() { // where it may not be restored, HEAD says both
		return w.emit(q.d.Collide(q.key))
	}
	q.d.Alone = !there
	return w.targetKnown(ctx, q)
}
