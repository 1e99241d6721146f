package copier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"reconcile/internal/reconcile"
)

// Journal remembers uploads across runs: the intention before one is opened,
// its id after, and nothing once it is completed or aborted. A nil Journal in
// Options remembers nothing: then whatever does not end well is aborted.
type Journal interface {
	Find(target reconcile.Location) (reconcile.Pending, bool)
	Left() []reconcile.Pending
	Record(ctx context.Context, p reconcile.Pending) error
	Forget(ctx context.Context, target reconcile.Location) error
}

// noJournal remembers nothing.
type noJournal struct{}

func (noJournal) Find(reconcile.Location) (p reconcile.Pending, ok bool) { return p, false }
func (noJournal) Left() []reconcile.Pending                              { return nil }
func (noJournal) Record(context.Context, reconcile.Pending) error        { return nil }
func (noJournal) Forget(context.Context, reconcile.Location) error       { return nil }

// pending is what the journal keeps of an upload that is about to be opened.
func (u *upload) pending() reconcile.Pending {
	return reconcile.Pending{
		Run: u.opts.Run, Source: u.source.Location, ETag: u.source.ETag, Size: u.source.Size,
		Modified: u.source.LastModified.UTC(), Target: u.req.Target, Checksum: u.req.Checksum, Begun: u.opts.Now().UTC(),
		Settings: u.target.WriteSettings(u.req.Target.Bucket), Tags: tagsDigest(u.req.Tags),
		Parts: u.sizes,
	}
}

// same reports whether an upload that was left can be gone on with.
func same(a, b reconcile.Pending) bool {
	return a.Source == b.Source && a.ETag == b.ETag && a.Size == b.Size && a.Modified.Equal(b.Modified) &&
		a.Target == b.Target && a.Checksum == b.Checksum && a.Settings == b.Settings && a.Tags == b.Tags &&
		slices.Equal(a.Parts, b.Parts)
}

// tagsDigest tells sets of tags apart: other ones change neither the source's
// ETag nor its time. No tags have none.
func tagsDigest(tags map[string]string) string {
	if len(tags) == 0 {
		return ""
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		fmt.Fprintf(h, "%q=%q&", name, tags[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// forget takes a target out of the journal. An entry that stays is harmless:
// its upload will be found gone.
func (u *uploads) forget(target reconcile.Location) {
	if err := u.opts.Journal.Forget(u.cleanup, target); err != nil {
		u.opts.Log.Warn("journal entry left behind", "target", target.String(), "err", err)
	}
}
