package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/catalog"
	"reconcile/internal/reconcile"
	"reconcile/internal/scan"
)

// Names gives the objects that alone are looked at, in the order of their keys,
// and io.EOF after the last one.
type Names interface{ Next() (Name, error) }

// Name is one object that somebody has named. It has its row whatever is there.
type Name struct {
	Key       string         // in the source
	Version   string         // that was meant; empty: the current one
	Alternate string         // the key, read in the other way it may have been meant; empty: there is one reading
	Target    string         // archive bucket where it is to be; empty: routing decides
	Stray     bool           // it was named as an object of an archive bucket, by its key there
	Entry     *catalog.Entry // what is said of it; nil: nothing
}

// plain reports whether the listings alone can settle what was named.
func (a *Auditor) plain(n *Name) bool {
	return n.Version == "" && n.Alternate == "" && n.Target == "" && !n.Stray && !a.opts.Router.Swapped(n.Key)
}

// names are some that are listed together, by their keys; nil: everything is
// looked at.
type names map[string]*Name

// take reports whether a group is wanted, and takes its name off. What the
// source's listing does not have is asked for by HEAD.
func (n names) take(g *group) bool {
	if n == nil {
		return true
	}
	name, ok := n[g.key]
	if !ok || g.source == nil {
		return false
	}
	delete(n, g.key)
	g.entry = name.Entry
	return true
}

// stretchNames is how many names are held in memory, and listed together.
const stretchNames = 10_000

// walkNames looks up what was named. Where names lie close together their range
// is listed; where they lie far apart HEAD is asked for each.
func (a *Auditor) walkNames(ctx context.Context) error {
	var why error
	for {
		stretch, err := a.readNames()
		if err != nil || len(stretch) == 0 {
			return cmp.Or(why, err)
		}
		if why == nil {
			why = a.walkStretch(ctx, &stretch)
		}
		if err := a.eachName(ctx, stretch, why); err != nil {
			return err
		}
		if why == nil && ctx.Err() != nil {
			why = context.Cause(ctx)
		}
	}
}

func (a *Auditor) readNames() (all []*Name, err error) {
	for len(all) < stretchNames {
		n, err := a.opts.Names.Next()
		switch {
		case err == io.EOF:
			return all, nil
		case err != nil:
			return nil, err
		case a.inRange(n.Key):
			all = append(all, &n)
		}
	}
	return all, nil
}

// walkStretch settles by the listings those of the names that lie close
// together, and takes them off.
func (a *Auditor) walkStretch(ctx context.Context, all *[]*Name) error {
	var plain []*Name
	for _, n := range *all {
		if a.plain(n) && strings.HasPrefix(n.Key, a.opts.Prefix) {
			plain = append(plain, n)
		}
	}
	o := a.scanOptions()
	if len(plain) == 0 {
		return nil
	}
	together, err := scan.Together(ctx, a.lister(a.opts.Bucket), o, len(plain), func(i int) string { return plain[i].Key })
	if err != nil || !together {
		return err
	}
	listed := names{}
	for _, n := range plain {
		listed[n.Key] = n
	}
	_, err = a.walk(ctx, ctx, part{keys: keys{scan.Before(plain[0].Key), plain[len(plain)-1].Key}, names: listed})
	*all = slices.DeleteFunc(*all, func(n *Name) bool {
		return a.plain(n) && listed[n.Key] == nil && strings.HasPrefix(n.Key, a.opts.Prefix)
	})
	return err
}

// eachName asks HEAD about each name, or lets it leave as canceled.
func (a *Auditor) eachName(ctx context.Context, all []*Name, why error) error {
	var looks errgroup.Group // of its own: what the looks claim is settled when all have ended
	looks.SetLimit(min(a.opts.Limiter.Max(), maxHeads))
	for _, n := range all {
		if err := a.refusal(); err != nil {
			return errors.Join(err, looks.Wait())
		}
		looks.Go(func() error {
			if why != nil {
				return a.emit(tagged(n.Entry, canceled(a.named(n), reconcile.Object{}, why)))
			}
			return a.lookNamed(ctx, n)
		})
	}
	return looks.Wait()
}

// named is the place of a name in the source.
func (a *Auditor) named(n *Name) reconcile.Object {
	return reconcile.Object{Location: reconcile.Location{Bucket: a.opts.Bucket, Key: n.Key}}
}

// lookNamed settles a name by HEAD: the object of the source, its copy, and what
// lies where a copy of it would be misplaced.
func (a *Auditor) lookNamed(ctx context.Context, n *Name) error {
	if !strings.HasPrefix(n.Key, a.opts.Prefix) {
		return a.emit(tagged(n.Entry, reconcile.Outcome{Source: a.named(n), Status: reconcile.Excluded}))
	}
	if a.opts.Plan != nil {
		for _, bucket := range append(a.opts.Router.Buckets(), a.opts.Bucket) {
			a.opts.Plan.finding(bucket, 0)
		}
		return nil
	}
	if n.Stray {
		return a.lookNamedStray(ctx, n)
	}
	at, others, err := a.around(ctx, n)
	if err != nil {
		return a.emit(tagged(n.Entry, unfinished(ctx, a.named(n), reconcile.Object{Location: at}, 1, err)))
	}
	if a.excluded(n.Key) || at.Bucket == "" || n.Version != "" {
		if done, err := a.lookSource(ctx, n, others); done || err != nil {
			return err
		}
	}
	if err := a.swaps.claimAll(others, -1); err != nil {
		return err
	}
	return a.look(ctx, subject{source: a.named(n), target: reconcile.Object{Location: at}, named: true, entry: n.Entry})
}

