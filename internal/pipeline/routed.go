package pipeline

import (
	"sync/atomic"

	"reconcile/internal/reconcile"
)

// routed counts the objects that belong into each archive bucket. The zero value
// counts nothing. It is safe for concurrent use.
type routed struct {
	router *reconcile.Router
	by     map[string]*atomic.Int64 // bucket
}

func newRouted(router *reconcile.Router) routed {
	r := routed{router, map[string]*atomic.Int64{}}
	for _, bucket := range router.Buckets() {
		r.by[bucket] = &atomic.Int64{}
	}
	return r
}

func (r routed) count(o *reconcile.Outcome) {
	bucket := o.Target.Bucket
	if r.router != nil && bucket == "" && o.Status != reconcile.Excluded {
		bucket = r.router.Route(o.Source.Key).Cursor.Bucket
	}
	if n := r.by[bucket]; n != nil {
		n.Add(1)
	}
}

func (r routed) counts() map[string]int64 {
	all := map[string]int64{}
	for bucket, n := range r.by {
		all[bucket] = n.Load()
	}
	return all
}
