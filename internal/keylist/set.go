package keylist

import "sync/atomic"

// Set is the keys of a list, and which of them have been asked for. It is safe
// for concurrent use once it is complete.
type Set struct {
	keys    map[string]int // to the number of their entry
	entries []string       // their keys, as the list has them
	matched []atomic.Bool
}

// NewSet returns a set of entries, under all their readings.
func NewSet(entries []Entry) *Set {
	s := &Set{keys: make(map[string]int, len(entries)), matched: make([]atomic.Bool, len(entries))}
	for _, e := range entries {
		if _, twice := s.keys[e.Key]; twice {
			continue
		}
		s.keys[e.Key] = len(s.entries)
		if _, other := s.keys[e.Alternate]; e.Alternate != "" && !other {
			s.keys[e.Alternate] = len(s.entries)
		}
		s.entries = append(s.entries, e.Key)
	}
	return s
}

// Len returns how many entries there are, duplicates counted once.
func (s *Set) Len() int { return len(s.entries) }

// Has reports whether a key is in the list, and notes that it was asked for.
func (s *Set) Has(key string) bool {
	n, ok := s.keys[key]
	if ok && !s.matched[n].Load() {
		s.matched[n].Store(true)
	}
	return ok
}

// Unmatched returns the entries that nobody has asked for and that within says
// somebody could have; within nil: all. It is at most most of them, and how
// many there are.
func (s *Set) Unmatched(within func(key string) bool, most int) (first []string, n int) {
	for i, key := range s.entries {
		if s.matched[i].Load() || within != nil && !within(key) {
			continue
		}
		if n++; n <= most {
			first = append(first, key)
		}
	}
	return first, n
}
