package restore

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
)

// Pending is an object that is missing from its archive.
type Pending struct {
	Source     reconcile.Object // as it was last seen
	Target     reconcile.Location
	Collisions []string `json:",omitempty"` // see reconcile.Decision

	GranuleID    string `json:",omitempty"`
	CollectionID string `json:",omitempty"`

	Tier     string    `json:",omitempty"` // of the restore that was asked for; empty: somebody else has asked, or nobody
	Batch    bool      `json:",omitempty"` // S3 Batch Operations asks for it
	Since    time.Time // when it was asked for, or first seen to be under way; zero: neither
	Due      time.Time // when it is to be looked at again
	Held     bool      `json:",omitempty"` // not asked for yet: too much is restored and not copied
	Asked    int       `json:",omitempty"` // restores that this run has asked for
	Lapsed   int       `json:",omitempty"` // how often it could not be read any more when it was to be copied
	Attempts int       `json:",omitempty"` // the largest number any request took
}

// Set holds pending objects, in key order, on disk where they are many. Add is
// safe for concurrent use; Each begins when all have been added.
type Set struct {
	mu   sync.Mutex
	rows *extsort.Sorter
	buf  []byte
	next time.Time // the earliest Due
	last time.Time // when all that is under way can be expected
}

// setMemory is how many bytes of objects are kept in memory; the rest is on
// disk.
const setMemory = 8 << 20

// NewSet returns an empty set. It is spilled to dir; empty: the system's folder
// for temporary files.
func NewSet(dir string) *Set {
	return &Set{rows: extsort.New(extsort.Options{Dir: dir, Memory: setMemory, Name: "pending", Compare: compareKeys})}
}

// Add keeps a copy of p.
func (s *Set) Add(p Pending) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.buf, err = appendPending(s.buf[:0], p); err != nil {
		return err
	}
	if s.next.IsZero() || p.Due.Before(s.next) {
		s.next = p.Due
	}
	if !p.Since.IsZero() {
		if _, last := Arrival(p.Source.StorageClass, p.Tier, p.Batch, p.Since); last.After(s.last) {
			s.last = last
		}
	}
	n := s.rows.Len()
	if err = s.rows.Add(s.buf); s.rows.Len() > n {
		return nil // what was taken can be read; the next one says what is wrong
	}
	return err
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
	return s.rows.Each(func(record []byte) error {
		p, err := parsePending(record)
		if err != nil {
			return err
		}
		return f(p)
	})
}

// SoFar calls f with every object that was added until now, in key order. More
// can be added afterwards.
func (s *Set) SoFar(f func(Pending) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows.SoFar(func(record []byte) error {
		p, err := parsePending(record)
		if err != nil {
			return err
		}
		return f(p)
	})
}

// Close gives the objects up.
func (s *Set) Close() error { return s.rows.Close() }

// A record is the length of the key, the key, and the rest as JSON: a key need
// not be UTF-8, and is what records are sorted by.
func appendPending(dst []byte, p Pending) ([]byte, error) {
	key := p.Source.Key
	p.Source.Key = ""
	dst = binary.AppendUvarint(dst, uint64(len(key)))
	dst = append(dst, key...)
	dst = binary.AppendUvarint(dst, uint64(len(p.Target.Key)))
	dst = append(dst, p.Target.Key...)
	p.Target.Key = ""
	rest, err := json.Marshal(p)
	return append(dst, rest...), err
}

func parsePending(record []byte) (p Pending, err error) {
	key, rest := cutText(record)
	target, rest := cutText(rest)
	if err := json.Unmarshal(rest, &p); err != nil {
		return p, fmt.Errorf("read a pending object: %w", err)
	}
	p.Source.Key, p.Target.Key = string(key), string(target)
	return p, nil
}

func compareKeys(a, b []byte) int {
	a, _ = cutText(a)
	b, _ = cutText(b)
	return bytes.Compare(a, b)
}

func cutText(record []byte) (text, rest []byte) {
	n, size := binary.Uvarint(record)
	return record[size:][:n], record[size:][n:]
}
