package copier

import "reconcile/internal/reconcile"

// layoutsSettle reports whether composite ETags that differ mean different
// contents if both objects turn out to be of the same parts.
func (p *pair) layoutsSettle() bool {
	comparison, _ := reconcile.Compare(p.source.Object, p.target.Object, true, p.opts.Policy.Digests)
	return comparison == reconcile.Different && p.source.Size == p.target.Size &&
		reconcile.FormOf(p.source.ETag) == reconcile.ETagComposite
}

// sameParts asks both sides for the sizes of their first and last part, and for
// all of them where the parts are uneven. False is also what a server that does
// not tell leaves open.
func (p *pair) sameParts() (bool, error) {
	n := reconcile.PartsInETag(p.source.ETag)
	first, same, err := p.samePart(1, n)
	if err != nil || !same || n == 1 {
		return same, err
	}
	last, same, err := p.samePart(n, n)
	if err != nil || !same {
		return same, err
	}
	if _, even := uniform(p.source.Size, first, last, n); even {
		return true, nil
	}
	for i := 2; i < n && same; i++ {
		if _, same, err = p.samePart(i, n); err != nil {
			return false, err
		}
	}
	return same, nil
}

// samePart asks both sides for the size of one part of n.
func (p *pair) samePart(number, n int) (size int64, same bool, err error) {
	a, known, err := p.sizes(p.from, p.source.Object).of(number, n)
	if err != nil || !known {
		return 0, false, err
	}
	b, known, err := p.sizes(p.to, p.target.Object).of(number, n)
	return a, known && a == b, err
}

func (p *pair) sizes(from Header, o reconcile.Object) partSizes {
	return partSizes{sender: &p.sender, from: from, object: o, log: p.opts.Log}
}
