package scan

import (
	"unicode/utf8"

	"reconcile/internal/listing"
)

// cut is a place at which an interval can be divided.
type cut struct {
	key   string  // keys after it are the right part
	depth int     // the offset in the key, in bytes, at which left and right part
	pages float64 // that the interval is expected to have left, as a measure among intervals
}

// branch is what may follow the last key listed and part with it at one depth:
// first come the keys that share all but its end, last those that share
// nothing.
type branch struct {
	depth    int
	char     rune    // of the last key
	known    charset // the characters that may be expected; empty: nobody knows whether there are any
	siblings int     // of those, how many come after char
	pages    float64 // that one sibling is expected to have
}

// look returns where to cut an interval. As long as the interval has not
// changed it gives what it gave before: to look is work, and there may be
// thousands of intervals.
func (s *spread) look(iv *interval, floor int) (cut, bool) {
	if iv.size > 0 && (iv.lookedAt != iv.last || iv.lookedEnd != iv.hi) {
		iv.looked, iv.cuttable = s.cut(iv, floor)
		iv.lookedAt, iv.lookedEnd = iv.last, iv.hi
	}
	return iv.looked, iv.cuttable
}

// cut finds the place at which an interval is expected to have as much on the
// one side as on the other. It must share at least floor bytes with all keys.
//
// At a depth at which no two keys have differed yet, nobody knows whether
// others will: each counts as one sibling, so that halving what is expected
// halves the depths in question, and a few requests find the one at which the
// bulk of the keys parts.
func (s *spread) cut(iv *interval, floor int) (cut, bool) {
	if iv.size == 0 || iv.last >= iv.hi && iv.hi != "" {
		return cut{}, false
	}
	branches := s.branches(iv, floor)
	var pages float64
	for _, b := range branches {
		pages += b.mass()
	}
	var passed float64
	for _, b := range branches {
		if passed+b.mass() < pages/2 {
			passed += b.mass()
			continue
		}
		key := b.at(iv.last, (pages/2-passed)/b.pages)
		ok := key > iv.last && (iv.hi == "" || key < iv.hi) && len(key) <= listing.MaxKeyBytes
		return cut{key, b.depth, pages}, ok
	}
	return cut{}, false
}

func (b branch) mass() float64 { return float64(b.siblings) * b.pages }

// branches returns what may follow the last key, from the deepest depth up,
// which is in the order of the keys.
func (s *spread) branches(iv *interval, floor int) []branch {
	top, end := floor, rune(unbounded)
	if n := common(iv.last, iv.hi); iv.hi != "" && n >= floor {
		top, end = n, bound(iv.hi[n:])
	}
	bottom := common(iv.near, iv.last) // what differs further down is within a page
	var all []branch
	for depth := min(bottom, len(iv.last)-1); depth >= top; depth-- {
		if !utf8.RuneStart(iv.last[depth]) {
			continue
		}
		below := rune(unbounded)
		if depth == top {
			below = end
		}
		all = append(all, s.branch(iv, depth, below))
	}
	return all
}

// unbounded is a bound that no character reaches.
const unbounded = maxRune + 1

// bound returns the character before which keys must begin so that none of them
// comes after rest. Ends that a cut has made are exact: what shares the
// character before a maxRune is still within.
func bound(rest string) rune {
	r, n := utf8.DecodeRuneInString(rest)
	switch next, _ := utf8.DecodeRuneInString(rest[n:]); {
	case r == maxRune:
		return unbounded
	case next == maxRune:
		return r + 1
	}
	return r
}

// branch is what may follow at one depth, with characters less than below. A
// sibling is expected to hold as many keys as those that were listed, on
// average; where no two keys have parted yet, as many as the last key's own.
func (s *spread) branch(iv *interval, depth int, below rune) branch {
	char, size := utf8.DecodeRuneInString(iv.last[depth:])
	b := branch{depth: depth, char: char}
	listed, next := s.under(iv.last[:depth])
	if !next.varies() {
		if iv.known.has(depth) || below != unbounded {
			return b
		}
		own, _ := s.under(iv.last[:depth+size])
		b.siblings, b.pages = 1, float64(own)/float64(4*iv.size)
		if s.varies(depth) {
			b.pages *= 4
		}
		return b
	}
	b.known = next.closed()
	b.pages = float64(listed) / float64(iv.size*next.within(0, maxRune))
	b.siblings = b.known.within(char+1, below-1)
	if below > b.known.last()+1 {
		b.siblings++ // whatever lies beyond what was expected
	}
	return b
}

// at returns the key after which the siblings from the nth on come, n rounded
// up.
func (b branch) at(last string, n float64) string {
	nth := int(n)
	if float64(nth) < n || nth == 0 {
		nth++
	}
	head := last[:b.depth]
	if b.known == (charset{}) {
		return head + string(b.char) + string(rune(maxRune))
	}
	if r := b.known.nth(b.char, nth); r < maxRune {
		return head + string(r)
	}
	return head + string(max(b.char, b.known.last())) + string(rune(maxRune))
}

// common is the length in bytes of what two keys begin with, in whole
// characters.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	return n
}
