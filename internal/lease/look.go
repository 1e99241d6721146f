package lease

import (
	"context"
	"errors"

	"reconcile/internal/reconcile"
)

// Look returns who holds the lease at a place, without taking it: a *HeldError.
// nil: nobody does. What stands there and is no lease is an error.
func Look(ctx context.Context, store Store, at reconcile.Location) error {
	l := &Lease{store: store, opts: Options{At: at}}
	r, doc, err := l.read(ctx)
	switch {
	case errors.Is(err, reconcile.NotFound):
		return nil
	case err != nil:
		return err
	case l.alive(r, doc):
		return l.heldBy(r, doc)
	}
	return nil
}
