package job

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"reconcile/internal/config"
	"reconcile/internal/copier"
	"reconcile/internal/journal"
	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// journalOpener opens the journals of one run.
//
// Two runs must not have one journal: each would take the other's uploads for
// left behind. A folder has a lock of its own, a prefix in a bucket gets one
// beside the entries.
//
// Each shard has a journal of its own below that of runs over the whole source.
// What a dead run has left is looked at again by runs of another division too:
// those journals are opened beside the own one, where nobody has them.
type journalOpener struct {
	*locker
	dir      string             // empty: none, or in a bucket
	at       reconcile.Location // Key is a prefix; zero: none, or in a folder
	onDemand bool               // one in a bucket is opened when it is needed
	journal  copier.Journal     // that was opened; nil: none
}

// openDir opens the journal of a folder. A folder that cannot be one is a mistake
// of the configuration; an entry that cannot be read is not.
func (o *journalOpener) openDir(ctx context.Context) error {
	if o.dir == "" {
		return nil
	}
	dir := filepath.Join(o.dir, o.shard)
	j, err := journal.OpenDir(ctx, dir)
	switch {
	case errors.Is(err, journal.ErrBusy):
		return err
	case errors.Is(err, journal.ErrUnknownEntry):
		return fmt.Errorf("journal %s: %w", dir, err)
	case err != nil:
		return &config.Error{Err: fmt.Errorf("journal %s: %w", dir, err), Hint: "name a folder that can be written to, or s3://BUCKET/PREFIX"}
	}
	o.use(j, o.dirsBeside(ctx))
	return nil
}

// dirsBeside opens the journals of other divisions that have entries.
func (o *journalOpener) dirsBeside(ctx context.Context) (all []*journal.Journal) {
	var names []string
	below, _ := filepath.Glob(filepath.Join(o.dir, "*", "*"+journal.Suffix))
	for _, entry := range below {
		names = append(names, filepath.Base(filepath.Dir(entry)))
	}
	if whole, _ := filepath.Glob(filepath.Join(o.dir, "*"+journal.Suffix)); len(whole) > 0 {
		names = append(names, "")
	}
	for _, name := range o.others(names) {
		dir := filepath.Join(o.dir, name)
		j, err := journal.OpenDir(ctx, dir)
		if err != nil {
			o.log.Warn("the journal of another division of the source cannot be looked at", "journal", dir, "err", err)
			continue
		}
		all = append(all, j)
	}
	return all
}

// others are those journals that belong to no process of this division: the other
// shards', and that of the whole, whose name is empty.
func (o *journalOpener) others(names []string) (all []string) {
	for _, name := range names {
		other := name == "" && o.shard != "" || division(name) != "" && division(name) != division(o.shard)
		if other && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// openBucket opens the journal of a prefix, under a lock of its own. The context
// ends when that is lost.
func (o *journalOpener) openBucket(ctx context.Context) (context.Context, error) {
	switch {
	case o.at.Key == "":
		return ctx, nil
	case o.onDemand:
		return o.openLater(ctx), nil
	}
	ctx, j, err := o.openPrefix(ctx, o.shard)
	if err != nil {
		return ctx, err
	}
	ctx, beside, err := o.prefixesBeside(ctx)
	o.use(j, beside)
	return ctx, err
}

// journalAt is the journal of one shard, or that of the whole.
func journalAt(at reconcile.Location, shard string) reconcile.Location {
	if shard != "" {
		at.Key += shard + "/"
	}
	return at
}

func (o *journalOpener) openPrefix(ctx context.Context, shard string) (context.Context, *journal.Journal, error) {
	at := journalAt(o.at, shard)
	ctx, got, err := o.take(ctx, journalLock(at))
	if err != nil {
		return ctx, nil, err
	}
	o.run.own(got.release)
	j, err := journal.OpenBucket(ctx, o.store, at)
	if err != nil {
		return ctx, nil, fmt.Errorf("journal %s: %w", at, err)
	}
	if got.from != "" && o.lock.Key == "" {
		o.run.note("the journal was taken over from %s, which died", got.from)
	}
	return ctx, j, nil
}

// prefixesBeside opens the journals of other divisions that have entries. One
// that another run has is that run's business.
func (o *journalOpener) prefixesBeside(ctx context.Context) (context.Context, []*journal.Journal, error) {
	var names []string
	err := storage.EachObject(ctx, o.store, reconcile.ListRequest{Bucket: o.at.Bucket, Prefix: o.at.Key}, func(found reconcile.Object) error {
		name, entry, below := strings.Cut(strings.TrimPrefix(found.Key, o.at.Key), "/")
		if !below {
			name, entry = "", name
		}
		if strings.HasSuffix(entry, journal.Suffix) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return ctx, nil, err
	}
	var all []*journal.Journal
	for _, name := range o.others(names) {
		next, j, err := o.openPrefix(ctx, name)
		if err != nil {
			o.log.Warn("the journal of another division of the source cannot be looked at", "journal", journalAt(o.at, name).String(), "err", err)
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

// use takes the journals, and says what dead runs have left.
func (o *journalOpener) use(own *journal.Journal, beside []*journal.Journal) {
	j := &journals{own: own, beside: beside, shard: o.shard != ""}
	o.run.own(j.close)
	o.journal = j
	runs := map[string]int{}
	for _, p := range j.Left() {
		runs[p.Run]++
	}
	for _, run := range slices.Sorted(maps.Keys(runs)) {
		o.log.Warn("an earlier run has left uploads open: they are gone on with, or aborted", "run", run, "uploads", runs[run])
		o.run.note("run %s had left %s open", run, things(int64(runs[run]), "upload"))
	}
}
