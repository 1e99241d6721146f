package scan

import (
	"unicode/utf8"

	"reconcile/internal/listing"
)

// split is a place at which a key range can be divided.
type split struct {
	key   string  // keys after it are the right part
	depth int     // the offset in the key, in bytes, at which left and right part
	pages float64 // that the key range is expected to have left, as a measure among key ranges
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

// look returns where to split a key range. As long as the key range has not
// changed it gives what it gave before: to look is work, and there may be
// thousands of key ranges.
func (s *keySamples) look(kr *keyRange, floor int) (split, bool) {
	if kr.size > 0 && (kr.lookedAt != kr.last || kr.lookedEnd != kr.hi) {
		kr.looked, kr.splittable = s.split(kr, floor)
		kr.lookedAt, kr.lookedEnd = kr.last, kr.hi
	}
	return kr.looked, kr.splittable
}

// split finds the place at which a key range is expected to have as much on the
// one side as on the other. It must share at least floor bytes with all keys.
//
// At a depth at which no two keys have differed yet, nobody knows whether
// others will: each counts as one sibling, so that halving what is expected
// halves the depths in question, and a few requests find the one at which the
// bulk of the keys parts.
func (s *keySamples) split(kr *keyRange, floor int) (split, bool) {
	if kr.size == 0 || kr.last >= kr.hi && kr.hi != "" {
		return split{}, false
	}
	branches := s.branches(kr, floor)
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
		key := b.at(kr.last, (pages/2-passed)/b.pages)
		ok := key > kr.last && (kr.hi == "" || key < kr.hi) && len(key) <= listing.MaxKeyBytes
		return split{key, b.depth, pages}, ok
	}
	return split{}, false
}

func (b branch) mass() float64 { return float64(b.siblings) * b.pages }

// branches returns what may follow the last key, from the deepest depth up,
// which is in the order of the keys.
func (s *keySamples) branches(kr *keyRange, floor int) []branch {
	top, end := floor, rune(unbounded)
	if n := common(kr.last, kr.hi); kr.hi != "" && n >= floor {
		top, end = n, bound(kr.hi[n:])
	}
	bottom := common(kr.near, kr.last) // what differs further down is within a page
	var all []branch
	for depth := min(bottom, len(kr.last)-1); depth >= top; depth-- {
		if !utf8.RuneStart(kr.last[depth]) {
			continue
		}
		below := rune(unbounded)
		if depth == top {
			below = end
		}
		all = append(all, s.branch(kr, depth, below))
	}
	return all
}

// unbounded is a bound that no character reaches.
const unbounded = maxRune + 1

// bound returns the character before which keys must begin so that none of them
// comes after rest. Ends that a split has made are exact: what shares the
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
func (s *keySamples) branch(kr *keyRange, depth int, below rune) branch {
	char, size := utf8.DecodeRuneInString(kr.last[depth:])
	b := branch{depth: depth, char: char}
	listed, next := s.under(kr.last[:depth])
	if !next.varies() {
		if kr.known.has(depth) || below != unbounded {
			return b
		}
		own, _ := s.under(kr.last[:depth+size])
		b.siblings, b.pages = 1, float64(own)/float64(4*kr.size)
		if s.varies(depth) {
			b.pages *= 4
		}
		return b
	}
	b.known = next.closed()
	b.pages = float64(listed) / float64(kr.size*next.within(0, maxRune))
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
