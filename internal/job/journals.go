package job

import (
	"context"
	"errors"
	"fmt"

	"reconcile/internal/config"
	"reconcile/internal/journal"
	"reconcile/internal/reconcile"
)

// Two runs must not have one journal: each would take the other's uploads for
// left behind. A folder has a lock of its own, a prefix in a bucket gets one
// beside the entries.

// journalInFolder opens the journal of a folder. A folder that cannot be one is
// a mistake of the configuration; an entry that cannot be read is not. A plan
// opens no uploads.
func (r *Running) journalInFolder(ctx context.Context) (context.Context, error) {
	if r.JournalDir == "" || r.Command == "plan" {
		return ctx, nil
	}
	j, err := journal.OpenDir(ctx, r.JournalDir)
	switch {
	case errors.Is(err, journal.ErrBusy):
		return ctx, err
	case errors.Is(err, journal.ErrUnknownEntry):
		return ctx, fmt.Errorf("journal %s: %w", r.JournalDir, err)
	case err != nil:
		return ctx, &config.Error{Err: fmt.Errorf("journal %s: %w", r.JournalDir, err), Hint: "name a folder that can be written to, or s3://BUCKET/PREFIX"}
	}
	r.useJournal(j)
	return ctx, nil
}

// journalInBucket opens the journal of a prefix, under a lock of its own.
func (r *Running) journalInBucket(ctx context.Context) (context.Context, error) {
	if r.JournalAt.Key == "" || r.Command == "plan" {
		return ctx, nil
	}
	if r.JournalOnDemand {
		return r.journalOnDemand(ctx), nil
	}
	held, release, err := r.locker().take(ctx, journalLock(r.JournalAt))
	if err != nil {
		return held, err
	}
	r.own(release)
	j, err := journal.OpenBucket(held, r.Store, r.again, r.JournalAt)
	if err != nil {
		return held, fmt.Errorf("journal %s: %w", r.JournalAt, err)
	}
	r.useJournal(j)
	return held, nil
}

// journalLock is the lock of a journal in a bucket, beside its entries.
func journalLock(at reconcile.Location) reconcile.Location {
	return reconcile.Location{Bucket: at.Bucket, Key: at.Key + "lock"}
}

func (r *Running) useJournal(j *journal.Journal) {
	r.own(func() { j.Close() })
	r.Journal = j
}