// around is where the copy of a name belongs, and what lies elsewhere that could
// be one.
func (a *Auditor) around(ctx context.Context, n *Name) (at reconcile.Location, others []reconcile.Object, err error) {
	if err := a.reading(ctx, n); err != nil {
		return at, nil, err
	}
	if at = a.opts.Router.Route(n.Key).Location(); n.Target != "" {
		at = reconcile.Location{Bucket: n.Target, Key: cmp.Or(at.Key, n.Key)}
	}
	others, err = a.others(ctx, n.Key, at)
	return at, others, err
}

// lookNamedStray settles what was named by its key in an archive bucket. It may
// have got its original, or be gone, since somebody saw it there.
func (a *Auditor) lookNamedStray(ctx context.Context, n *Name) error {
	told := false
	for _, bucket := range a.opts.Router.Buckets() {
		at := reconcile.Location{Bucket: bucket, Key: n.Key}
		found, err := a.head(ctx, at)
		switch {
		case err != nil:
			return a.emit(unfinished(ctx, reconcile.Object{}, reconcile.Object{Location: at}, 1, err))
		case found == nil:
			continue
		}
		row, err := a.lookStray(ctx, found.Object, true)
		if err != nil {
			return err
		}
		told = told || row
	}
	if told {
		return nil
	}
	return a.absent(subject{source: a.named(n), entry: n.Entry}, 1)
}

// reading finds out which key is meant by a name with two readings: the second
// where only that is there.
func (a *Auditor) reading(ctx context.Context, n *Name) error {
	if n.Alternate == "" {
		return nil
	}
	first, err := a.head(ctx, a.named(n).Location)
	if err != nil || first != nil {
		return err
	}
	second, err := a.head(ctx, reconcile.Location{Bucket: a.opts.Bucket, Key: n.Alternate})
	if second != nil {
		n.Key = n.Alternate
	}
	return err
}

// others are the objects of archive buckets that lie where a copy of the key
// could be and does not belong.
func (a *Auditor) others(ctx context.Context, key string, own reconcile.Location) (all []reconcile.Object, err error) {
	for _, bucket := range a.opts.Router.Buckets() {
		for _, at := range a.opts.Router.Images(key) {
			at := reconcile.Location{Bucket: bucket, Key: at}
			if at == own {
				continue
			}
			found, err := a.head(ctx, at)
			if err != nil {
				return nil, err
			}
			if found != nil {
				all = append(all, found.Object)
			}
		}
	}
	return all, nil
}

// lookSource settles a name of which the source alone decides: that is excluded,
// has no archive bucket, or is of another version. done is false for any other.
func (a *Auditor) lookSource(ctx context.Context, n *Name, others []reconcile.Object) (done bool, err error) {
	s, looks, err := a.headTwice(ctx, a.named(n).Location)
	if err != nil {
		return true, a.emit(tagged(n.Entry, unfinished(ctx, a.named(n), reconcile.Object{}, looks, err)))
	}
	if s == nil {
		return true, cmp.Or(a.swaps.claimAll(others, -1), a.absent(subject{source: a.named(n), entry: n.Entry}, looks))
	}
	source := current(s, s.Checksum)
	if is := cmp.Or(s.Version, "null"); n.Version != "" && n.Version != is {
		why := fmt.Errorf("version %s was named, and the current one is %s: only current versions are compared", n.Version, is)
		return true, a.emit(tagged(n.Entry, unfinished(ctx, source, reconcile.Object{}, looks, &reconcile.Error{
			Op: "HeadObject", Location: s.Location, Kind: reconcile.Changed, Err: why,
		})))
	}
	if !a.excluded(n.Key) && (n.Target != "" || a.opts.Router.Route(n.Key).Routed) {
		return false, nil
	}
	own, err := a.settleSource(ctx, group{key: n.Key, source: &source, entry: n.Entry, found: others})
	return true, cmp.Or(err, a.swaps.claimAll(others, own))
}

// headTwice asks HEAD once more about an object that is not there.
func (a *Auditor) headTwice(ctx context.Context, at reconcile.Location) (d *reconcile.Detail, looks int, err error) {
	for looks = 1; looks <= 2 && d == nil && err == nil; looks++ {
		d, err = a.head(ctx, at)
	}
	return d, looks - 1, err
}

// absentWith is absent of a name whose place in the archive may have something, t.
func (a *Auditor) absentWith(about subject, t *reconcile.Detail, looks int) error {
	var err error
	if t != nil {
		err = a.swaps.claimAll([]reconcile.Object{t.Object}, -1)
	}
	return cmp.Or(err, a.absent(about, looks))
}

// absent is the outcome of a name of which the source has nothing. What an
// archive bucket has all the same is an orphan, which has its own.
func (a *Auditor) absent(about subject, looks int) error {
	o := reconcile.Outcome{Source: about.source, Status: reconcile.Failed, ErrorKind: reconcile.NotFound, Attempts: looks}
	o.Message = about.source.Location.String() + " is not there"
	return a.emit(tagged(about.entry, o))
}
