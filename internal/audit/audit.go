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
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

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
	store Store
	opts  Options

	take     func(reconcile.Outcome) error
	heads    errgroup.Group // the objects that are asked by HEAD
	swaps    *swaps         // objects whose other side has another key
	later    *later         // pairs to be judged at the end
	refused  atomic.Pointer[error]
	foreign  atomic.Int64     // entries of the catalog that are of other sources
	md5      atomic.Bool      // an ETag has been seen that is the MD5 of the catalog
	gone     atomic.Int64     // objects that were listed and then were nowhere any more
	refusals limiter.Refusals // of HEADs
	opaque   sync.Map         // bucket → true: it holds objects whose ETags say nothing
	tagged   sync.Map         // bucket → whether its tags can be read
	tells    atomic.Bool      // the source's listing has said of some object that it is restored
	trying   sync.Mutex       // of whoever finds that out: it is asked once
}

// New returns an Auditor.
func New(s Store, o Options) *Auditor {
	if o.Verify == "" {
		o.Verify = VerifyListing
	}
	o.Streams, o.DivideAfter = cmp.Or(o.Streams, defaultStreams), cmp.Or(o.DivideAfter, defaultDivideAfter)
	if o.Streams == 1 {
		o.DivideAfter = 0
	}
	a := &Auditor{store: s, opts: o, swaps: newSwaps(o.TempDir), later: newLater(o.TempDir)}
	a.heads.SetLimit(min(a.opts.Limiter.Max(), maxHeads))
	return a
}

// maxHeads bounds the objects that wait for a HEAD, and with it the memory.
const maxHeads = 256

// Gone is how many objects were listed and have no outcome, since they were on
// neither side any more when they were looked at again.
func (a *Auditor) Gone() int64 { return a.gone.Load() }

// Foreign is how many entries of the catalog are of other sources, and were not
// looked at.
func (a *Auditor) Foreign() int64 { return a.foreign.Load() }

// Run calls emit with the outcomes of all objects of both sides, in no
// particular order and from several goroutines at a time. It returns nil only
// when everything was listed. When ctx ends or a listing fails, the objects of
// the source that were listed and not settled leave as canceled, and the error
// says what ended the audit. An error of emit ends it at once.
func (a *Auditor) Run(ctx context.Context, emit func(reconcile.Outcome) error) error {
	defer a.swaps.close()
	defer a.later.close()
	a.take = emit
	err := a.walkAll(ctx)
	if err == nil {
		err = firstCause(ctx, a.walkImages(ctx))
	}
	if failed := a.joinSwaps(ctx, err); err == nil {
		err = failed
	}
	failed := a.heads.Wait() // before the pairs that wait for what the others show
	if late := a.judgeLate(); failed == nil {
		failed = late
	}
	if err == nil {
		err = failed
	}
	if err == nil {
		err = a.refusal()
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return err
}

// emit hands an outcome on, unless an earlier one was refused.
func (a *Auditor) emit(o reconcile.Outcome) error {
	if err := a.refusal(); err != nil {
		return err
	}
	err := a.take(o)
	if err != nil {
		a.refused.CompareAndSwap(nil, &err)
	}
	return err
}

func (a *Auditor) refusal() error {
	if err := a.refused.Load(); err != nil {
		return *err
	}
	return nil
}

// excluded reports whether a source key is none of the archive's business.
func (a *Auditor) excluded(key string) bool {
	return a.opts.Excluded != nil && a.opts.Excluded(key) || a.opts.Router.Route(key).Excluded
}

// class is the storage class that the objects of an archive bucket are to have.
func (a *Auditor) class(bucket string) string {
	if a.opts.Class != nil {
		if class := a.opts.Class(bucket); class != "" {
			return class
		}
	}
	return reconcile.ClassStandard
}

// canceled is the outcome of an object that could not be settled any more.
func canceled(source, target reconcile.Object, why error) reconcile.Outcome {
	o := reconcile.Outcome{Source: source, Status: reconcile.Canceled, Message: "not reached: " + why.Error()}
	o.Target.Location = target.Location
	return o
}

// unfinished turns an error of a request into an outcome: the object could not
// be verified.
func unfinished(ctx context.Context, source, target reconcile.Object, looks int, err error) reconcile.Outcome {
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Canceled)) {
		return canceled(source, target, context.Cause(ctx))
	}
	o := canceled(source, target, err)
	o.Status, o.ErrorKind, o.Message, o.Attempts = reconcile.Failed, reconcile.KindOf(err), err.Error(), looks
	o.ErrorCode, o.ErrorBucket = reconcile.CodeOf(err)
	return o
}
