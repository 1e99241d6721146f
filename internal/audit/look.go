package audit

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"reconcile/internal/catalog"
	"reconcile/internal/reconcile"
)

// looker settles objects by HEAD.
type looker struct {
	*scope
	*outcomes
	*comparer
	*asker
	later *later       // pairs to be judged at the end
	gone  atomic.Int64 // objects that were listed and then were nowhere any more
}

// subject is an object of the source that is looked at by HEAD.
type subject struct {
	source, target reconcile.Object // where nothing was listed, their places alone
	listed         bool             // the target was
	// absent settles what somebody has named, of which nothing was listed, where the
	// source has nothing; t is what stands at its target. nil: it was listed.
	absent func(t *reconcile.Detail, looks int) error
	entry  *catalog.Entry // what is said of it; nil: nothing
}

// maxLooks is how often a pair is looked at that is never the same twice.
const maxLooks = 5

// state is what one look has seen of a pair; empty where there is nothing.
type state struct{ source, target string }

// look settles a pair by HEAD. What would be a finding has to be seen twice: an
// object that changes, comes or goes meanwhile is not accused of it. The
// listings were the first look.
func (l *looker) look(ctx context.Context, about subject) error {
	source, target, e := about.source, about.target, about.entry
	before, looks := about.seen()
	for first := true; ; first = false {
		looks++
		var t *reconcile.Detail
		s, err := l.head(ctx, source.Location)
		if err == nil {
			t, err = l.head(ctx, target.Location)
		}
		switch {
		case err != nil:
			return l.emit(tagged(e, unfinished(ctx, source, target, looks, err)))
		case s == nil && about.absent != nil && before.source != "":
			before = state{}
			continue
		case s == nil && about.absent != nil:
			return about.absent(t, looks)
		case s == nil && t == nil:
			l.gone.Add(1)
			return nil
		case s == nil:
			_, err = l.lookStray(ctx, t.Object, true)
			return err
		}
		if first {
			if conflict, err := l.conflict(ctx, s.Object, target); err != nil {
				return l.emit(tagged(e, unfinished(ctx, source, target, looks, err)))
			} else if conflict != nil {
				return l.emit(tagged(e, *conflict))
			}
		}
		o, late := l.judge(ctx, s, t, target.Location)
		o = l.against(e, &s.Object, s.Checksums, o)
		o.Attempts = looks
		now := stateOf(s, t)
		switch {
		case late && o.Catalog == "":
			return l.later.add(o)
		case !o.Success() && now != before && looks < maxLooks:
			before = now
			continue
		}
		return l.emit(o)
	}
}

// seen is what was seen of a subject before it is asked by HEAD, and in how many
// looks.
func (s *subject) seen() (before state, looks int) {
	if s.absent != nil {
		return unseen, 0
	}
	before.source = s.source.ETag
	if s.listed {
		before.target = s.target.ETag
	}
	return before, 1
}

// unseen is no state that anything is in.
var unseen = state{source: "unseen"}

func stateOf(s, t *reconcile.Detail) state {
	now := state{source: s.ETag}
	if t != nil {
		now.target = t.ETag
	}
	return now
}

// judge says what the HEADs of a pair come to; the target may be nil. late says
// that it depends on whether ETags are digests here, which nothing has shown yet.
func (l *looker) judge(ctx context.Context, s, t *reconcile.Detail, at reconcile.Location) (o reconcile.Outcome, late bool) {
	if t == nil {
		return notThere(current(s, s.Checksum), at, reconcile.EvidenceHead), false
	}
	ours, theirs, ok := reconcile.CommonChecksum(s.Checksums, t.Checksums)
	if !ok {
		ours, theirs = s.Checksum, t.Checksum
	}
	source, target := current(s, ours), current(t, theirs)
	comparison, proof := reconcile.Compare(source, target, false, l.digests)
	o = l.compared(source, target, comparison, proof, reconcile.EvidenceHead)
	if l.verify != VerifyListing {
		o.Compared[reconcile.AspectMetadata] = same(s.Metadata, t.Metadata)
		if s.Headers != t.Headers {
			o.Compared[reconcile.AspectMetadata] = reconcile.Disagrees
		}
		o.Compared[reconcile.AspectTags] = l.tags(ctx, s, t)
	}
	if comparison != reconcile.Different && comparison != reconcile.Equal {
		believed, _ := reconcile.Compare(source, target, false, nil)
		late = believed == reconcile.Different
	}
	return o, late
}

