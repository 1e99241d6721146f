// Package scan lists the source bucket and the archive buckets and decides
// what each source object needs. It streams: a decision leaves as soon as both
// sides are known, and memory does not grow with the number of keys.
//
// The key space of the source is cut into intervals, each listed by a worker
// of its own together with the stretches of the archives that belong to it.
// Where to cut is found out on the way: an interval that is expected to last
// gives up half of what it has left to whoever is idle.
package scan

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/listing"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// Lister is what the scan asks for the pages of a bucket.
type Lister = listing.Lister

// RestoreMode says whom to ask for the restore state of archived objects.
type RestoreMode string

// The modes.
const (
	RestoreAuto RestoreMode = "auto" // the listing, by the rule of positive evidence
	RestoreList RestoreMode = "list" // the listing; its silence means not restored
	RestoreHead RestoreMode = "head" // a HEAD for each archived object
)

// Options says what to scan and how to decide.
type Options struct {
	Bucket   string // the source
	Prefix   string
	Range    Range // of the source's keys; zero: all
	Router   *reconcile.Router
	Policy   reconcile.Policy
	Excluded func(key string) bool // objects withdrawn on purpose; nil: none
	Mode     RestoreMode
	Amazon   bool   // the source is Amazon's own S3, which is known to list restore states
	Prefer   Prefer // what is spared on the archives' side; empty: PreferCost
	Retry    *retry.Retrier
	Streams  int // intervals that are listed at a time; 0: by the number of processors, 1: never split
	// Inventories are listings that were made before, by bucket, and are read in
	// place of asking. That of the source knows no restore states: see stale.go.
	Inventories map[string]Lister
	TempDir     string // for what has to wait until the listing ends; empty: the system's
	Now         func() time.Time
}

// Range is the keys after After, up to and including Until. An empty Until is
// no end.
type Range struct{ After, Until string }

// The intervals that are listed at a time, where nobody says how many. A page
// of S3 takes 45 to 100 ms, most of which is waiting.
const (
	streamsPerProcessor = 8
	minStreams          = 16
	maxStreams          = 128
)

func (o Options) streams() int {
	if o.Streams > 0 {
		return o.Streams
	}
	return min(max(streamsPerProcessor*runtime.GOMAXPROCS(0), minStreams), maxStreams)
}

// Scanner scans one source bucket once.
type Scanner struct {
	lister   Lister
	opts     Options
	board    *board
	archives *archives
	silent   *waiting    // archived objects about which the listing has not said a word yet
	heard    atomic.Bool // some entry carried a restore status
	take     func(reconcile.Decision) error
	halt     halt
}

// New returns a Scanner.
func New(lister Lister, o Options) *Scanner {
	s := &Scanner{lister: lister, opts: o, board: newBoard(o.streams()), silent: newWaiting(o.TempDir)}
	s.archives = newArchives(s)
	return s
}

// Run lists the source and calls emit with exactly one decision for each
// object listed, in no particular order and from several goroutines at a time.
// It returns nil only when every page of the source was read. When ctx ends or
// a listing fails, the objects of the pages at hand still leave, as canceled,
// and the error says what ended the scan. An error of emit ends it at once.
func (s *Scanner) Run(ctx context.Context, emit func(reconcile.Decision) error) error {
	ctx, s.halt.cancel = context.WithCancel(ctx)
	defer s.halt.cancel()
	defer s.silent.close()
	s.take = emit
	var g errgroup.Group
	s.board.start = func(iv *interval) {
		g.Go(func() error { return s.walk(ctx, iv) })
	}
	s.board.begin(s.opts.Prefix, s.opts.Range)
	if err := g.Wait(); err != nil {
		return err
	}
	if err := s.settleSilent(ctx); err != nil {
		return err
	}
	return s.halt.reason()
}

// emit hands a decision on, unless an earlier one was refused.
func (s *Scanner) emit(d reconcile.Decision) error {
	if err := s.halt.refusal(); err != nil {
		return err
	}
	if d.Need != reconcile.NeedNothing {
		d = d.Detach() // it may be long under way, and must not keep a whole page in memory
	}
	err := s.take(d)
	if err != nil {
		s.halt.refuse(err)
	}
	return err
}

// halt is why a scan goes no further: no more pages are asked for, and what
// was listed leaves as canceled. It is asked for each object, by all workers.
type halt struct {
	cancel  context.CancelFunc // ends the requests of the others
	why     atomic.Pointer[error]
	refused atomic.Pointer[error] // by whoever takes the decisions: nothing leaves any more
}

// stop keeps the first reason: the others follow from it.
func (h *halt) stop(err error) {
	if h.why.CompareAndSwap(nil, &err) {
		h.cancel()
	}
}

func (h *halt) refuse(err error) {
	h.refused.CompareAndSwap(nil, &err)
	h.stop(err)
}

// reason is nil as long as the scan goes on.
func (h *halt) reason() error { return load(&h.why) }

func (h *halt) refusal() error { return load(&h.refused) }

// ended notes that ctx has ended, if it has, and returns why nothing more is
// to be asked for.
func (h *halt) ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		h.stop(err)
	}
	return h.reason()
}

func load(p *atomic.Pointer[error]) error {
	if err := p.Load(); err != nil {
		return *err
	}
	return nil
}
