package audit

import (
	"context"
	"strings"

	"reconcile/internal/reconcile"
)

// stray looks again at an object of an archive bucket that nothing in the source
// has its place at. origin is a source key that it comes from all the same;
// empty: none was listed.
func (a *Auditor) stray(ctx context.Context, o reconcile.Object, origin string) error {
	if a.opts.Names == nil && !a.inRange(a.home(o.Location)) {
		return nil // another part of the audit looks at it
	}
	if a.opts.Plan != nil {
		a.opts.Plan.finding(o.Bucket, int64(len(a.opts.Router.Origins(o.Key))))
		return nil
	}
	if a.withdrawn(o, origin) {
		return a.emit(reconcile.Outcome{Target: o, TargetSeen: true, Status: reconcile.Excluded, Archive: reconcile.ArchiveThere})
	}
	d := reconcile.Decision{Target: o}.Clone()
	return a.ask(func() error {
		_, err := a.lookStray(ctx, d.Target, a.opts.Names == nil)
		return err
	})
}

// withdrawn reports whether a stray is one of the excluded objects, and no leak.
func (a *Auditor) withdrawn(o reconcile.Object, origin string) bool {
	origins := []string{origin}
	if origin == "" {
		origins = a.opts.Router.Origins(o.Key)
	}
	for _, key := range origins {
		if a.excluded(key) && !a.opts.Router.Leaks(o.Bucket, key) {
			return true
		}
	}
	return false
}

// lookStray settles a stray by HEAD: of itself, and of every source key that it
// may come from. alone says that nobody else looks at an original that has come
// meanwhile. told reports whether it has a row.
func (a *Auditor) lookStray(ctx context.Context, stray reconcile.Object, alone bool) (told bool, err error) {
	const looks = 2
	t, err := a.head(ctx, stray.Location)
	if err != nil {
		return true, a.emit(unfinished(ctx, reconcile.Object{}, stray, looks, err))
	}
	if t == nil {
		a.gone.Add(1)
		return false, nil
	}
	var misplaced *reconcile.Detail
	elsewhere := false // it comes from what this audit does not look at
	for _, key := range a.opts.Router.Origins(stray.Key) {
		s, err := a.head(ctx, reconcile.Location{Bucket: a.opts.Bucket, Key: key})
		switch {
		case err != nil:
			return true, a.emit(unfinished(ctx, reconcile.Object{}, stray, looks, err))
		case s == nil:
			continue
		case a.excluded(key) && !a.opts.Router.Leaks(stray.Bucket, key):
			return true, a.emit(reconcile.Outcome{Target: current(t, t.Checksum), TargetSeen: true, Status: reconcile.Excluded, Archive: reconcile.ArchiveThere})
		}
		within := strings.HasPrefix(key, a.opts.Prefix)
		if route := a.opts.Router.Route(key); route.Routed && route.Location() == stray.Location {
			if !alone || !within || !a.inRange(key) {
				return false, nil
			}
			return true, a.look(ctx, subject{source: s.Object, target: t.Object, listed: true}) // its original has come meanwhile
		}
		if elsewhere = elsewhere || !within; within && misplaced == nil {
			misplaced = s
		}
	}
	if misplaced == nil && elsewhere {
		return false, nil
	}
	o := a.accuse(misplaced, t)
	o.Attempts = looks
	return true, a.emit(o)
}

// accuse is the outcome of an object that lies where nothing of the source has
// its place. The source is whose it is; nil: nobody's.
func (a *Auditor) accuse(s, t *reconcile.Detail) reconcile.Outcome {
	o := reconcile.Outcome{Target: current(t, t.Checksum), TargetSeen: true, Status: reconcile.Orphan, Evidence: reconcile.EvidenceHead,
		Message: "no object of s3://" + a.opts.Bucket + " has its copy here"}
	if s != nil {
		o.Source = current(s, s.Checksum)
		o.Source.Restore = reconcile.RestoreState{} // which is told of the source's own row
		o.Status, o.Leak, o.Message = reconcile.Misplaced, a.opts.Router.Leaks(t.Bucket, s.Key), a.belongs(s.Key)
	} else if a.leaks(t.Location) {
		o.Status, o.Leak, o.Message = reconcile.Misplaced, true, "it has no original either"
	}
	if o.Leak {
		o.Message = "leak: a data file in a public bucket; " + o.Message
	}
	return o
}

// belongs says where the copy of a source key has its place.
func (a *Auditor) belongs(key string) string {
	route := a.opts.Router.Route(key)
	switch {
	case a.excluded(key):
		return "its original is excluded"
	case !route.Routed:
		return "no archive bucket is configured for it"
	}
	return "it belongs at " + route.Location().String()
}

// leaks reports whether an object without an original is a data file in a public
// bucket, whichever of its possible origins it may have had.
func (a *Auditor) leaks(at reconcile.Location) bool {
	for _, key := range a.opts.Router.Origins(at.Key) {
		if !a.opts.Router.Leaks(at.Bucket, key) {
			return false
		}
	}
	return true
}
