// Package breakdown counts the outcomes of a run by what charts are drawn of:
// buckets, prefixes, collections, sizes, when restored copies lapse, and how
// the run went in time. Its memory is bounded however many objects there are,
// and the counts do not depend on the order in which outcomes come. It is a
// package of its own because a report is counted, written, read again and drawn
// without one of these knowing how the counts are bounded.
package breakdown

import (
	"maps"
	"slices"

	"reconcile/internal/reconcile"
)

// Breakdown is the report's "breakdown".
type Breakdown struct {
	Objects     int64            `json:"objects"` // that are counted here
	Buckets     []Bucket         `json:"buckets"`
	Prefixes    []Prefix         `json:"prefixes"`
	Collections []Collection     `json:"collections"`
	Sizes       []SizeClass      `json:"sizes"`
	Expiries    []Expiry         `json:"expiries"`
	Granules    map[string]int64 `json:"granules"` // by what became of them; null: none were named
	Timeline    *Timeline        `json:"timeline"` // null: nobody looked at a clock
}

// Share is a part of the objects, with what became of them.
type Share struct {
	Objects  int64                      `json:"objects"`
	Bytes    int64                      `json:"bytes"`
	Statuses map[reconcile.Status]int64 `json:"statuses"` // those that were met
}

// Bucket is the share of a source bucket and an archive bucket.
type Bucket struct {
	Source *string `json:"source_bucket"` // null: no original
	Target *string `json:"target_bucket"` // null: in no archive bucket
	Other  bool    `json:"other,omitempty"`
	Share
}

// Prefix is the share of the keys that begin with it, and with no longer prefix
// that is there too.
type Prefix struct {
	Prefix string `json:"prefix"`
	Share
}

// Collection is the share of a collection that was named.
type Collection struct {
	ID    *string `json:"collection_id"` // null with other: all that are not named
	Other bool    `json:"other,omitempty"`
	Share
}

// The most that is kept apart.
const (
	maxBuckets     = 64
	maxPrefixes    = 64
	maxCollections = 64
	maxExpiries    = 32
)

// Counter counts outcomes. Make one with New. It is not safe for concurrent
// use.
type Counter struct {
	objects     int64
	buckets     table
	prefixes    prefixes
	collections table
	sizes       sizes
	expiries    expiries
}

// New returns an empty counter.
func New() *Counter {
	return &Counter{
		buckets: newTable(maxBuckets), collections: newTable(maxCollections),
		prefixes: prefixes{shares: map[string]*share{}}, expiries: newExpiries(),
	}
}

// Add counts an outcome. sized: its size is known.
func (c *Counter) Add(o *reconcile.Outcome, sized bool) {
	c.objects++
	key, size := o.Source.Key, o.Source.Size
	if key == "" { // it lies in an archive alone
		key, size = o.Target.Key, o.Target.Size
	}
	c.buckets.of(name{o.Source.Bucket, o.Target.Bucket}).add(o.Status, size)
	c.prefixes.of(key).add(o.Status, size)
	if o.CollectionID != "" {
		c.collections.of(name{o.CollectionID}).add(o.Status, size)
	}
	if sized {
		c.sizes.add(size)
	}
	if r := &o.Source.Restore; r.Phase == reconcile.Restored && !r.Expiry.IsZero() {
		c.expiries.add(r.Expiry, size, o.Status.Success())
	}
}

// AddTo adds what was counted to another counter.
func (c *Counter) AddTo(to *Counter) {
	to.objects += c.objects
	c.buckets.addTo(&to.buckets)
	c.prefixes.addTo(&to.prefixes)
	c.collections.addTo(&to.collections)
	c.sizes.addTo(&to.sizes)
	c.expiries.addTo(&to.expiries)
}

// Breakdown returns what was counted, in the order of names, sizes and times.
func (c *Counter) Breakdown() *Breakdown {
	b := &Breakdown{
		Objects: c.objects, Buckets: []Bucket{}, Collections: []Collection{},
		Prefixes: c.prefixes.list(), Sizes: c.sizes.list(), Expiries: c.expiries.list(),
	}
	c.buckets.each(func(n name, other bool, s Share) {
		b.Buckets = append(b.Buckets, Bucket{Source: known(n[0]), Target: known(n[1]), Other: other, Share: s})
	})
	c.collections.each(func(n name, other bool, s Share) {
		b.Collections = append(b.Collections, Collection{ID: known(n[0]), Other: other, Share: s})
	})
	return b
}

// known is nil for what is not.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// share is a Share that is being counted: few statuses meet in one.
type share struct {
	objects, bytes int64
	statuses       []statusCount
}

type statusCount struct {
	status reconcile.Status
	n      int64
}

func (s *share) add(status reconcile.Status, size int64) {
	s.objects++
	s.bytes += size
	s.count(status, 1)
}

func (s *share) count(status reconcile.Status, n int64) {
	for i := range s.statuses {
		if s.statuses[i].status == status {
			s.statuses[i].n += n
			return
		}
	}
	s.statuses = append(s.statuses, statusCount{status, n})
}

func (s *share) addTo(to *share) {
	to.objects += s.objects
	to.bytes += s.bytes
	for _, c := range s.statuses {
		to.count(c.status, c.n)
	}
}

func (s *share) share() Share {
	all := make(map[reconcile.Status]int64, len(s.statuses))
	for _, c := range s.statuses {
		all[c.status] = c.n
	}
	return Share{Objects: s.objects, Bytes: s.bytes, Statuses: all}
}

// sorted returns the keys of a map in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
