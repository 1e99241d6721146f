// Package scan lists the source bucket and the archive buckets and decides
// what each source object needs. It streams: a decision leaves as soon as both
// sides are known, and memory does not grow with the number of keys.
//
// The keys of the source are divided into key ranges, each listed by a worker
// of its own together with the parts of the archives that belong to it. Where to
// split is found out on the way: a key range that is expected to last longest
// gives half of what it has left to an idle worker.
package scan

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/listing"
	"reconcile/internal/reconcile"
)

// Lister is what the scan asks for the pages of a bucket.
type Lister = listing.Lister

// RestoreMode says where the restore state of archived objects is read.
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
	Selected func(key string) bool // objects that are looked at at all; the others leave no decision. nil: every one
	Mode     RestoreMode
	Amazon   bool    // the source is Amazon's own S3, which is known to list restore states
	Prefer   Prefer  // what is spared on the archives' side; empty: PreferCost
	ListCost float64 // of a LIST, in HEADs, by the prices of the region; 0: 12.5
	Streams  int     // key ranges that are listed at a time; 0: by the number of processors, 1: never split
	// Inventories are listings that were made earlier, by bucket, and are read in
	// place of asking S3. That of the source has no restore states: see recheck.go.
	Inventories map[string]Lister
	TempDir     string // for undecided objects; empty: the system's
	Now         func() time.Time
}

// Range is the keys after After, up to and including Until. An empty Until is
// no end.
type Range struct{ After, Until string }

// Has reports whether a key is one of them.
func (r Range) Has(key string) bool { return key > r.After && (r.Until == "" || key <= r.Until) }

// The key ranges that are listed at a time by default. A page
// of S3 takes 45 to 100 ms, most of which is waiting.
const (
	streamsPerProcessor = 8
	minStreams          = 16
	maxStreams          = 128
)

// DefaultStreams is how many key ranges are listed at a time where Streams is 0.
func DefaultStreams() int {
	return min(max(streamsPerProcessor*runtime.GOMAXPROCS(0), minStreams), maxStreams)
}

func (o Options) streams() int {
	if o.Streams > 0 {
		return o.Streams
	}
	return DefaultStreams()
}

// Scanner scans one source bucket once.
type Scanner struct {
	lister    Lister
	opts      Options
	scheduler *scheduler
	archives  *archives
	undecided *undecided        // archived objects about whose restore the listing has said nothing yet
	unproven  *undecided        // pairs whose ETags differ, as long as nobody knows what that means
	silence   reconcile.Silence // of the source's listing
	take      func(reconcile.Decision) error
	began     time.Time
	abort     abort
}

// New returns a Scanner.
func New(lister Lister, o Options) *Scanner {
	s := &Scanner{lister: lister, opts: o, scheduler: newScheduler(o.streams()), undecided: newUndecided(o.TempDir), unproven: newUndecided(o.TempDir)}
	s.silence.Classes, s.silence.Sure = o.Policy.Classes, o.Amazon || o.Mode == RestoreList
	s.archives = newArchives(s)
	return s
}

// Run lists the source and calls emit with exactly one decision for each
// object listed, in no particular order and from several goroutines at a time.
// It returns nil only when every page of the source was read. When ctx ends or
// a listing fails, the objects of the pages at hand still leave, as canceled,
// and the error says what ended the scan. An error of emit ends it at once.
func (s *Scanner) Run(ctx context.Context, emit func(reconcile.Decision) error) error {
	ctx, s.abort.cancel = context.WithCancel(ctx)
	defer s.abort.cancel()
	defer s.undecided.close()
	defer s.unproven.close()
	s.take, s.began = emit, s.opts.Now()
	var g errgroup.Group
	s.scheduler.start = func(kr *keyRange) {
		g.Go(func() error { return s.walk(ctx, kr) })
	}
	s.scheduler.begin(s.opts.Prefix, s.opts.Range)
	if err := g.Wait(); err != nil {
		return err
	}
	if err := s.settleUndecided(ctx); err != nil {
		return err
	}
	if err := s.settleUnproven(ctx); err != nil {
		return err
	}
	return s.abort.reason()
}

// emit hands a decision on, unless an earlier one was refused.
func (s *Scanner) emit(d reconcile.Decision) error {
	if err := s.abort.refusal(); err != nil {
		return err
	}
	if d.Need != reconcile.NeedNothing {
		d = d.Clone() // it may be long under way, and must not keep a whole page in memory
	}
	err := s.take(d)
	if err != nil {
		s.abort.refuse(err)
	}
	return err
}
