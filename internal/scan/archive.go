package scan

import (
	"math"
	"strings"
	"sync"

	"reconcile/internal/listing"
	"reconcile/internal/reconcile"
)

// Prefer says what is spared where the archives are looked at.
type Prefer string

// The preferences. In money a LIST is 12.5 HEADs, in requests one.
// https://aws.amazon.com/s3/pricing/
const (
	PreferCost     Prefer = "cost"
	PreferRequests Prefer = "requests"
)

// HeadsForAList is how many HEADs a LIST must spare.
func (o Options) HeadsForAList() int {
	if o.Prefer == PreferRequests {
		return 2
	}
	if o.ListCost <= 0 {
		return 13
	}
	return max(2, int(math.Ceil(min(o.ListCost, 1000))))
}

// archives are the parts of the archive buckets that source keys lead to.
type archives struct {
	scanner *Scanner
	mu      sync.Mutex
	all     map[reconcile.Cursor]*archive
	sources map[string]*archive // parts of the source that are looked up, by their prefix
}

func newArchives(s *Scanner) *archives {
	return &archives{scanner: s, all: map[reconcile.Cursor]*archive{}, sources: map[string]*archive{}}
}

func (a *archives) of(c reconcile.Cursor) *archive {
	a.mu.Lock()
	defer a.mu.Unlock()
	one, ok := a.all[c]
	if !ok {
		one = a.open(c)
		a.all[c] = one
	}
	return one
}

// source is a part of the source as it is now, whatever else it is read from.
func (a *archives) source(prefix string) *archive {
	a.mu.Lock()
	defer a.mu.Unlock()
	one, ok := a.sources[prefix]
	if !ok {
		bucket := a.scanner.opts.Bucket
		one = &archive{where: reconcile.Cursor{Bucket: bucket}, lister: a.scanner.lister}
		one.first = reconcile.ListRequest{Bucket: bucket, Prefix: prefix, Restore: true}
		a.sources[prefix] = one
	}
	return one
}

func (a *archives) open(c reconcile.Cursor) *archive {
	s := a.scanner
	one := &archive{where: c, lister: s.lister, first: reconcile.ListRequest{Bucket: c.Bucket, Prefix: s.targetPrefix(c)}}
	if inv := s.opts.Inventories[c.Bucket]; inv != nil {
		one.lister, one.free = inv, true
	}
	return one
}

// archive is what the workers have learned together about one part of an
// archive bucket.
type archive struct {
	where  reconcile.Cursor
	lister listing.Lister
	first  reconcile.ListRequest
	free   bool // it is an inventory, whose pages cost nothing

	mu       sync.Mutex
	heads    int                       // keys deferred to HEADs since a page was asked for
	maxHeads int                       // how many may be, until a page is asked for again
	recent   [recentPages]listing.Page // a ring
	turn     int
	tail     listing.Page // the one after which nothing follows
	size     int          // keys of a full page; 0: none was seen
	// The density of its keys: of the pages that were passed, their keys and
	// how many source objects they went along with.
	listed, passed int
}

// recentPages is how many pages of an archive are kept for other workers than
// those that listed them. An archive much smaller than the source is read by
// few requests, each of which serves many key ranges.
const recentPages = 8

// keep keeps a page for other workers. It is true for the first one after which
// something follows.
func (a *archive) keep(p listing.Page) (first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p.End {
		if !a.tail.End || p.After < a.tail.After {
			a.tail = p
		}
		return false
	}
	first = a.turn == 0
	a.size = max(a.size, len(p.Objects))
	a.recent[a.turn%recentPages] = p
	a.turn++
	return first
}

// covering returns a page that somebody has listed and that says whether key
// is there.
func (a *archive) covering(key string) (listing.Page, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tail.End && a.tail.Covers(key) {
		return a.tail, true
	}
	for i := range a.recent {
		if p := &a.recent[i]; p.Next != "" && p.Covers(key) {
			return *p, true
		}
	}
	return listing.Page{}, false
}

// explore reports whether a page is to be asked for only to see how many keys
// there are: the first question is always a LIST, and after a while without one
// it is again, since one place says little of another. The while grows as long
// as that does not change anything.
func (a *archive) explore() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.heads < a.maxHeads {
		return false
	}
	a.heads, a.maxHeads = 0, max(2*a.maxHeads, firstMaxHeads)
	return true
}

// firstMaxHeads is how many HEADs are sent before it is tried whether a LIST
// would be better. They cost as much as five LISTs.
const firstMaxHeads = 64

// deferred counts a key that is deferred to a HEAD.
func (a *archive) deferred() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heads++
}

// worthwhile notes that pages are worth their price here.
func (a *archive) worthwhile() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heads, a.maxHeads = 0, firstMaxHeads
}

// keysPerPage is how many keys a page of S3 has.
const keysPerPage = 1000

// note counts a page of the archive that so many source objects went along
// with. The latest ones count most.
func (a *archive) note(listed, passed int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.listed = a.listed*3/4 + listed
	a.passed = a.passed*3/4 + passed
}

// span is how many source objects go along with one page of the archive, as
// far as is known: until then, as many as there are keys in it.
func (a *archive) span() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	size := a.size
	if size == 0 {
		size = keysPerPage
	}
	return max(size*(a.passed+size)/(a.listed+size), 1)
}

// targetPrefix is the longest prefix that all targets of an archive share.
func (s *Scanner) targetPrefix(c reconcile.Cursor) string {
	if rest, ok := strings.CutPrefix(s.opts.Prefix, c.From); ok {
		return c.To + rest
	}
	return c.To
}
