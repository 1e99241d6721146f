package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
)

// Named is an object that somebody has named, where a run would have listed it.
type Named struct {
	Location  reconcile.Location // VersionID: the version that was meant; empty: the current one
	Alternate string             // the key, read in the other way it may have been meant; empty: there is one reading
}

// RunNamed does for objects that were named what Run does for those it lists:
// the same rules, the same copier, the same proof; only that HEAD says what the
// listings would. It returns one outcome for each object, in their order; an
// object that is named more than once is looked at once, and is in the report
// once. The error says why not all of them were reached, as Run's does.
func (j *Job) RunNamed(ctx context.Context, objects []Named) ([]reconcile.Outcome, Result, error) {
	result := Result{StartedAt: j.Copy.Now()}
	j.shareDigests()
	n := &naming{job: j.newRun(), copier: copier.New(j.Store, j.Store, j.Copy), outcomes: map[reconcile.Location]reconcile.Outcome{}}
	err := n.look(ctx, readings(objects))
	if err == nil {
		err = n.look(ctx, n.unread(objects))
	}
	all, addErr := n.collect(objects)
	err = errors.Join(err, addErr)
	result.Notes = n.copier.Notes()
	n.job.sum(ctx, &result, &err)
	return all, result, err
}

// naming is one RunNamed.
type naming struct {
	job    *run
	copier *copier.Copier

	mu       sync.Mutex
	outcomes map[reconcile.Location]reconcile.Outcome // by the location that was named, with its version
}

// readings are the locations as they stand.
func readings(objects []Named) []reconcile.Location {
	all := make([]reconcile.Location, len(objects))
	for i, o := range objects {
		all[i] = o.Location
	}
	return all
}

// unread are the other readings of what was not found under the first.
func (n *naming) unread(objects []Named) []reconcile.Location {
	var all []reconcile.Location
	for _, o := range objects {
		if o.Alternate != "" && unfound(n.outcomes[o.Location]) {
			all = append(all, o.alternate())
		}
	}
	return all
}

func (o Named) alternate() reconcile.Location {
	l := o.Location
	l.Key = o.Alternate
	return l
}

// unfound reports whether the source is not there: an answer to HEAD would have
// brought an ETag.
func unfound(o reconcile.Outcome) bool {
	return o.Status == reconcile.Failed && o.ErrorKind == reconcile.NotFound && o.Source.ETag == ""
}

// reading returns the location whose outcome is the object's: the second
// reading where only that names something.
func (n *naming) reading(o Named) reconcile.Location {
	second, tried := n.outcomes[o.alternate()]
	if o.Alternate == "" || !tried || !unfound(n.outcomes[o.Location]) || unfound(second) {
		return o.Location
	}
	return o.alternate()
}

// collect returns the outcomes in the order of the objects, and hands each to
// the report once.
func (n *naming) collect(objects []Named) (all []reconcile.Outcome, err error) {
	added := map[reconcile.Location]bool{}
	for _, o := range objects {
		at := n.reading(o)
		all = append(all, n.outcomes[at])
		if !added[at] && err == nil {
			added[at], err = true, n.job.add(n.outcomes[at])
		}
	}
	return all, err
}

// look finds out what becomes of the locations. Two versions of one key are
// looked at one after the other: they have one target.
func (n *naming) look(ctx context.Context, all []reconcile.Location) error {
	for len(all) > 0 {
		var later []reconcile.Location
		now := map[reconcile.Location]reconcile.Location{} // by the object, without its version
		for _, l := range all {
			at := reconcile.Location{Bucket: l.Bucket, Key: l.Key}
			_, known := n.outcomes[l]
			other, taken := now[at]
			switch {
			case known || taken && other == l:
			case taken:
				later = append(later, l)
			default:
				now[at] = l
			}
		}
		if err := n.pass(ctx, now); err != nil {
			return err
		}
		all = later
	}
	return nil
}

// pass looks at objects, no two of which are one. An outcome's source is the
// object without the version that was named.
func (n *naming) pass(ctx context.Context, objects map[reconcile.Location]reconcile.Location) error {
	decisions := make(chan reconcile.Decision, len(objects))
	emit := func(o reconcile.Outcome) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.outcomes[objects[o.Source.Location]] = o
		return nil
	}
	for _, l := range objects {
		if d := n.job.decide(l); d.Need == reconcile.NeedNothing {
			emit(d.Outcome())
		} else {
			decisions <- d
		}
	}
	close(decisions)
	return n.copier.Run(ctx, decisions, emit)
}

// decide decides about a named object as far as its name goes.
func (j *Job) decide(l reconcile.Location) reconcile.Decision {
	d := reconcile.Decision{Version: l.VersionID, Unseen: true, Need: reconcile.NeedRestoreState}
	d.Source.Location = reconcile.Location{Bucket: l.Bucket, Key: l.Key}
	if why := j.foreign(l.Bucket); why != "" {
		d.Need, d.Status, d.Kind, d.Reason = reconcile.NeedNothing, reconcile.Failed, reconcile.Other, why
		return d
	}
	route := j.Scan.Router.Route(l.Key)
	excluded := j.Excluded != nil && j.Excluded.Has(l.Key)
	if route.Excluded || excluded || !strings.HasPrefix(l.Key, j.Scan.Prefix) {
		d.Need, d.Status = reconcile.NeedNothing, reconcile.Excluded
		return d
	}
	if route.Routed {
		d.Target.Location = route.Location()
		d.Collisions = j.Scan.Router.Collisions(l.Key, route)
	}
	return d
}

// foreign says why a bucket is not one to copy from, "" where it is. Whoever
// can put a message into a queue can name any bucket: where a source is
// configured it is the only one. And what is copied into an archive must not
// come from one.
func (j *Job) foreign(bucket string) string {
	switch {
	case j.Scan.Bucket != "" && bucket != j.Scan.Bucket:
		return fmt.Sprintf("it is not in the source that is configured, s3://%s", j.Scan.Bucket)
	case slices.Contains(j.Scan.Router.Buckets(), bucket):
		return "its bucket is an archive bucket: nothing is copied from there"
	}
	return ""
}
