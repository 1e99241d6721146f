package job

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reconcile/internal/config"
	"reconcile/internal/journal"
	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// Two runs must not have one journal: each would take the other's uploads for
// left behind. A folder has a lock of its own, a prefix in a bucket gets one
// beside the entries.

//
// Each shard has a journal of its own below that of runs over the whole source.
// What a dead run has left is looked at again by runs of another division too:
// those journals are opened beside the own one, where nobody has them.

// journalInFolder opens the journal of a folder. A folder that cannot be one is
// a mistake of the configuration; an entry that cannot be read is not. A plan
// opens no uploads.
func (r *Running) journalInFolder(ctx context.Context) (context.Context, error) {
	if r.JournalDir == "" || r.Command == "plan" {
		return ctx, nil
	}
	dir := filepath.Join(r.JournalDir, ownName(r.Shard))
	j, err := journal.OpenDir(ctx, dir)
	switch {
	case errors.Is(err, journal.ErrBusy):
		return ctx, err
	case errors.Is(err, journal.ErrUnknownEntry):
		return ctx, fmt.Errorf("journal %s: %w", dir, err)
	case err != nil:
		return ctx, &config.Error{Err: fmt.Errorf("journal %s: %w", dir, err), Hint: "name a folder that can be written to, or s3://BUCKET/PREFIX"}
	}
	r.useJournal(j, r.foldersBeside(ctx))
	return ctx, nil
}

// foldersBeside opens the journals of other divisions that have entries.
func (r *Running) foldersBeside(ctx context.Context) (all []*journal.Journal) {
	for _, name := range r.others(subfolders(r.JournalDir)) {
		dir := filepath.Join(r.JournalDir, name)
		if entries, _ := filepath.Glob(filepath.Join(dir, "*"+journal.Suffix)); len(entries) == 0 {
			continue
		}
		j, err := journal.OpenDir(ctx, dir)
		if err != nil {
			r.Log.Warn("the journal of another division of the source cannot be looked at", "journal", dir, "err", err)
			continue
		}
		all = append(all, j)
	}
	return all
}

func subfolders(dir string) (names []string) {
	entries, _ := os.ReadDir(dir) // it has just been opened
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// others are the names of journals that belong to no process of this division:
// the other shards', and that of the whole, which is "".
func (r *Running) others(names []string) (all []string) {
	own := ownName(r.Shard)
	for _, name := range names {
		if d := division(name); d != "" && d != division(own) && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	if own != "" {
		all = append(all, "")
	}
	return all
}

// journalInBucket opens the journal of a prefix, under a lock of its own.
func (r *Running) journalInBucket(ctx context.Context) (context.Context, error) {
	if r.JournalAt.Key == "" || r.Command == "plan" {
		return ctx, nil
	}
	if r.JournalOnDemand {
		return r.journalOnDemand(ctx), nil
	}
	own := ownName(r.Shard)
	ctx, j, err := r.openPrefix(ctx, own)
	if err != nil {
		return ctx, err
	}
	ctx, beside, err := r.prefixesBeside(ctx)
	r.useJournal(j, beside)
	return ctx, err
}

// journalAt is the journal of one shard, or that of the whole.
func journalAt(at reconcile.Location, shard string) reconcile.Location {
	if shard != "" {
		at.Key += shard + "/"
	}
	return at
}

func (r *Running) openPrefix(ctx context.Context, shard string) (context.Context, *journal.Journal, error) {
	at := journalAt(r.JournalAt, shard)
	ctx, got, err := r.locker().take(ctx, journalLock(at))
	if err != nil {
		return ctx, nil, err
	}
	r.own(got.release)
	j, err := journal.OpenBucket(ctx, r.again, at)
	if err != nil {
		return ctx, nil, fmt.Errorf("journal %s: %w", at, err)
	}
	if got.from != "" && r.Lock.Key == "" {
		r.note("the journal was taken over from %s, which died", got.from)
	}
	return ctx, j, nil
}

// prefixesBeside opens the journals of other divisions that have entries. One
// that another run has is that run's business.
func (r *Running) prefixesBeside(ctx context.Context) (context.Context, []*journal.Journal, error) {
	var names []string
	err := storage.EachObject(ctx, r.again, reconcile.ListRequest{Bucket: r.JournalAt.Bucket, Prefix: r.JournalAt.Key}, func(o reconcile.Object) error {
		name, entry, below := strings.Cut(strings.TrimPrefix(o.Key, r.JournalAt.Key), "/")
		if below && strings.HasSuffix(entry, journal.Suffix) || !below && strings.HasSuffix(name, journal.Suffix) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return ctx, nil, err
	}
	whole := slices.ContainsFunc(names, func(name string) bool { return division(name) == "" })
	var all []*journal.Journal
	for _, name := range r.others(names) {
		if name == "" && !whole {
			continue
		}
		next, j, err := r.openPrefix(ctx, name)
		if err != nil {
			r.Log.Warn("the journal of another division of the source cannot be looked at", "journal", journalAt(r.JournalAt, name).String(), "err", err)
			continue
		}
		ctx, all = next, append(all, j)
	}
	return ctx, all, nil
}

// journalLock is the lock of a journal in a bucket, beside its entries.
func journalLock(at reconcile.Location) reconcile.Location {
	return reconcile.Location{Bucket: at.Bucket, Key: at.Key + "lock"}
}

// useJournal gives the copier the journal, and says what dead runs have left.
func (r *Running) useJournal(own *journal.Journal, beside []*journal.Journal) {
	j := &journals{own: own, beside: beside, shard: ownName(r.Shard) != ""}
	r.own(j.close)
	r.Journal = j
	runs := map[string]int{}
	for _, p := range j.Left() {
		runs[p.Run]++
	}
	for _, run := range slices.Sorted(maps.Keys(runs)) {
		r.Log.Warn("an earlier run has left uploads open: they are gone on with, or aborted", "run", run, "uploads", runs[run])
		r.note("run %s had left %s open", run, things(int64(runs[run]), "upload"))
	}
}

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
func (all *journals) Find(target reconcile.Location) (reconcile.Pending, bool) {
	if p, ok := all.own.Find(target); ok {
		return p, true
	}
	for _, j := range all.beside {
		if p, ok := j.Find(target); ok {
			return p, true
		}
	}
	return reconcile.Pending{}, false
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
