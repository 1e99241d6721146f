package fixity

import (
	"slices"
	"strings"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
)

// Side is what is to be proved in one bucket.
type Side struct {
	Bucket         string
	Objects, Bytes int64
	// Versions says that the version of every object is known. A manifest names
	// either all or none.
	Versions bool
}

// want notes both objects of a pair that is not proved.
func (p *Prover) want(source, target *reconcile.Object) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range []*reconcile.Object{source, target} {
		side := p.sides[o.Bucket]
		if side == nil {
			side = &Side{Bucket: o.Bucket, Versions: true}
			p.sides[o.Bucket] = side
		}
		side.Objects++
		side.Bytes += o.Size
		side.Versions = side.Versions && o.VersionID != ""
		if err := p.wanted.Put(&o.Location); err != nil {
			return err
		}
	}
	return nil
}

// Sides are the buckets with objects that are not proved, the one that is named
// before the others. It may be called after Settle.
func (p *Prover) Sides(first string) []Side {
	var all []Side
	for _, side := range p.sides {
		all = append(all, *side)
	}
	slices.SortFunc(all, func(a, b Side) int {
		switch {
		case a.Bucket == first:
			return -1
		case b.Bucket == first:
			return 1
		}
		return strings.Compare(a.Bucket, b.Bucket)
	})
	return all
}

// Objects calls take with every object of a side, in the order of its keys.
func (p *Prover) Objects(bucket string, take func(key, version string) error) error {
	return p.wanted.Each(extsort.As(func(at reconcile.Location) error {
		if at.Bucket != bucket {
			return nil
		}
		return take(at.Key, at.VersionID)
	}))
}
