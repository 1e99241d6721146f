package scan

import (
	"math"
	"sort"
	"strings"
	"sync"

	"reconcile/internal/reconcile"
)

// interval is the part (lo, hi] of the source's keys, listed by one worker.
// The board's lock guards all but lo.
type interval struct {
	lo string
	hi string // empty: no end

	last string // the last key claimed; empty: none yet
	near string // a key a quarter of a page before it
	size int    // objects of the page that last was on
	// The depths, in bytes of last, about which is known whether other keys
	// begin there: a cut at one of them has shown it. See cut.
	known depths
	// What the last look for a cut gave, and at what state of the interval.
	looked    cut
	cuttable  bool
	lookedAt  string
	lookedEnd string
}

func newInterval(r Range) *interval {
	return &interval{lo: r.After, hi: r.Until, known: depths{math.MaxInt, 0}}
}

// cut divides the interval and returns the right part.
func (iv *interval) cut(at cut) *interval {
	rest := &interval{lo: at.key, hi: iv.hi, known: depths{min(iv.known.from, at.depth), at.depth}}
	iv.hi = at.key
	return rest
}

// note learns where the interval stands.
func (iv *interval) note(mine []reconcile.Object) {
	n := len(mine)
	if iv.last == "" && iv.lo != "" {
		iv.known.from = min(iv.known.from, common(mine[0].Key, iv.lo))
	}
	// Clones: a key is a part of the text of its page.
	iv.last, iv.near, iv.size = strings.Clone(mine[n-1].Key), strings.Clone(mine[n-1-n/4].Key), n
}

type depths struct{ from, to int }

func (d depths) has(i int) bool { return d.from <= i && i <= d.to }

// board hands out the key space. All workers meet here once for each page.
type board struct {
	most  int // intervals at a time
	start func(*interval)

	mu     sync.Mutex
	floor  int // bytes of keys that all of them share
	active []*interval
	source int     // pages listed of the source
	other  int     // and of the archives
	sides  int     // archives of more than a page, each of which a cut divides too
	empty  int     // pages of the source that brought nothing
	over   float64 // and by parts, those that reached over the end of their interval
	spread spread
	allow  func(pages int) float64
	least  float64 // pages that an interval must be expected to have left to be cut
}

// leastPages keeps what is nearly through from being cut.
const leastPages = 4

func newBoard(most int) *board { return &board{most: most, allow: wasteFor, least: leastPages} }

// begin starts with a single interval.
func (b *board) begin(prefix string, r Range) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.floor = len(prefix)
	if !r.Empty() {
		b.add(newInterval(r))
	}
}

func (b *board) add(iv *interval) {
	b.active = append(b.active, iv)
	b.start(iv)
}

// listed counts a page that was listed of an archive.
func (b *board) listed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.other++
}

// side counts an archive that has more than a page.
func (b *board) side() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sides++
}

// claim returns the objects of a page that belong to the interval, and whether
// the interval goes on after them. What is claimed is not cut off any more.
func (b *board) claim(iv *interval, page []reconcile.Object, ended bool) (mine []reconcile.Object, more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.source++
	mine, more = page, !ended
	if iv.hi != "" {
		n := sort.Search(len(page), func(i int) bool { return page[i].Key > iv.hi })
		mine, more = page[:n], more && n == len(page)
	}
	if len(mine) == 0 {
		b.empty++
	} else {
		b.over += 1 - float64(len(mine))/float64(len(page))
	}
	if len(mine) > 0 {
		more = more && mine[len(mine)-1].Key != iv.hi
		iv.note(mine)
		if b.most > 1 {
			b.spread.see(mine)
		}
	}
	if more {
		b.grow()
	}
	return mine, more
}

// finished takes an interval off the board and, where the scan goes on, lets
// another one be cut in its place.
func (b *board) finished(iv *interval, goesOn bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, other := range b.active {
		if other == iv {
			b.active = append(b.active[:i], b.active[i+1:]...)
			break
		}
	}
	if goesOn {
		b.grow()
	}
}

// end returns where the interval ends by now.
func (b *board) end(iv *interval) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return iv.hi
}

// grow cuts intervals as long as workers are idle and a cut is worth its
// price.
func (b *board) grow() {
	for len(b.active) < b.most && b.affordable() {
		iv, at := b.largest()
		if iv == nil {
			return
		}
		b.add(iv.cut(at))
	}
}

// affordable reports whether one more cut is within what the pages listed so
// far allow to be wasted. What a cut costs is known when the left part ends: on
// average half a page, on either side, which reaches into the right one. Where
// nothing was on the right, the archives were not asked.
func (b *board) affordable() bool {
	if b.source == 0 {
		return false
	}
	return float64(b.empty)+float64(1+b.sides)*(b.over+0.5*float64(len(b.active))) <= b.allow(b.source+b.other)
}

// largest returns the interval that is expected to last longest, and where to
// cut it.
func (b *board) largest() (iv *interval, at cut) {
	for _, one := range b.active {
		if c, ok := b.spread.look(one, b.floor); ok && c.pages >= b.least && (iv == nil || c.pages > at.pages) {
			iv, at = one, c
		}
	}
	return iv, at
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
