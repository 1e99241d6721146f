package job

import (
	"context"
	"errors"

	"reconcile/internal/journal"
	"reconcile/internal/reconcile"
)

// journals are a run's own journal, and those of dead runs of other divisions.
// Whatever it does is recorded in its own.
type journals struct {
	own    *journal.Journal
	beside []*journal.Journal
	shard  bool // other shards are copying what this one does not see
}

func (all *journals) close() {
	for _, j := range append(all.beside, all.own) {
		j.Close()
	}
}

// Find implements copier.Journal.
func (all *journals) Find(target reconcile.Location) (p reconcile.Pending, found bool) {
	p, found = all.own.Find(target)
	for i := 0; !found && i < len(all.beside); i++ {
		p, found = all.beside[i].Find(target)
	}
	return p, found
}

// Left implements copier.Journal. An upload without an id can only be told by its
// target, which another shard may be copying now.
func (all *journals) Left() []reconcile.Pending {
	left := all.own.Left()
	for _, j := range all.beside {
		for _, p := range j.Left() {
			if p.UploadID != "" || !all.shard {
				left = append(left, p)
			}
		}
	}
	return left
}

// Record implements copier.Journal. What is taken over from a dead run is this
// one's from then on.
func (all *journals) Record(ctx context.Context, p reconcile.Pending) error {
	if err := all.own.Record(ctx, p); err != nil {
		return err
	}
	return all.forgetBeside(ctx, p.Target)
}

// Forget implements copier.Journal.
func (all *journals) Forget(ctx context.Context, target reconcile.Location) error {
	return errors.Join(all.own.Forget(ctx, target), all.forgetBeside(ctx, target))
}

func (all *journals) forgetBeside(ctx context.Context, target reconcile.Location) error {
	var errs []error
	for _, j := range all.beside {
		if _, left := j.Find(target); left {
			errs = append(errs, j.Forget(ctx, target))
		}
	}
	return errors.Join(errs...)
}
