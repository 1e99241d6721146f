// Package audit compares every object of a source with its archive buckets, both
// ways and whatever its restore state: what is missing, what differs, and what
// lies in an archive bucket that does not belong there. It writes nothing.
//
// Source and archive buckets are listed side by side in key order, and most
// objects are settled there. Where a rule swaps prefixes the two sides do not
// interleave: those objects go through a sort on disk. Nobody is accused at
// first sight: whatever would be a finding is asked by HEAD on both sides first.
//
// It is a package of its own because scan asks another question: which readable
// objects are missing. It never looks at what has no original, and skips most of
// the archive.
package audit

import (
	"cmp"
	"context"
	"time"

	"reconcile/internal/catalog"
	"reconcile/internal/limiter"
	"reconcile/internal/listing"
	"reconcile/internal/proofs"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
	"reconcile/internal/scan"
)

// Store is S3 as an audit needs it. A failed request is a *reconcile.Error. It
// must be safe for concurrent use.
type Store interface {
	listing.Lister
	Head(ctx context.Context, at reconcile.Location) (reconcile.Detail, error)
	Tags(ctx context.Context, at reconcile.Location) (map[string]string, error)
}

// Verify says how closely two sides are looked at.
type Verify string

// The ways to verify.
const (
	VerifyListing  Verify = "listing"  // by the listings, and by HEAD where that settles something
	VerifyHead     Verify = "head"     // by HEAD, metadata and tags too
	VerifyChecksum Verify = "checksum" // by HEAD, and nothing but a checksum counts as proof
)

// Options says what to audit.
type Options struct {
	Bucket, Prefix string     // the source
	Range          scan.Range // of the source's keys; zero: all
	Router         *reconcile.Router
	// Inventories are read in place of listing a bucket.
	Inventories map[string]Inventory
	// Names are the objects that alone are looked at; nil: all of them.
	Names Names
	// Plan counts what would be asked by HEAD, and nothing is asked; nil: it is
	// asked.
	Plan *Plan
	// Earlier is what was found out before; nil: nothing.
	Earlier *proofs.Set
	Amazon  bool // the source is Amazon's own S3, whose listings tell what is restored
	// ListCost is what a LIST costs in HEADs; 0: 12.5.
	ListCost float64
	Prefer   scan.Prefer           // what is spared where names are looked up; empty: PreferCost
	Excluded func(key string) bool // objects withdrawn on purpose; nil: none
	Digests  *reconcile.Digests    // which ETags are digests; nil: all that have the form
	Verify   Verify                // empty: VerifyListing
	Catalog  *catalog.Catalog      // what should be there, checked; nil: nobody says
	Fraction Fraction              // of the keys that Verify's HEADs are for; zero: all
	// ListingOnly sends no HEADs but for what would be a finding: where the
	// listings settle nothing the size is believed.
	ListingOnly bool
	// Class is the storage class that the objects of an archive bucket are to
	// have; nil: STANDARD.
	Class   func(bucket string) string
	Retry   *retry.Retrier
	Limiter *limiter.Limiter // of the HEADs
	Streams int              // key ranges that are listed at a time; 0: 6; 1: never divided
	// DivideAfter is how many pages of the source are listed before it is divided;
	// 0: 64.
	DivideAfter int
	TempDir     string // for what is sorted on disk; empty: the system's
}

// Inventory is a bucket's listing that was made before.
type Inventory struct {
	listing.Lister
	At time.Time // when it was made
}

// Auditor audits one source once.
type Auditor struct {
	walk *walker
	opts Options
}

// New returns an Auditor.
func New(s Store, o Options) *Auditor {
	o.Verify, o.Streams, o.DivideAfter = cmp.Or(o.Verify, VerifyListing), cmp.Or(o.Streams, defaultStreams), cmp.Or(o.DivideAfter, defaultDivideAfter)
	if o.Streams == 1 {
		o.DivideAfter = 0
	}
	if o.Class == nil {
		o.Class = func(string) string { return "" }
	}
	of := &scope{bucket: o.Bucket, prefix: o.Prefix, keys: o.Range, router: o.Router, excludes: o.Excluded}
	compares := &comparer{verify: o.Verify, fraction: o.Fraction, listingOnly: o.ListingOnly, class: o.Class}
	compares.digests = o.Digests
	looks := &looker{
		scope: of, outcomes: &outcomes{}, comparer: compares, later: newLater(o.TempDir),
		asker: &asker{store: s, retry: o.Retry, limiter: o.Limiter},
	}
	settles := &settler{
		looker: looks, lists: &lists{retry.Lister{Store: s, Retrier: o.Retry}, o.Inventories},
		plan: o.Plan, named: o.Names != nil, catalog: o.Catalog,
	}
	settles.heads.SetLimit(min(o.Limiter.Max(), maxHeads))
	return &Auditor{opts: o, walk: &walker{
		settler: settles, swaps: newSwaps(of, o.TempDir), before: o.Earlier, amazon: o.Amazon,
		scan: scan.Options{Bucket: o.Bucket, Prefix: o.Prefix, Range: o.Range, ListCost: o.ListCost, Prefer: o.Prefer},
	}}
}

// maxHeads bounds the objects that wait for a HEAD, and with it the memory.
const maxHeads = 256

// Gone is how many objects were listed and have no outcome, since they were on
// neither side any more when they were looked at again.
func (a *Auditor) Gone() int64 { return a.walk.gone.Load() }

// Foreign is how many entries of the catalog are of other sources, and were not
// looked at.
func (a *Auditor) Foreign() int64 { return a.walk.foreign.Load() }

// Run calls emit with the outcomes of all objects of both sides, in no
// particular order and from several goroutines at a time. It returns nil only
// when everything was listed. When ctx ends or a listing fails, the objects of
// the source that were listed and not settled leave as canceled, and the error
// says what ended the audit. An error of emit ends it at once.
func (a *Auditor) Run(ctx context.Context, emit func(reconcile.Outcome) error) error {
	w := a.walk
	defer w.swaps.close()
	defer w.later.close()
	w.take = emit
	err := a.list(ctx)
	j := &join{w.settler, w.swaps, w.before}
	joined := j.all(ctx, err)
	looked := w.heads.Wait() // before the pairs that wait for what the others show
	return cmp.Or(err, joined, looked, w.judgeLate(), w.refusal(), context.Cause(ctx))
}

// list lists both sides, or looks up what was named.
func (a *Auditor) list(ctx context.Context) error {
	switch {
	case a.opts.Range.Empty():
		return nil
	case a.opts.Names != nil:
		return firstCause(ctx, (&nameWalk{a.walk, a.opts.Names}).all(ctx))
	}
	err := a.walk.walkAll(ctx, a.opts.DivideAfter, a.opts.Streams)
	if err != nil || a.opts.Range == (scan.Range{}) {
		return err
	}
	return firstCause(ctx, (&images{a.walk.scope, a.walk.lists, a.walk.swaps}).walk(ctx))
}
