package scan

import (
	"math/bits"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"reconcile/internal/reconcile"
)

// keySamples is what has been seen of how keys are made. It is used to guess where
// keys lie that have not been listed; a wrong guess costs a request, nothing
// else.
type keySamples struct {
	at    []charset // for each offset in a key, in bytes, what stood there
	keys  []string  // a sample of all keys listed, sorted
	count []int     // how many keys were listed at each of them, up to the next of its page
}

// Of each page so many keys are looked at, and of all pages so many are kept.
const (
	samplesPerPage = 4
	maxSamples     = 4096
)

// see takes note of a page's objects, of which there must be one.
func (s *keySamples) see(page []reconcile.Object) {
	step := (len(page) + samplesPerPage - 1) / samplesPerPage
	for i := 0; i < len(page); i += step {
		s.add(page[i].Key, min(step, len(page)-i))
	}
	s.add(page[len(page)-1].Key, 0)
}

func (s *keySamples) add(key string, count int) {
	for i, r := range key {
		for len(s.at) <= i {
			s.at = append(s.at, charset{})
		}
		s.at[i].add(r)
	}
	if len(s.keys) == maxSamples {
		s.thin()
	}
	i := sort.SearchStrings(s.keys, key)
	s.keys = slices.Insert(s.keys, i, strings.Clone(key))
	s.count = slices.Insert(s.count, i, count)
}

// thin forgets every second sample, whose keys count for the one before.
func (s *keySamples) thin() {
	half := len(s.keys) / 2
	for i := range half {
		s.keys[i], s.count[i] = s.keys[2*i], s.count[2*i]+s.count[2*i+1]
	}
	s.keys, s.count = slices.Delete(s.keys, half, len(s.keys)), s.count[:half]
}

// under returns how many keys were listed that begin with prefix, and the
// characters that followed it.
func (s *keySamples) under(prefix string) (listed int, next charset) {
	keys := s.keys[sort.SearchStrings(s.keys, prefix):]
	counts := s.count[len(s.keys)-len(keys):]
	n := sort.Search(len(keys), func(i int) bool { return !strings.HasPrefix(keys[i], prefix) })
	for _, one := range counts[:n] {
		listed += one
	}
	for keys = keys[:n]; len(keys) > 0; {
		r, size := utf8.DecodeRuneInString(keys[0][len(prefix):])
		if size > 0 {
			next.add(r)
		}
		same := keys[0][:len(prefix)+size]
		keys = keys[1+sort.Search(len(keys)-1, func(i int) bool { return size == 0 || !strings.HasPrefix(keys[i+1], same) }):]
	}
	return listed, next
}

// varies reports whether keys differ at an offset.
func (s *keySamples) varies(depth int) bool { return depth < len(s.at) && s.at[depth].varies() }

// charset is a set of characters: each of ASCII by itself, the others as the
// range from the least to the greatest.
type charset struct {
	ascii     [2]uint64
	low, high rune // beyond ASCII; high 0: none
}

func (c *charset) add(r rune) {
	if r < utf8.RuneSelf {
		c.ascii[r/64] |= 1 << (r % 64)
		return
	}
	if c.high == 0 || r < c.low {
		c.low = r
	}
	c.high = max(c.high, r)
}

// varies reports whether more than one character was seen.
func (c charset) varies() bool {
	n := bits.OnesCount64(c.ascii[0]) + bits.OnesCount64(c.ascii[1])
	if c.high > 0 {
		n++
	}
	return n > 1 || c.low != c.high
}

// closed returns the characters that may be expected where these were seen:
// who has seen two digits has to reckon with all of them, and so with letters,
// where those up to f beside digits are hexadecimal ones.
func (c charset) closed() charset {
	digits, upper, lower := c.within('0', '9'), c.within('A', 'Z'), c.within('a', 'z')
	if digits > 0 {
		c.fill('0', '9')
	}
	c.fillLetters('A', upper, digits > 0 && c.within('G', 'Z') == 0)
	c.fillLetters('a', lower, digits > 0 && c.within('g', 'z') == 0)
	if c.high > 0 { // of other scripts as many again on either side
		more := max(c.high-c.low, 32)
		c.low, c.high = max(c.low-more, utf8.RuneSelf), min(c.high+more, maxRune-1)
	}
	return c
}

func (c *charset) fillLetters(first rune, seen int, hexadecimal bool) {
	switch {
	case seen == 0:
	case hexadecimal:
		c.fill(first, first+5)
	case seen > 1:
		c.fill(first, first+25)
	}
}

func (c *charset) fill(from, to rune) {
	for r := from; r <= to; r++ {
		c.add(r)
	}
}

// within counts the characters from..to, both included.
func (c charset) within(from, to rune) int {
	n := 0
	if from <= to {
		n = bits.OnesCount64(c.ascii[0]&mask(from, to)) + bits.OnesCount64(c.ascii[1]&mask(from-64, to-64))
	}
	if from, to = max(from, c.low), min(to, c.high); c.high > 0 && from <= to {
		n += int(to - from + 1)
	}
	return n
}

// mask has the bits from..to of 0..63.
func mask(from, to rune) uint64 {
	from, to = max(from, 0), min(to, 63)
	if from > to {
		return 0
	}
	return ^uint64(0) << from & (^uint64(0) >> (63 - to))
}

// nth returns the nth character after r, from 1 on, or what lies beyond all of
// them.
func (c charset) nth(r rune, n int) rune {
	for r++; r < utf8.RuneSelf; r++ {
		if c.within(r, r) > 0 {
			if n--; n == 0 {
				return r
			}
		}
	}
	if r = max(r, c.low) + rune(n) - 1; c.high > 0 && r <= c.high {
		return r
	}
	return maxRune
}

// last returns the greatest character, 0 where there is none.
func (c charset) last() rune {
	switch {
	case c.high > 0:
		return c.high
	case c.ascii[1] > 0:
		return rune(127 - bits.LeadingZeros64(c.ascii[1]))
	case c.ascii[0] > 0:
		return rune(63 - bits.LeadingZeros64(c.ascii[0]))
	}
	return 0
}

// maxRune is greater than every character of a key can be expected to be.
const maxRune = utf8.MaxRune
