package scan

import (
	"math"
	"sort"
	"strings"
	"sync"

	"reconcile/internal/reconcile"
)

// keyRange is the source's keys after lo, up to and including hi, listed by one
// worker. The scheduler's lock guards all but lo.
type keyRange struct {
	lo string
	hi string // empty: no end

	last string // the last key claimed; empty: none yet
	near string // a key a quarter of a page before it
	size int    // objects of the page that last was on
	// The depths, in bytes of last, about which is known whether other keys
	// begin there: a split at one of them has shown it. See split.
	known depths
	// What the last look for a split gave, and at what state of the key range.
	looked     split
	splittable bool
	lookedAt   string
	lookedEnd  string
}

func newKeyRange(r Range) *keyRange {
	return &keyRange{lo: r.After, hi: r.Until, known: depths{math.MaxInt, 0}}
}

// split divides the key range and returns the right part.
func (kr *keyRange) split(at split) *keyRange {
	rest := &keyRange{lo: at.key, hi: kr.hi, known: depths{min(kr.known.from, at.depth), at.depth}}
	kr.hi = at.key
	return rest
}

// note learns where the key range stands.
func (kr *keyRange) note(mine []reconcile.Object) {
	n := len(mine)
	if kr.last == "" && kr.lo != "" {
		kr.known.from = min(kr.known.from, common(mine[0].Key, kr.lo))
	}
	// Clones: a key is a part of the text of its page.
	kr.last, kr.near, kr.size = strings.Clone(mine[n-1].Key), strings.Clone(mine[n-1-n/4].Key), n
}

type depths struct{ from, to int }

func (d depths) has(i int) bool { return d.from <= i && i <= d.to }

// scheduler hands out the key space. All workers meet here once for each page.
type scheduler struct {
	most  int // key ranges at a time
	start func(*keyRange)

	mu      sync.Mutex
	floor   int // bytes of keys that all of them share
	active  []*keyRange
	source  int     // pages listed of the source
	other   int     // and of the archives
	sides   int     // archives of more than a page, each of which a split divides too
	empty   int     // pages of the source that brought nothing
	over    float64 // and by parts, those that reached over the end of their key range
	samples keySamples
	allow   func(pages int) float64
	least   float64 // pages that a key range must be expected to have left to be split
}

// leastPages keeps what is nearly through from being split.
const leastPages = 4

func newScheduler(most int) *scheduler {
	return &scheduler{most: most, allow: wasteFor, least: leastPages}
}

// begin starts with a single key range.
func (b *scheduler) begin(prefix string, r Range) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.floor = len(prefix)
	if !r.Empty() {
		b.add(newKeyRange(r))
	}
}

func (b *scheduler) add(kr *keyRange) {
	b.active = append(b.active, kr)
	b.start(kr)
}

// listed counts a page that was listed of an archive.
func (b *scheduler) listed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.other++
}

// side counts an archive that has more than a page.
func (b *scheduler) side() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sides++
}

// claim returns the objects of a page that belong to the key range, and whether
// the key range goes on after them. What is claimed is not split off any more.
func (b *scheduler) claim(kr *keyRange, page []reconcile.Object, ended bool) (mine []reconcile.Object, more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.source++
	mine, more = page, !ended
	if kr.hi != "" {
		n := sort.Search(len(page), func(i int) bool { return page[i].Key > kr.hi })
		mine, more = page[:n], more && n == len(page)
	}
	if len(mine) == 0 {
		b.empty++
	} else {
		b.over += 1 - float64(len(mine))/float64(len(page))
	}
	if len(mine) > 0 {
		more = more && mine[len(mine)-1].Key != kr.hi
		kr.note(mine)
		if b.most > 1 {
			b.samples.see(mine)
		}
	}
	if more {
		b.grow()
	}
	return mine, more
}

// finished takes a key range off the scheduler and, where the scan goes on, lets
// another one be split in its place.
func (b *scheduler) finished(kr *keyRange, goesOn bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, other := range b.active {
		if other == kr {
			b.active = append(b.active[:i], b.active[i+1:]...)
			break
		}
	}
	if goesOn {
		b.grow()
	}
}

// end returns where the key range ends by now.
func (b *scheduler) end(kr *keyRange) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return kr.hi
}

// grow splits key ranges as long as workers are idle and a split is worth its
// price.
func (b *scheduler) grow() {
	for len(b.active) < b.most && b.affordable() {
		kr, at := b.largest()
		if kr == nil {
			return
		}
		b.add(kr.split(at))
	}
}

// affordable reports whether one more split is within what the pages listed so
// far allow to be wasted. What a split costs is known when the left part ends: on
// average half a page, on either side, which reaches into the right one. Where
// nothing was on the right, the archives were not asked.
func (b *scheduler) affordable() bool {
	if b.source == 0 {
		return false
	}
	return float64(b.empty)+float64(1+b.sides)*(b.over+0.5*float64(len(b.active))) <= b.allow(b.source+b.other)
}

// largest returns the key range that is expected to last longest, and where to
// split it.
func (b *scheduler) largest() (kr *keyRange, at split) {
	for _, one := range b.active {
		if c, ok := b.samples.look(one, b.floor); ok && c.pages >= b.least && (kr == nil || c.pages > at.pages) {
			kr, at = one, c
		}
	}
	return kr, at
}

// wasteFor is how many requests more than the fewest may be spent on dividing
// the work, after so many pages: next to none for a small bucket, thirty for two
// of a million keys, and one in 300 for larger ones.
func wasteFor(pages int) float64 {
	switch {
	case pages < 8:
		return 0
	case pages < 16:
		return 1
	case pages <= 40:
		return 2.9 // twice, where the archives are listed too
	case pages <= 320:
		return 2.9 + float64(pages-40)/17
	case pages <= 2000:
		return 19.4 + float64(pages-320)/145
	}
	return 31 + float64(pages-2000)/300
}
