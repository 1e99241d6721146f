// Package copier carries decisions out: it asks HEAD where the listings left a
// question, copies what is missing with bounded concurrency, proves each copy,
// and turns every decision into exactly one outcome.
package copier

import (
	"cmp"
	"context"
	"log/slog"
	"time"

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
	// on targets. Of any other it is found out; see condition.go. nil: all are.
	Trusted func(bucket string) bool
}

func (o *Options) trusts(bucket string) bool { return o.Trusted == nil || o.Trusted(bucket) }

const (
	// DefaultThreshold is where copying in parallel parts begins to pay.
	DefaultThreshold = 256 << 20
	// DefaultGrace leaves time after it to look at targets and abort uploads,
	// and all of it stays under 10 seconds.
	DefaultGrace = 5 * time.Second
)

// Copier carries out the decisions of one run.
type Copier struct {
	*Learned
	source   Source
	target   Target
	opts     Options
	limiter  *limiter.Limiter
	planned  planned
	refusals limiter.Refusals
	omitted  omissions
}

// New returns a Copier from source to target, which may be one Store.
func New(source Source, target Target, o Options) *Copier {
	o.Threshold, o.Grace = cmp.Or(o.Threshold, DefaultThreshold), cmp.Or(o.Grace, DefaultGrace)
	o.Log, o.Learned = cmp.Or(o.Log, slog.New(slog.DiscardHandler)), cmp.Or(o.Learned, &Learned{})
	if o.Journal == nil {
		o.Journal = noJournal{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Copier{Learned: o.Learned, source: source, target: target, opts: o, limiter: limiter.New(o.Concurrency, o.Floor, o.Ceiling)}
}

// InFlight is how many requests are in flight now.
func (c *Copier) InFlight() int { return c.limiter.InFlight() }
