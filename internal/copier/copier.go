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

	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// Source is what reads the objects that are copied. Each call is one request;
// a failed one is a *reconcile.Error. That holds for Target too.
type Source interface {
	Header
	Tags(ctx context.Context, l reconcile.Location) (map[string]string, error)
	// Annotated reports whether an object has annotations that a copy should
	// take along. It is no request on servers that have none.
	Annotated(ctx context.Context, l reconcile.Location) (bool, error)
	Extend(ctx context.Context, l reconcile.Location, days int) error
}

// Header looks at one object.
type Header interface {
	Head(ctx context.Context, l reconcile.Location) (reconcile.Detail, error)
	HeadPart(ctx context.Context, o reconcile.Object, part int32) (size int64, parts int, err error)
}

// Target is what writes the copies, and looks at them.
type Target interface {
	Header
	// WriteSettings says in a word how objects of the bucket are written:
	// storage class, encryption, ACL. It is no request.
	WriteSettings(bucket string) string
	PutTags(ctx context.Context, l reconcile.Location, tags map[string]string) error
	Copy(ctx context.Context, r reconcile.CopyRequest) (reconcile.Written, error)
	CreateUpload(ctx context.Context, r reconcile.UploadRequest) (reconcile.Upload, error)
	CopyPart(ctx context.Context, r reconcile.PartRequest) (reconcile.Part, error)
	CompleteUpload(ctx context.Context, r reconcile.CompleteRequest) (reconcile.Written, error)
	AbortUpload(ctx context.Context, u reconcile.Upload) error
	Remove(ctx context.Context, l reconcile.Location, etag string) error
	ListParts(ctx context.Context, u reconcile.Upload, after int32) (parts []reconcile.Part, next int32, err error)
	ListUploads(ctx context.Context, bucket, prefix string, from reconcile.UploadMarker) ([]reconcile.OpenUpload, reconcile.UploadMarker, error)
}

// Store is both: one service that has source and targets.
type Store interface {
	Source
	Target
}

// Options says how to copy.
type Options struct {
	Policy      reconcile.Policy
	Retry       *retry.Retrier
	Concurrency int              // requests in flight; 0: adaptive
	Floor       int              // requests in flight that an adaptive copier may always have; 0: limiter.DefaultFloor
	Ceiling     int              // and never exceeds; 0: limiter.DefaultCeiling
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
	// Endless says that decisions come as long as outcomes are wanted: nothing
	// can wait for the end of them.
	Endless bool
	TempDir string // for pairs that wait for evidence; empty: the system's
	// Trusted says of a bucket that its server is known to honour conditions
	// on targets. Of any other it is found out; see precondition.go. nil: all are.
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
	source   Source
	target   Target
	opts     Options
	limiter  *limiter.Limiter
	plan     planned
	refusals limiter.Refusals
	// uncarried counts the copies without the annotations of their sources, and
	// unasked those of which nobody knows whether their sources have any.
	uncarried, unasked atomic.Int64
	// unrecorded counts the uploads that may be ours and are left open.
	unrecorded atomic.Int64
}

// Learned is what copying has shown of servers and buckets, and what holds for
// the next run too. The zero value knows nothing; it is safe for concurrent use.
type Learned struct {
	seen          knowledge
	preconditions preconditions
	ways          ways
}

// New returns a Copier from source to target, which may be one Store.
func New(source Source, target Target, o Options) *Copier {
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
	return &Copier{Learned: o.Learned, source: source, target: target, opts: o, limiter: limiter.New(o.Concurrency, o.Floor, o.Ceiling)}
}

// InFlight is how many requests are in flight now.
func (c *Copier) InFlight() int { return c.limiter.InFlight() }

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
	s, end := newContexts(ctx, c.opts.Grace)
	defer end()
	r := &running{contexts: s, c: c, queue: newQueue(queueCapacity), aside: newAside(c.opts.TempDir), emit: emit, stop: stop}
	defer r.aside.close()
	var g errgroup.Group
	g.Go(func() error {
		r.queue.fill(in)
		return nil
	})
	for range c.limiter.Max() {
		g.Go(r.worker)
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return r.takeUp()
}

// running is one Run.
type running struct {
	contexts
	c      *Copier
	queue  *queue
	aside  *aside
	emit   func(reconcile.Outcome) error
	stop   context.CancelFunc
	failed atomic.Bool // emit has failed
}

// worker carries out what is in the queue. It takes an object up when the limiter
// has a permit for the first request, so that nothing more urgent is overtaken by
// what merely waits.
func (r *running) worker() (failed error) {
	for r.queue.claim() {
		p, err := r.c.limiter.Acquire(r.accept)
		t := &task{contexts: r.contexts, c: r.c, d: r.queue.take()}
		if err == nil { // else the run is being stopped, and the object comes out as canceled
			t.permit = &p
		}
		if err := r.end(t); err != nil {
			failed = err
		}
	}
	return failed
}

// end carries a task to its end, and hands its outcome on unless the pair is set
// aside.
func (r *running) end(t *task) error {
	if r.failed.Load() {
		t.releaseUnused()
		return nil
	}
	o, done := r.c.handle(t, r.aside)
	if !done {
		return nil
	}
	err := r.emit(o)
	if err != nil {
		r.failed.Store(true)
		r.stop()
	}
	return err
}

// contexts end one after the other when a run is being stopped.
type contexts struct {
	accept  context.Context // ended: begin nothing more
	work    context.Context // ended: give up what is in flight
	cleanup context.Context // ended: look at no more targets, abort no more uploads
}

func newContexts(ctx context.Context, grace time.Duration) (contexts, context.CancelFunc) {
	work, endWork := delayCancel(ctx, grace)
	cleanup, endCleanup := delayCancel(ctx, grace+min(afterGrace, grace*3/5))
	return contexts{ctx, work, cleanup}, func() { endWork(); endCleanup() }
}

// delayCancel returns a context that ends a while after ctx does.
func delayCancel(ctx context.Context, delay time.Duration) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var timer *time.Timer
	var mu sync.Mutex
	stop := context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		timer = time.AfterFunc(delay, cancel)
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
	checked  sync.Map // bucket → true: holds objects that have checksums
	tagsRead sync.Map // bucket → true: its objects' tags may be read
	secret   sync.Map // bucket → true: whether its objects have annotations may not be asked
}

func (k *knowledge) note(o *reconcile.Detail) {
	if o.Encryption.Opaque() {
		k.opaque.Store(o.Bucket, true)
	}
	if len(o.Checksums) > 0 {
		k.checked.Store(o.Bucket, true)
	}
}

func (k *knowledge) hasChecksums(bucket string) bool {
	_, ok := k.checked.Load(bucket)
	return ok
}

func (k *knowledge) isOpaque(bucket string) bool {
	_, ok := k.opaque.Load(bucket)
	return ok
}