// conflict is the outcome of an object whose target another object of the source
// has too; nil: none has.
func (l *looker) conflict(ctx context.Context, source, target reconcile.Object) (*reconcile.Outcome, error) {
	for _, key := range l.collisions(source.Key) {
		other, err := l.head(ctx, reconcile.Location{Bucket: source.Bucket, Key: key})
		if err != nil {
			return nil, err
		}
		if other != nil {
			o := reconcile.Outcome{Source: source, Status: reconcile.Failed, ErrorKind: reconcile.Conflict,
				Message: "another object of the source has the same target: " + other.Location.String()}
			o.Target.Location = target.Location
			return &o, nil
		}
	}
	return nil, nil
}

// lookStray settles a stray by HEAD: of itself, and of every source key that it
// may come from. alone says that nobody else looks at an original that has come
// meanwhile. told reports whether it has a row.
func (l *looker) lookStray(ctx context.Context, stray reconcile.Object, alone bool) (told bool, err error) {
	const looks = 2
	t, err := l.head(ctx, stray.Location)
	if err != nil {
		return true, l.emit(unfinished(ctx, reconcile.Object{}, stray, looks, err))
	}
	if t == nil {
		l.gone.Add(1)
		return false, nil
	}
	var misplaced *reconcile.Detail
	elsewhere := false // it comes from what this audit does not look at
	for _, key := range l.router.Origins(stray.Key) {
		s, err := l.head(ctx, reconcile.Location{Bucket: l.bucket, Key: key})
		switch {
		case err != nil:
			return true, l.emit(unfinished(ctx, reconcile.Object{}, stray, looks, err))
		case s == nil:
			continue
		case l.excluded(key) && !l.router.Leaks(stray.Bucket, key):
			return true, l.emit(reconcile.Outcome{Target: current(t, t.Checksum), TargetSeen: true, Status: reconcile.Excluded, Archive: reconcile.ArchiveThere})
		}
		within := strings.HasPrefix(key, l.prefix)
		if route := l.router.Route(key); route.Routed && route.Location() == stray.Location {
			if !alone || !within || !l.keys.Has(key) {
				return false, nil
			}
			return true, l.look(ctx, subject{source: s.Object, target: t.Object, listed: true}) // its original has come meanwhile
		}
		if elsewhere = elsewhere || !within; within && misplaced == nil {
			misplaced = s
		}
	}
	if misplaced == nil && elsewhere {
		return false, nil
	}
	o := l.accuse(misplaced, t)
	o.Attempts = looks
	return true, l.emit(o)
}

// accuse is the outcome of an object that lies where nothing of the source has
// its place. The source is whose it is; nil: nobody's.
func (l *looker) accuse(s, t *reconcile.Detail) reconcile.Outcome {
	o := reconcile.Outcome{Target: current(t, t.Checksum), TargetSeen: true, Status: reconcile.Orphan, Evidence: reconcile.EvidenceHead,
		Message: "no object of s3://" + l.bucket + " has its copy here"}
	if s != nil {
		o.Source = current(s, s.Checksum)
		o.Source.Restore = reconcile.RestoreState{} // which is told of the source's own row
		o.Status, o.Leak, o.Message = reconcile.Misplaced, l.router.Leaks(t.Bucket, s.Key), l.belongs(s.Key)
	} else if l.leaks(t.Location) {
		o.Status, o.Leak, o.Message = reconcile.Misplaced, true, "it has no original either"
	}
	if o.Leak {
		o.Message = "leak: a data file in a public bucket; " + o.Message
	}
	return o
}

// lookPhantom settles an entry of which nothing was listed, by HEAD.
func (l *looker) lookPhantom(ctx context.Context, e catalog.Entry) error {
	places := []reconcile.Location{{Bucket: l.bucket, Key: e.Key}}
	if route := l.router.Route(e.Key); route.Routed {
		places = append(places, route.Location())
	}
	phantom := reconcile.Object{Location: places[0], Size: max(e.Size, 0)}
	for _, at := range places {
		switch found, err := l.head(ctx, at); {
		case err != nil:
			return l.emit(unfinished(ctx, phantom, reconcile.Object{}, 2, err))
		case found != nil:
			return nil // it has its row, or has come meanwhile
		}
	}
	return l.emit(reconcile.Outcome{
		Source: phantom, Status: reconcile.Phantom, Attempts: 2, Evidence: reconcile.EvidenceHead, GranuleID: e.Granule, CollectionID: e.Collection,
		Message: fmt.Sprintf("it is in the catalog (%s:%d), and in no bucket", e.File, e.Line),
	})
}
