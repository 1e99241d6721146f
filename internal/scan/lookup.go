package scan

import (
	"context"
	"sort"
	"strings"

	"reconcile/internal/listing"
	"reconcile/internal/reconcile"
)

// lookup finds out which keys of one key range are in one archive, in key
// order: by pages of the archive where many of its keys are wanted, and where
// few are, by deferring them to a HEAD.
type lookup struct {
	w *walker
	a *archive
	c *listing.Cursor
	// found and deferToHead take what became of a query.
	found       func(ctx context.Context, q query, o reconcile.Object, there bool) error
	deferToHead func(ctx context.Context, q query) error

	asked   string  // the key that was asked for last
	pending []query // in key order; neither listed nor deferred yet
	at      int     // in the page: all before it has been passed
	used    int     // objects of the page that were found
	since   int     // the number of the source object with which the page began
	end     int     // and of the first one that lies beyond it; 0: none was seen
	latest  int     // the same of the latest object that was found
	dense   bool    // the page before was full of wanted keys
}

// query is a key that is looked up on behalf of a source object.
type query struct {
	d   reconcile.Decision
	key string
	nr  int // of the object among those of the key range
}

func newLookup(w *walker, a *archive) *lookup {
	return &lookup{w: w, a: a, c: listing.New(a.lister, a.first)}
}

func (l *lookup) close() { l.c.Close() }

// want takes up an object. It may leave at once, or with a later one.
func (l *lookup) want(ctx context.Context, q query) error {
	if q.key < l.asked { // its page has been passed
		return l.deferToHead(ctx, q)
	}
	l.asked = q.key
	if len(l.pending) == 0 && l.w.abort.ended(ctx) == nil && l.knows(q) {
		return l.answer(ctx, q)
	}
	l.pending = append(l.pending, q)
	return l.settle(ctx, false)
}

// settle sends off what is known, or can be asked for. through says that no
// more objects will come.
func (l *lookup) settle(ctx context.Context, through bool) error {
	for len(l.pending) > 0 {
		q := l.pending[0]
		stopped := l.w.abort.ended(ctx)
		var err error
		switch {
		case stopped != nil:
			err = l.w.emit(l.w.unsettled(q.d))
		case l.knows(q):
			err = l.answer(ctx, q)
		case l.worthAList(q, through):
			l.list(ctx, q)
			continue
		case !through && l.w.passed < q.nr+l.lookahead():
			return nil // more wanted ones may follow
		default:
			l.a.deferred()
			err = l.deferToHead(ctx, q)
		}
		if err != nil {
			return err
		}
		l.pending = l.pending[1:]
	}
	l.pending = nil
	return nil
}

// knows reports whether it is known if the key of q is there. The first one
// that is not shows how many source objects have gone along with the page.
func (l *lookup) knows(q query) bool {
	if l.known(q.key) {
		return true
	}
	if l.end == 0 {
		l.end = q.nr
	}
	return false
}

// known reports whether the page at hand, or one that another worker has
// listed, says if key is there.
func (l *lookup) known(key string) bool {
	if l.c.Covers(key) {
		return true
	}
	p, ok := l.a.covering(key)
	if ok {
		l.c.Adopt(p)
		l.at, l.used, l.since, l.end, l.dense = 0, 0, borrowed, 0, false
	}
	return ok
}

// answer says what the page at hand says of a key.
func (l *lookup) answer(ctx context.Context, q query) error {
	rest := l.c.Objects[l.at:]
	l.at += sort.Search(len(rest), func(i int) bool { return rest[i].Key >= q.key })
	l.latest = q.nr
	if l.at < len(l.c.Objects) && l.c.Objects[l.at].Key == q.key {
		l.used++
		return l.found(ctx, q, l.c.Objects[l.at], true)
	}
	return l.found(ctx, q, reconcile.Object{}, false)
}

// peek says whether a key is there if a page at hand tells, and changes nothing
// of what is known of the archive's density.
func (l *lookup) peek(key string) (there, known bool) {
	p := l.c.Page
	if !l.c.Covers(key) {
		if p, known = l.a.covering(key); !known {
			return false, false
		}
	}
	i := sort.Search(len(p.Objects), func(i int) bool { return p.Objects[i].Key >= key })
	return i < len(p.Objects) && p.Objects[i].Key == key, true
}

// worthAList decides between a LIST and HEADs, by how many of the wanted keys
// a page of the archive is expected to hold.
func (l *lookup) worthAList(q query, through bool) bool {
	if l.a.free || l.a.explore() {
		return true
	}
	span, worth := l.a.span(), l.w.opts.HeadsForAList()
	n := sort.Search(len(l.pending), func(i int) bool { return l.pending[i].nr >= q.nr+span })
	if n >= worth || l.crowded(q) {
		l.a.worthwhile()
		return true
	}
	ahead := l.w.passed - q.nr + 1
	if !through && ahead < l.lookahead() {
		return false
	}
	if through && n > 1 && n == ahead {
		return true // the first of many, whose others are in the next key range
	}
	return n*span/max(ahead, l.w.size) >= worth
}

// lookahead is how many source objects must be known behind a wanted one
// before it is deferred to a HEAD: the first of many must not be taken for a
// single one. It is at most a page of the source, so that nothing waits longer.
func (l *lookup) lookahead() int { return min(l.a.span(), l.w.size) }

// crowded reports whether the wanted key follows closely after those of the
// page before, at least half of whose keys were wanted.
func (l *lookup) crowded(q query) bool {
	return l.c.Begun() && l.used*2 >= len(l.c.Objects) && len(l.c.Objects) > 0 && q.nr-l.latest <= 1+len(l.c.Objects)/10
}

// list asks for the page that says whether a target is there. A listing that
// fails ends the scan.
func (l *lookup) list(ctx context.Context, q query) {
	l.pass()
	l.at, l.used = 0, 0
	for more := true; more; more = len(l.c.Objects) == 0 && !l.c.End {
		_, err := l.c.Read(ctx, q.key)
		l.w.scheduler.listed()
		if err != nil {
			l.w.abort.stop(err)
			return
		}
	}
	l.since, l.end = q.nr, 0
	if l.a.keep(l.c.Page) {
		l.w.scheduler.side()
	}
	if l.dense && !l.beyond(l.c.Last) {
		l.c.Prefetch(ctx)
	}
}

// borrowed is lookup.since of a page that another worker has listed: how many
// source objects go along with it is not known.
const borrowed = -1

// pass notes how many of the keys of the page that has been passed were wanted.
func (l *lookup) pass() {
	if !l.c.Begun() || l.since == borrowed || l.end <= l.since {
		l.dense = false
		return
	}
	l.dense = l.used*2 >= len(l.c.Objects)
	l.a.note(len(l.c.Objects), l.end-l.since)
}

// beyond reports whether no target of the key range comes after key.
func (l *lookup) beyond(key string) bool {
	rest, ok := strings.CutPrefix(l.w.scheduler.end(l.w.in), l.a.where.From)
	return ok && rest != "" && key >= l.a.where.To+rest
}
