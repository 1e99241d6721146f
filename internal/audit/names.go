package audit

import (
	"cmp"
	"context"
	"errors"
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
func (n *Name) plain(router *reconcile.Router) bool {
	return n.Version == "" && n.Alternate == "" && n.Target == "" && !n.Stray && !router.Swapped(n.Key)
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

// nameWalk looks up what was named.
type nameWalk struct {
	*walker
	list Names
}

// stretchNames is how many names are held in memory, and listed together.
const stretchNames = 10_000

// all looks up what was named. Where names lie close together their range
// is listed; where they lie far apart HEAD is asked for each.
func (w *nameWalk) all(ctx context.Context) error {
	var why error
	for {
		stretch, err := w.read()
		if err != nil || len(stretch) == 0 {
			return cmp.Or(why, err)
		}
		if why == nil {
			why = w.stretch(ctx, &stretch)
		}
		if err := w.each(ctx, stretch, why); err != nil {
			return err
		}
		if why == nil && ctx.Err() != nil {
			why = context.Cause(ctx)
		}
	}
}

func (w *nameWalk) read() (all []*Name, err error) {
	for len(all) < stretchNames {
		n, err := w.list.Next()
		switch {
		case err == io.EOF:
			return all, nil
		case err != nil:
			return nil, err
		case w.keys.Has(n.Key):
			all = append(all, &n)
		}
	}
	return all, nil
}

// stretch settles by the listings those of the names that lie close
// together, and takes them off.
func (w *nameWalk) stretch(ctx context.Context, all *[]*Name) error {
	var plain []*Name
	for _, n := range *all {
		if n.plain(w.router) && strings.HasPrefix(n.Key, w.prefix) {
			plain = append(plain, n)
		}
	}
	if len(plain) == 0 {
		return nil
	}
	together, err := scan.Together(ctx, w.lists.of(w.bucket), w.scan, len(plain), func(i int) string { return plain[i].Key })
	if err != nil || !together {
		return err
	}
	listed := names{}
	for _, n := range plain {
		listed[n.Key] = n
	}
	_, err = w.walk(ctx, ctx, part{keys: scan.Range{After: scan.Before(plain[0].Key), Until: plain[len(plain)-1].Key}, names: listed})
	*all = slices.DeleteFunc(*all, func(n *Name) bool {
		return n.plain(w.router) && listed[n.Key] == nil && strings.HasPrefix(n.Key, w.prefix)
	})
	return err
}

// each asks HEAD about each name, or lets it leave as canceled.
func (w *nameWalk) each(ctx context.Context, all []*Name, why error) error {
	var looks errgroup.Group // of its own: what the looks claim is settled when all have ended
	looks.SetLimit(min(w.limiter.Max(), maxHeads))
	for _, n := range all {
		if err := w.refusal(); err != nil {
			return errors.Join(err, looks.Wait())
		}
		looks.Go(func() error {
			look := &namedLook{w.settler, w.swaps, n}
			if why != nil {
				return w.emit(tagged(n.Entry, canceled(look.place(), reconcile.Object{}, why)))
			}
			return look.settleName(ctx)
		})
	}
	return looks.Wait()
}
