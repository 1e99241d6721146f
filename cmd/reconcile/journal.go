package main

import (
	"context"
	"errors"

	"reconcile/internal/journal"
	"reconcile/internal/reconcile"
)

// journaled runs the job with its journal, if it has one. Two runs must not
// have one journal: each would take the other's uploads for left behind. A
// folder has a lock of its own, a prefix in a bucket gets one beside the
// entries. A plan opens no uploads and needs none.
func (e *execution) journaled(ctx context.Context) error {
	switch {
	case e.Command == "plan":
		return e.run(ctx)
	case e.JournalDir != "":
		return e.withJournal(ctx, func() (*journal.Journal, error) { return journal.OpenDir(ctx, e.JournalDir) })
	case e.JournalAt.Key != "":
		lock := reconcile.Location{Bucket: e.JournalAt.Bucket, Key: e.JournalAt.Key + "lock"}
		return e.locked(ctx, lock, func(ctx context.Context) error {
			return e.withJournal(ctx, func() (*journal.Journal, error) {
				return journal.OpenBucket(ctx, e.store, e.retrier(), e.JournalAt)
			})
		})
	}
	return e.run(ctx)
}

func (e *execution) withJournal(ctx context.Context, open func() (*journal.Journal, error)) error {
	j, err := open()
	switch {
	case errors.Is(err, journal.ErrBusy):
		return &exitError{code: exitLocked, err: err}
	case err != nil:
		return &exitError{code: exitIncomplete, err: err}
	}
	defer j.Close()
	e.journal = j
	return e.run(ctx)
}
