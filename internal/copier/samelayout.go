package copier

import (
	"context"

	"reconcile/internal/reconcile"
)

// layoutsSettle reports whether composite ETags that differ mean different
// contents if both objects turn out to be of the same parts.
func (t *task) layoutsSettle() bool {
	comparison, _ := reconcile.Compare(t.source.Object, t.target.Object, true, t.c.opts.Policy.Digests)
	return comparison == reconcile.Different && t.source.Size == t.target.Size &&
		reconcile.FormOf(t.source.ETag) == reconcile.ETagComposite
}

// sameLayout asks both sides for the sizes of their first and last part, and for
// all of them where the parts are uneven. False is also what a server that does
// not tell leaves open.
func (t *task) sameLayout() (bool, error) {
	n := reconcile.PartsInETag(t.source.ETag)
	first, same, err := t.samePart(1, n)
	if err != nil || !same || n == 1 {
		return same, err
	}
	last, same, err := t.samePart(n, n)
	if err != nil || !same {
		return same, err
	}
	if _, even := uniform(t.source.Size, first, last, n); even {
		return true, nil
	}
	for i := 2; i < n && same; i++ {
		if _, same, err = t.samePart(i, n); err != nil {
			return false, err
		}
	}
	return same, nil
}

// samePart asks both sides for the size of one part of n.
func (t *task) samePart(number, n int) (size int64, same bool, err error) {
	a, known, err := t.sizeOfPart(t.c.source, t.source.Object, number, n)
	if err != nil || !known {
		return 0, false, err
	}
	b, known, err := t.sizeOfPart(t.c.target, t.target.Object, number, n)
	return a, known && a == b, err
}

// sizeOfPart asks for the size of one part. known is false where the server does
// not tell, or tells of another number of parts than the ETag does.
func (t *task) sizeOfPart(from Header, o reconcile.Object, number, n int) (size int64, known bool, err error) {
	parts := 0
	err = t.request(o.Bucket, func(ctx context.Context) (err error) {
		size, parts, err = from.HeadPart(ctx, o, int32(number))
		return err
	})
	if noParts(err) {
		return 0, false, nil
	}
	return size, err == nil && parts == n, err
}
