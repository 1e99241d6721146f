package scan

import (
	"context"
	"sort"
	"strings"

	"reconcile/internal/listing"
	"reconcile/internal/reconcile"
)

// finder looks for keys of one interval in one archive, in key order: by pages
// of the archive where many of its keys are wanted, and where few are, by
// leaving them to be asked by HEAD.
type finder struct {
	w     *walker
	a     *archive
	c     *listing.Cursor
	found func(ctx context.Context, q quest, o reconcile.Object, there bool) error
	leave func(ctx context.Context, q quest) error

	asked   string  // the key that was asked for last
	pending []quest // whose way has not been chosen yet
	at      int     // in the page: all before it has been passed
	used    int     // objects of the page that were found
	since   int     // the number of the source object with which the page began
	end     int     // and of the first one that lies beyond it; 0: none was seen
	latest  int     // the same of the latest object that was found
	dense   bool    // the page before was full of wanted keys
}

// quest is a key that is looked for on behalf of a source object.
type quest struct {
	d   reconcile.Decision
	key string
	nr  int // of the object among those of the interval
}

func newFinder(w *walker, a *archive) *finder {
	return &finder{w: w, a: a, c: listing.New(a.lister, w.opts.Retry, a.first)}
}

func (f *finder) close() { f.c.Close() }

// want takes up an object. It may leave at once, or with a later one.
func (f *finder) want(ctx context.Context, q quest) error {
	if q.key < f.asked { // its page has been passed
		return f.leave(ctx, q)
	}
	f.asked = q.key
	if len(f.pending) == 0 && f.w.halt.ended(ctx) == nil && f.knows(q) {
		return f.answer(ctx, q)
	}
	f.pending = append(f.pending, q)
	return f.settle(ctx, false)
}

// settle sends off what is known, or can be asked for. through says that no
// more objects will come.
func (f *finder) settle(ctx context.Context, through bool) error {
	for len(f.pending) > 0 {
		q := f.pending[0]
		stopped := f.w.halt.ended(ctx)
		var err error
		switch {
		case stopped != nil:
			err = f.w.emit(f.w.undecided(q.d))
		case f.knows(q):
			err = f.answer(ctx, q)
		case f.worthAList(q, through):
			f.list(ctx, q)
			continue
		case !through && f.w.passed < q.nr+f.lookahead():
			return nil // more wanted ones may follow
		default:
			f.a.leave()
			err = f.leave(ctx, q)
		}
		if err != nil {
			return err
		}
		f.pending = f.pending[1:]
	}
	f.pending = nil
	return nil
}

// knows reports whether it is known if the key of q is there. The first one
// that is not shows how many source objects have gone along with the page.
func (f *finder) knows(q quest) bool {
	if f.known(q.key) {
		return true
	}
	if f.end == 0 {
		f.end = q.nr
	}
	return false
}

// known reports whether the page at hand, or one that a neighbour has listed,
// says if key is there.
func (f *finder) known(key string) bool {
	if f.c.Covers(key) {
		return true
	}
	p, ok := f.a.covering(key)
	if ok {
		f.c.Adopt(p)
		f.at, f.used, f.since, f.end, f.dense = 0, 0, borrowed, 0, false
	}
	return ok
}

// answer says what the page at hand says of a key.
func (f *finder) answer(ctx context.Context, q quest) error {
	rest := f.c.Objects[f.at:]
	f.at += sort.Search(len(rest), func(i int) bool { return rest[i].Key >= q.key })
	f.latest = q.nr
	if f.at < len(f.c.Objects) && f.c.Objects[f.at].Key == q.key {
		f.used++
		return f.found(ctx, q, f.c.Objects[f.at], true)
	}
	return f.found(ctx, q, reconcile.Object{}, false)
}

// worthAList decides between a LIST and HEADs, by how many of the wanted keys
// a page of the archive is expected to hold.
func (f *finder) worthAList(q quest, through bool) bool {
	if f.a.free || f.a.explore() {
		return true
	}
	span, worth := f.a.span(), f.w.opts.Prefer.worthAList()
	n := sort.Search(len(f.pending), func(i int) bool { return f.pending[i].nr >= q.nr+span })
	if n >= worth || f.crowded(q) {
		f.a.worthwhile()
		return true
	}
	ahead := f.w.passed - q.nr + 1
	if !through && ahead < f.lookahead() {
		return false
	}
	if through && n > 1 && n == ahead {
		return true // the first of many, whose others are in the next interval
	}
	return n*span/max(ahead, f.w.size) >= worth
}

// lookahead is how many source objects must be known behind a wanted one
// before it is left to a HEAD: the first of many must not be taken for a single
// one. It is a page of the source, so that nothing waits for longer.
func (f *finder) lookahead() int { return min(f.a.span(), f.w.size) }

// crowded reports whether the wanted key goes on with those of the page before,
// which was full of them.
func (f *finder) crowded(q quest) bool {
	return f.c.Begun() && f.used*2 >= len(f.c.Objects) && len(f.c.Objects) > 0 && q.nr-f.latest <= 1+len(f.c.Objects)/10
}

// list asks for the page that says whether a target is there. A listing that
// fails ends the scan.
func (f *finder) list(ctx context.Context, q quest) {
	f.pass()
	f.at, f.used = 0, 0
	for more := true; more; more = len(f.c.Objects) == 0 && !f.c.End {
		_, err := f.c.Read(ctx, q.key)
		f.w.board.listed()
		if err != nil {
			f.w.halt.stop(err)
			return
		}
	}
	f.since, f.end = q.nr, 0
	if f.a.keep(f.c.Page) {
		f.w.board.side()
	}
	if f.dense && !f.beyond(f.c.Last) {
		f.c.Prefetch(ctx)
	}
}

// borrowed stands for the time at which a page came that a neighbour has
// listed: how many source objects go along with it is not known.
const borrowed = -1

// pass notes how dense the page was that has been passed.
func (f *finder) pass() {
	if !f.c.Begun() || f.since == borrowed || f.end <= f.since {
		f.dense = false
		return
	}
	f.dense = f.used*2 >= len(f.c.Objects)
	f.a.note(len(f.c.Objects), f.end-f.since)
}

// beyond reports whether no target of the interval comes after key.
func (f *finder) beyond(key string) bool {
	rest, ok := strings.CutPrefix(f.w.board.end(f.w.in), f.a.where.From)
	return ok && rest != "" && key >= f.a.where.To+rest
}
