package scan

import (
	"context"
	"sort"
	"strings"

	"reconcile/internal/reconcile"
)

// finder looks for the targets of one interval in one archive, in key order:
// by pages of the archive where many of its keys are wanted, and where few are,
// by leaving them to be asked by HEAD.
type finder struct {
	w       *walker
	a       *archive
	c       *cursor
	pending []quest // whose way has not been chosen yet
	at      int     // in the page: all before it has been passed
	used    int     // objects of the page that were found
	since   int     // how many source objects had been passed when the page came
	latest  int     // the same of the latest object that was found
	dense   bool    // the page before was full of wanted keys
}

// quest is an object whose target has to be known.
type quest struct {
	d  reconcile.Decision
	nr int // among the objects of the interval
}

func newFinder(w *walker, a *archive) *finder {
	return &finder{w: w, a: a, c: newCursor(w.lister, w.opts.Retry, a.first)}
}

func (f *finder) close() { f.c.close() }

// want takes up an object. It may leave at once, or with a later one.
func (f *finder) want(ctx context.Context, q quest) error {
	if len(f.pending) == 0 && f.w.halt.ended(ctx) == nil && f.known(q.d.Target.Key) {
		return f.found(q)
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
		case f.known(q.d.Target.Key):
			err = f.found(q)
		case f.worthAList(q, through):
			f.list(ctx, q)
			continue
		case !through && f.w.passed < q.nr+f.lookahead():
			return nil // more wanted ones may follow
		default:
			err = f.leave(q)
		}
		if err != nil {
			return err
		}
		f.pending = f.pending[1:]
	}
	f.pending = nil
	return nil
}

// known reports whether the page at hand, or one that a neighbour has listed,
// says if key is there.
func (f *finder) known(key string) bool {
	if at := (stretch{from: f.c.from, last: f.c.last, ended: f.c.ended}); f.c.begun && at.covers(key) {
		return true
	}
	s, ok := f.a.covering(key)
	if ok {
		f.c.adopt(s)
		f.at, f.used, f.since, f.dense = 0, 0, f.w.passed, false
	}
	return ok
}

// found sends off an object by what the page at hand says of its target.
func (f *finder) found(q quest) error {
	rest := f.c.page[f.at:]
	key := q.d.Target.Key
	f.at += sort.Search(len(rest), func(i int) bool { return rest[i].Key >= key })
	if f.at < len(f.c.page) && f.c.page[f.at].Key == key {
		q.d.Target, q.d.Listed = f.c.page[f.at], true
		f.used++
	}
	f.latest = q.nr
	return f.w.emit(f.w.resolve(q.d))
}

// leave sends off an object whose target is to be asked for by HEAD.
func (f *finder) leave(q quest) error {
	q.d.Unseen = true
	return f.w.emit(f.w.resolve(q.d))
}

// worthAList decides between a LIST and HEADs, by how many of the wanted keys
// a page of the archive is expected to hold.
func (f *finder) worthAList(q quest, through bool) bool {
	if f.a.explore() {
		return true
	}
	span, worth := f.a.span(), f.w.opts.Prefer.worthAList()
	n := sort.Search(len(f.pending), func(i int) bool { return f.pending[i].nr >= q.nr+span })
	if n >= worth || f.crowded(q) {
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
	return f.c.begun && f.used*2 >= len(f.c.page) && len(f.c.page) > 0 && q.nr-f.latest <= 1+len(f.c.page)/10
}

// list asks for the page that says whether a target is there. A listing that
// fails ends the scan.
func (f *finder) list(ctx context.Context, q quest) {
	f.pass()
	f.at, f.used = 0, 0
	for more := true; more; more = len(f.c.page) == 0 && !f.c.ended {
		_, err := f.c.turn(ctx, q.d.Target.Key)
		f.w.board.listed()
		if err != nil {
			f.w.halt.stop(err)
			return
		}
	}
	f.since = f.w.passed
	f.a.keep(stretch{f.c.from, f.c.last, f.c.next, f.c.ended, f.c.page})
	if f.dense && !f.beyond(f.c.last) {
		f.c.readAhead(ctx)
	}
}

// pass notes how dense the page was that has been passed.
func (f *finder) pass() {
	if !f.c.begun || f.w.passed == f.since {
		f.dense = false
		return
	}
	f.dense = f.used*2 >= len(f.c.page)
	f.a.note(len(f.c.page), f.w.passed-f.since)
}

// beyond reports whether no target of the interval comes after key.
func (f *finder) beyond(key string) bool {
	rest, ok := strings.CutPrefix(f.w.board.end(f.w.in), f.a.where.From)
	return ok && rest != "" && key >= f.a.where.To+rest
}

// targetPrefix is the longest prefix that all targets of an archive share.
func (s *Scanner) targetPrefix(c reconcile.Cursor) string {
	if rest, ok := strings.CutPrefix(s.opts.Prefix, c.From); ok {
		return c.To + rest
	}
	return c.To
}
