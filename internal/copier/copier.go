// Package copier carries decisions out: it asks HEAD where the listings left a
// question, copies what is missing with bounded concurrency, proves each copy,
// and turns every decision into exactly one outcome.
package copier

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// Store is what the copier asks of S3. Each call is one request; a failed one
// is a *reconcile.Error.
type Store interface {
	Head(ctx context.Context, l reconcile.Location) (reconcile.Detail, error)
	HeadPart(ctx context.Context, source reconcile.Object, part int32) (size int64, parts int, err error)
	Tags(ctx context.Context, l reconcile.Location) (map[string]string, error)
	PutTags(ctx context.Context, l reconcile.Location, tags map[string]string) error
	Copy(ctx context.Context, r reconcile.CopyRequest) (reconcile.Written, error)
	CreateUpload(ctx context.Context, r reconcile.UploadRequest) (reconcile.Upload, error)
	CopyPart(ctx context.Context, r reconcile.PartRequest) (reconcile.Part, error)
	CompleteUpload(ctx context.Context, r reconcile.CompleteRequest) (reconcile.Written, error)
	AbortUpload(ctx context.Context, u reconcile.Upload) error
	Extend(ctx context.Context, l reconcile.Location, days int) error
	Remove(ctx context.Context, l reconcile.Location, etag string) error
	ListParts(ctx context.Context, u reconcile.Upload, after int32) (parts []reconcile.Part, next int32, err error)
	ListUploads(ctx context.Context, bucket, prefix string, from reconcile.UploadMarker) ([]reconcile.OpenUpload, reconcile.UploadMarker, error)
}

// Options says how to copy.
type Options struct {
	Policy      reconcile.Policy
	Retry       *retry.Retrier
	Concurrency int              // requests in flight; 0: adaptive
	Floor       int              // requests in flight that an adaptive copier may always have; 0: DefaultFloor
	Ceiling     int              // and never exceeds; 0: DefaultCeiling
	Layout      Layout           // how large objects are cut
	Threshold   int64            // bytes; above it a copy goes by parts where the layout rules allow; 0: DefaultThreshold
	PartSize    int64            // bytes; 0: by the object's size
	MaxRestarts int              // how often an upload that raced with another write is begun; 0: once
	Grace       time.Duration    // how long what is in flight may go on after a stop; 0: DefaultGrace
	Plan        bool             // decide, ask, and count what would be sent; write nothing
	Now         func() time.Time // nil: time.Now
	Log         *slog.Logger     // nil: none
	// ExtendDays extends the restore of an object that may expire before it can
	// plausibly be copied by so many days from now; 0: it is only warned about.
	ExtendDays int
	// RemoveUnproved removes what this run has written and what provably does
	// not match its source. Otherwise it is left in place, and named.
	RemoveUnproved bool
	Run            string  // the run's id, for the journal
	Journal        Journal // remembers uploads across runs; nil: none
	// Learned is what earlier runs of this process have learned of the servers,
	// and what this one adds; nil: nothing.
	Learned *Learned
	// Trusted says of a bucket that its server is known to honour conditions
	// on targets. Of any other it is found out; see guard.go. nil: all are.
	Trusted func(bucket string) bool
}

const (
	// DefaultThreshold is where copying in parallel parts begins to pay.
	DefaultThreshold = 256 << 20
	// DefaultGrace leaves time after it to look at targets and abort uploads,
	// and all of it stays under 10 seconds.
	DefaultGrace = 5 * time.Second
	// afterGrace is for looking and aborting once the grace is over; with a
	// shorter grace it is three fifths of that.
	afterGrace = 3 * time.Second
)

// Copier carries out the decisions of one run.
type Copier struct {
	*Learned
	store Store
	opts  Options
	gate  *gate
	plan  planned
}

// Learned is what copying has shown of servers and buckets, and what holds for
// the next run too. The zero value knows nothing; it is safe for concurrent use.
type Learned struct {
	seen   knowledge
	guards guards
}

// New returns a Copier.
func New(store Store, o Options) *Copier {
	if o.Threshold == 0 {
		o.Threshold = DefaultThreshold
	}
	if o.Grace == 0 {
		o.Grace = DefaultGrace
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Learned == nil {
		o.Learned = &Learned{}
	}
	return &Copier{Learned: o.Learned, store: store, opts: o, gate: newGate(o.Concurrency, o.Floor, o.Ceiling)}
}

// Run turns every decision of in into an outcome for emit, concurrently and in
// any order, until in is closed. A failed object is an outcome. When ctx ends,
// no further copy is begun, what is in flight is finished within the grace or
// given up, and everything left in the channel comes out as canceled. emit is
// called by several goroutines at a time. Its first error ends the run likewise
// and is returned, with the rest of in drained unseen: what has no row must not
// be done.
func (c *Copier) Run(ctx context.Context, in <-chan reconcile.Decision, emit func(reconcile.Outcome) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s, end := newStages(ctx, c.opts.Grace)
	defer end()
	r := &running{stages: s, c: c, queue: newQueue(queueCapacity), emit: emit, stop: stop}
	var g errgroup.Group
	g.Go(func() error {
		r.queue.fill(in)
		return nil
	})
	for range c.gate.ceiling() {
		g.Go(r.worker)
	}
	return g.Wait()
}

// running is one Run.
type running struct {
	stages
	c     *Copier
	queue *queue
	emit  func(reconcile.Outcome) error
	stop  context.CancelFunc
	deaf  atomic.Bool // emit has failed
}

// worker carries out what is in the queue. It takes an object up when the gate
// has room for the first request, so that nothing more urgent is overtaken by
// what merely waits.
func (r *running) worker() (failed error) {
	for r.queue.claim() {
		p, err := r.c.gate.enter(r.admit)
		t := &task{stages: r.stages, c: r.c, d: r.queue.take()}
		if err == nil { // else the run is being stopped, and the object comes out as canceled
			t.place = &p
		}
		if r.deaf.Load() {
			t.vacate()
			continue
		}
		if err := r.emit(r.c.handle(t)); err != nil {
			failed = err
			r.deaf.Store(true)
			r.stop()
		}
	}
	return failed
}

// stages are what a run that is stopped goes through.
type stages struct {
	admit context.Context // ended: begin nothing more
	work  context.Context // ended: give up what is in flight
	last  context.Context // ended: no more looking at targets, no more aborting
}

func newStages(ctx context.Context, grace time.Duration) (stages, context.CancelFunc) {
	work, endWork := outlive(ctx, grace)
	last, endLast := outlive(ctx, grace+min(afterGrace, grace*3/5))
	return stages{ctx, work, last}, func() { endWork(); endLast() }
}

// outlive returns a context that ends a while after ctx does.
func outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var timer *time.Timer
	var mu sync.Mutex
	stop := context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		timer = time.AfterFunc(grace, cancel)
	})
	return later, func() {
		stop()
		mu.Lock()
		defer mu.Unlock()
		if timer != nil {
			timer.Stop()
		}
		cancel()
	}
}

// knowledge is what was learned about buckets on the way.
type knowledge struct {
	opaque   sync.Map // bucket → true: holds objects whose ETags say nothing (KMS)
	tagsRead sync.Map // bucket → true: its objects' tags may be read
}

func (k *knowledge) note(o reconcile.Object) {
	if o.Encryption.Opaque() {
		k.opaque.Store(o.Bucket, true)
	}
}

func (k *knowledge) isOpaque(bucket string) bool {
	_, ok := k.opaque.Load(bucket)
	return ok
}
