package audit

import (
	"cmp"
	"context"
	"io"
	"sync"

	"reconcile/internal/catalog"
	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
)

// swaps are the objects whose other side may have another key. They wait on disk
// beyond some memory, each under the source keys that it may come from, and are
// joined once everything has been listed. It is safe for concurrent use.
type swaps struct {
	mu   sync.Mutex
	keys *extsort.Sorter // of both sides, by source key
	// claims say of objects that may come from several source keys what each of
	// these came to, by bucket and key.
	claims *extsort.Sorter
}

// sortMemory is how many bytes of records wait in memory.
const sortMemory = 8 << 20

func newSorter(dir, name string) *extsort.Sorter {
	return extsort.New(extsort.Options{Dir: dir, Memory: sortMemory, Name: name})
}

func newSwaps(dir string) *swaps {
	return &swaps{keys: newSorter(dir, "swapped"), claims: newSorter(dir, "claims")}
}

func (s *swaps) close() { // what is left are unnamed files
	_ = s.keys.Close()
	_ = s.claims.Close()
}

// add takes the objects under one key of the listings. What may come from keys
// that this audit does not look at is left to the audits that do.
func (s *swaps) add(a *Auditor, g group) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.source != nil {
		if err := s.keys.Put(&member{g.key, *g.source, g.entry, 0}); err != nil {
			return err
		}
	}
	for _, o := range g.found {
		origins := a.opts.Router.Origins(o.Key)
		for _, origin := range origins {
			if !a.inRange(origin) {
				continue
			}
			if err := s.keys.Put(&member{origin, o, nil, len(origins)}); err != nil {
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

// reader reads entries in order.
type reader struct {
	r    *extsort.Reader
	next *member // nil: none was read ahead
}

// peek is nil at the end.
func (r *reader) peek() (*member, error) {
	if r.next != nil {
		return r.next, nil
	}
	record, err := r.r.Next()
	if err == io.EOF {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m := &member{}
	if err := extsort.Parse(record, m); err != nil {
		return nil, err
	}
	r.next = m
	return m, nil
}

// joinSwaps settles what was left to be joined. When the audit goes no further,
// the objects of the source leave as canceled instead.
func (a *Auditor) joinSwaps(ctx context.Context, why error) error {
	records, err := a.swaps.keys.Reader()
	if err != nil {
		return err
	}
	r := &reader{r: records}
	before, err := a.earlier()
	if err != nil {
		return err
	}
	for {
		g, origins, err := nextGroup(r)
		if err == nil && g.source != nil {
			err = before.add(&g)
		}
		if err != nil || g.key == "" {
			return cmp.Or(err, a.settleClaims(ctx, why))
		}
		if why == nil && ctx.Err() != nil {
			why = context.Cause(ctx)
		}
		if why != nil {
			if g.source != nil {
				err = a.emit(canceled(*g.source, reconcile.Object{}, why))
			}
		} else {
			err = a.settle(ctx, g, func(o reconcile.Object, origin string, own bool) error {
				return a.claim(ctx, o, origins[o.Location], origin, own)
			})
		}
		if err != nil {
			return err
		}
	}
}

// nextGroup returns the objects of the next source key, and of how many source
// keys each of those in archive buckets may be; the zero group at the end.
func nextGroup(r *reader) (g group, origins map[reconcile.Location]int, err error) {
	for {
		m, err := r.peek()
		if err != nil || m == nil || g.key != "" && m.By != g.key {
			return g, origins, err
		}
		g.key, r.next = m.By, nil
		if m.Origins == 0 {
			o := m.Object
			g.source, g.entry = &o, m.Catalog
			continue
		}
		if origins == nil {
			origins = map[reconcile.Location]int{}
		}
		origins[m.Object.Location] = m.Origins
		g.found = append(g.found, m.Object)
	}
}

// claim notes what one source key came to for an object in an archive bucket.
func (a *Auditor) claim(ctx context.Context, o reconcile.Object, origins int, origin string, own bool) error {
	switch {
	case origins > 1:
		return a.swaps.claim(o, origin, own)
	case own:
		return nil
	}
	return a.stray(ctx, o, origin)
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

func (s *swaps) claim(o reconcile.Object, origin string, own bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.claims.Put(&claimed{o, origin, own})
}

// settleClaims settles the objects that may come from several source keys: one
// that is nobody's own is a stray.
func (a *Auditor) settleClaims(ctx context.Context, why error) error {
	if why != nil || a.refusal() != nil {
		return nil // they are no objects of the source
	}
	var origin string
	var object *reconcile.Object
	var own bool
	settle := func() error {
		if object == nil || own {
			return nil
		}
		return a.stray(ctx, *object, origin)
	}
	err := a.swaps.claims.Each(extsort.As(func(c claimed) error {
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
