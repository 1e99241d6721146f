package main

import (
	"context"
	"errors"
	"fmt"

	"reconcile/internal/journal"
	"reconcile/internal/reconcile"
)

// Two runs must not have one journal: each would take the other's uploads for
// left behind. A folder has a lock of its own, a prefix in a bucket gets one
// beside the entries.

// journaledInFolder runs with the journal of a folder. A folder that cannot be
// one is a mistake of the configuration; an entry that cannot be read is not.
func (e *execution) journaledInFolder(ctx context.Context, run func(context.Context) error) error {
	j, err := journal.OpenDir(ctx, e.JournalDir)
	switch {
	case errors.Is(err, journal.ErrBusy):
		return &exitError{code: exitLocked, err: err}
	case errors.Is(err, journal.ErrUnknownEntry):
		return e.notBegun(ctx, fmt.Errorf("journal %s: %w", e.JournalDir, err))
	case err != nil:
		return usageError(fmt.Errorf("journal %s: %w", e.JournalDir, err), "name a folder that can be written to, or s3://BUCKET/PREFIX")
	}
	return e.withJournal(ctx, j, run)
}

func (e *execution) journaledInBucket(ctx context.Context) error {
	return e.locked(ctx, journalLock(e.JournalAt), func(ctx context.Context) error {
		j, err := journal.OpenBucket(ctx, e.store, e.retrier(), e.JournalAt)
		if err != nil {
			return e.notBegun(ctx, fmt.Errorf("journal %s: %w", e.JournalAt, err))
		}
		return e.withJournal(ctx, j, e.run)
	})
}

// journalLock is the lock of a journal in a bucket, beside its entries.
func journalLock(at reconcile.Location) reconcile.Location {
	return reconcile.Location{Bucket: at.Bucket, Key: at.Key + "lock"}
}

func (e *execution) withJournal(ctx context.Context, j *journal.Journal, run func(context.Context) error) error {
	defer j.Close()
	e.journal = j
	return run(ctx)
}
