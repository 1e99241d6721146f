package restore

import (
	"sync"
	"time"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
)

// Pending is an object that is missing from its archive.
type Pending struct {
	Source     reconcile.Object // as it was last seen
	Target     reconcile.Location
	Collisions []string // see reconcile.Decision

	GranuleID    string
	CollectionID string

	Tier     string    // of the restore that was asked for; empty: somebody else has asked, or nobody
	Batch    bool      // S3 Batch Operations asks for it
	Since    time.Time // when it was asked for, or first seen to be under way; zero: neither
	Due      time.Time // when it is to be looked at again
	Held     bool      // not asked for yet: too much is restored and not copied
	Asked    int       // restores that this run has asked for
	Lapsed   int       // how often it could not be read any more when it was to be copied
	Attempts int       // the largest number any request took
}

// Set holds pending objects, in key order, on disk where they are many. Add is
// safe for concurrent use; Each begins when all have been added.
type Set struct {
	mu   sync.Mutex
	rows *extsort.Sorter
	next time.Time // the earliest Due
	last time.Time // when all that is under way can be expected
}

// setMemory is how many bytes of objects are kept in memory; the rest is on
// disk.
const setMemory = 8 << 20

// NewSet returns an empty set. It is spilled to dir; empty: the system's folder
// for temporary files.
func NewSet(dir string) *Set {
	return &Set{rows: extsort.New(extsort.Options{Dir: dir, Memory: setMemory, Name: "pending"})}
}

// Add keeps a copy of p.
func (s *Set) Add(p Pending) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next.IsZero() || p.Due.Before(s.next) {
		s.next = p.Due
	}
	if !p.Since.IsZero() {
		if _, last := Arrival(p.Source.StorageClass, p.Tier, p.Batch, p.Since); last.After(s.last) {
			s.last = last
		}
	}
	key := p.Source.Key
	p.Source.Key = ""
	return s.rows.Put(&pending{key, p})
}

// pending is an object after its key, which records are sorted by.
type pending struct {
	Key string
	Pending
}

// eachOf makes of f a function of records.
func eachOf(f func(Pending) error) func([]byte) error {
	return extsort.As(func(p pending) error {
		p.Source.Key = p.Key
		return f(p.Pending)
	})
}

// Len is how many objects were added.
func (s *Set) Len() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows.Len()
}

// Due is when the first of them is to be looked at; zero where there are none.
func (s *Set) Due() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next
}

// Expected is when all of them that are under way can be expected; zero where
// none is.
func (s *Set) Expected() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// Each calls f with every object in key order.
func (s *Set) Each(f func(Pending) error) error {
	return s.rows.Each(eachOf(f))
}

// SoFar calls f with every object that was added until now, in key order. More
// can be added afterwards.
func (s *Set) SoFar(f func(Pending) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows.SoFar(eachOf(f))
}

// Close gives the objects up.
func (s *Set) Close() error { return s.rows.Close() }
