package audit

import (
	"cmp"
	"context"
	"sync"

	"reconcile/internal/catalog"
	"reconcile/internal/extsort"
	"reconcile/internal/proofs"
	"reconcile/internal/reconcile"
)

// swaps are the objects whose other side may have another key. They wait on disk
// beyond some memory, each under the source keys that it may come from, and are
// joined once everything has been listed. It is safe for concurrent use.
type swaps struct {
	*scope
	mu      sync.Mutex
	sources *extsort.Sorter // objects of both sides, by source key
	// claims say of objects that may come from several source keys what each of
	// these came to, by bucket and key.
	claims *extsort.Sorter
}

// sortMemory is how many bytes of records wait in memory.
const sortMemory = 8 << 20

func newSorter(dir, name string) *extsort.Sorter {
	return extsort.New(extsort.Options{Dir: dir, Memory: sortMemory, Name: name})
}

func newSwaps(of *scope, dir string) *swaps {
	return &swaps{scope: of, sources: newSorter(dir, "swapped"), claims: newSorter(dir, "claims")}
}

func (s *swaps) close() { // what is left are unnamed files
	_ = s.sources.Close()
	_ = s.claims.Close()
}

// add takes the objects under one key of the listings. What may come from keys
// that this audit does not look at is left to the audits that do.
func (s *swaps) add(g group) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.source != nil {
		if err := s.sources.Put(&member{g.key, *g.source, g.entry, 0}); err != nil {
			return err
		}
	}
	for _, o := range g.found {
		origins := s.router.Origins(o.Key)
		for _, origin := range origins {
			if !s.keys.Has(origin) {
				continue
			}
			if err := s.sources.Put(&member{origin, o, nil, len(origins)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// member is an object on disk, under a source key.
type member struct {
	By      string
	Object  reconcile.Object
	Catalog *catalog.Entry // of an object of the source
	Origins int            // of an object in an archive bucket: how many source keys it may come from; 0: of the source
}

// claimed is a claim on disk. Those of one object stand together.
type claimed struct {
	Object reconcile.Object
	Origin string // source key that is there; empty: it is not
	Own    bool
}

// claimAll claims what lies elsewhere than where it belongs, but for the one that
// is settled; -1: none is.
func (s *swaps) claimAll(all []reconcile.Object, settled int) (err error) {
	for i, o := range all {
		if i != settled {
			err = cmp.Or(err, s.claim(o, "", false))
		}
	}
	return err
}

// claim notes what one source key came to for an object in an archive bucket.
func (s *swaps) claim(o reconcile.Object, origin string, own bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.claims.Put(&claimed{o, origin, own})
}

// join settles the objects whose other side may have another key, once everything
// has been listed.
type join struct {
	*settler
	swaps  *swaps
	before *proofs.Set // what was found out before; nil: nothing
}

// all settles what was left to be joined. When the audit goes no further, the
// objects of the source leave as canceled instead.
func (j *join) all(ctx context.Context, why error) error {
	before, err := j.before.Reader()
	if err != nil {
		return err
	}
	var g group
	var origins map[reconcile.Location]int // of how many source keys what was found may be
	settle := func() (err error) {
		g.proof, err = before.Of(g.key)
		if why == nil && ctx.Err() != nil {
			why = context.Cause(ctx)
		}
		switch {
		case err != nil:
			return err
		case why == nil:
			return j.settle(ctx, g, func(o reconcile.Object, origin string, own bool) error {
				switch {
				case origins[o.Location] > 1:
					return j.swaps.claim(o, origin, own)
				case own:
					return nil
				}
				return j.stray(ctx, o, origin)
			})
		case g.source != nil:
			return j.emit(canceled(*g.source, reconcile.Object{}, why))
		}
		return nil
	}
	err = j.swaps.sources.Each(extsort.As(func(m member) error {
		if m.By != g.key {
			if err := settle(); err != nil {
				return err
			}
			g, origins = group{key: m.By}, map[reconcile.Location]int{}
		}
		if m.Origins == 0 {
			g.source, g.entry = &m.Object, m.Catalog
			return nil
		}
		origins[m.Object.Location] = m.Origins
		g.found = append(g.found, m.Object)
		return nil
	}))
	if err == nil {
		err = settle()
	}
	return cmp.Or(err, j.claims(ctx, why))
}

// claims settles the objects that may come from several source keys: one
// that is nobody's own is a stray.
func (j *join) claims(ctx context.Context, why error) error {
	if why != nil || j.refusal() != nil {
		return nil // they are no objects of the source
	}
	var origin string
	var object *reconcile.Object
	var own bool
	settle := func() error {
		if object == nil || own {
			return nil
		}
		return j.stray(ctx, *object, origin)
	}
	err := j.swaps.claims.Each(extsort.As(func(c claimed) error {
		if object == nil || c.Object.Bucket != object.Bucket || c.Object.Key != object.Key {
			if err := settle(); err != nil {
				return err
			}
			object, origin, own = &c.Object, "", false
		}
		own = own || c.Own
		if origin == "" {
			origin = c.Origin
		}
		return nil
	}))
	return cmp.Or(err, settle())
}
