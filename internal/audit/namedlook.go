package audit

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"reconcile/internal/reconcile"
)

// namedLook looks up one name by HEAD.
type namedLook struct {
	*settler
	swaps *swaps
	*Name
}

// place is that of the name in the source.
func (n *namedLook) place() reconcile.Object {
	return reconcile.Object{Location: reconcile.Location{Bucket: n.bucket, Key: n.Key}}
}

// settleName settles it by HEAD: the object of the source, its copy, and what
// lies where a copy of it would be misplaced.
func (n *namedLook) settleName(ctx context.Context) error {
	if !strings.HasPrefix(n.Key, n.prefix) {
		return n.emit(tagged(n.Entry, reconcile.Outcome{Source: n.place(), Status: reconcile.Excluded}))
	}
	if n.plan != nil {
		for _, bucket := range append(n.router.Buckets(), n.bucket) {
			n.plan.finding(bucket, 0)
		}
		return nil
	}
	if n.Stray {
		return n.lookStrays(ctx)
	}
	at, others, err := n.around(ctx)
	if err != nil {
		return n.emit(tagged(n.Entry, unfinished(ctx, n.place(), reconcile.Object{Location: at}, 1, err)))
	}
	if n.excluded(n.Key) || at.Bucket == "" || n.Version != "" {
		if done, err := n.lookSource(ctx, others); done || err != nil {
			return err
		}
	}
	if err := n.swaps.claimAll(others, -1); err != nil {
		return err
	}
	return n.look(ctx, subject{source: n.place(), target: reconcile.Object{Location: at}, absent: n.absent, entry: n.Entry})
}

// around is where the copy of a name belongs, and what lies elsewhere that could
// be one.
func (n *namedLook) around(ctx context.Context) (at reconcile.Location, others []reconcile.Object, err error) {
	if err := n.reading(ctx); err != nil {
		return at, nil, err
	}
	if at = n.router.Route(n.Key).Location(); n.Target != "" {
		at = reconcile.Location{Bucket: n.Target, Key: cmp.Or(at.Key, n.Key)}
	}
	others, err = n.others(ctx, at)
	return at, others, err
}

// lookStrays settles what was named by its key in an archive bucket. It may
// have got its original, or be gone, since somebody saw it there.
func (n *namedLook) lookStrays(ctx context.Context) error {
	told := false
	for _, bucket := range n.router.Buckets() {
		at := reconcile.Location{Bucket: bucket, Key: n.Key}
		found, err := n.head(ctx, at)
		switch {
		case err != nil:
			return n.emit(unfinished(ctx, reconcile.Object{}, reconcile.Object{Location: at}, 1, err))
		case found == nil:
			continue
		}
		row, err := n.lookStray(ctx, found.Object, true)
		if err != nil {
			return err
		}
		told = told || row
	}
	if told {
		return nil
	}
	return n.absent(nil, 1)
}

// reading finds out which key is meant by a name with two readings: the second
// where only that is there.
func (n *namedLook) reading(ctx context.Context) error {
	if n.Alternate == "" {
		return nil
	}
	first, err := n.head(ctx, n.place().Location)
	if err != nil || first != nil {
		return err
	}
	second, err := n.head(ctx, reconcile.Location{Bucket: n.bucket, Key: n.Alternate})
	if second != nil {
		n.Key = n.Alternate
	}
	return err
}

// others are the objects of archive buckets that lie where a copy of the key
// could be and does not belong.
func (n *namedLook) others(ctx context.Context, own reconcile.Location) (all []reconcile.Object, err error) {
	for _, bucket := range n.router.Buckets() {
		for _, at := range n.router.Images(n.Key) {
			at := reconcile.Location{Bucket: bucket, Key: at}
			if at == own {
				continue
			}
			found, err := n.head(ctx, at)
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
func (n *namedLook) lookSource(ctx context.Context, others []reconcile.Object) (done bool, err error) {
	s, looks, err := n.headTwice(ctx, n.place().Location)
	if err != nil {
		return true, n.emit(tagged(n.Entry, unfinished(ctx, n.place(), reconcile.Object{}, looks, err)))
	}
	if s == nil {
		return true, cmp.Or(n.swaps.claimAll(others, -1), n.absent(nil, looks))
	}
	source := current(s, s.Checksum)
	if is := cmp.Or(s.Version, "null"); n.Version != "" && n.Version != is {
		why := fmt.Errorf("version %s was named, and the current one is %s: only current versions are compared", n.Version, is)
		return true, n.emit(tagged(n.Entry, unfinished(ctx, source, reconcile.Object{}, looks, &reconcile.Error{
			Op: "HeadObject", Location: s.Location, Kind: reconcile.Changed, Err: why,
		})))
	}
	if !n.excluded(n.Key) && (n.Target != "" || n.router.Route(n.Key).Routed) {
		return false, nil
	}
	own, err := n.settleSource(ctx, group{key: n.Key, source: &source, entry: n.Entry, found: others})
	return true, cmp.Or(err, n.swaps.claimAll(others, own))
}

// absent is the outcome of a name of which the source has nothing. What its place
// in the archive has all the same, t, is an orphan, which has its own.
func (n *namedLook) absent(t *reconcile.Detail, looks int) (err error) {
	if t != nil {
		err = n.swaps.claimAll([]reconcile.Object{t.Object}, -1)
	}
	o := reconcile.Outcome{Source: n.place(), Status: reconcile.Failed, ErrorKind: reconcile.NotFound, Attempts: looks}
	o.Message = o.Source.Location.String() + " is not there"
	return cmp.Or(err, n.emit(tagged(n.Entry, o)))
}
