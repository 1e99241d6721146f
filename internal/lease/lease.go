// Package lease keeps two runs from overlapping: a lease on an object in S3,
// taken and renewed by conditional writes. It is neither of scan nor of copier,
// and job and cmd need it around a whole run, which is why it is a package.
//
// A lease is held as long as it is renewed. Whether its holder is dead is
// judged by the server's clock alone: the age of the object against the time
// to live that stands in it. A holder that could not renew in time gives the
// lease up by itself, so that it never goes on beside its successor for long.
package lease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"reconcile/internal/reconcile"
)

// Store reads and writes one small object. Errors are *reconcile.Error.
type Store interface {
	ReadDocument(ctx context.Context, at reconcile.Location) (reconcile.Document, error)
	WriteDocument(ctx context.Context, at reconcile.Location, body []byte, g reconcile.Precondition) (etag string, err error)
}

// Holder says who holds a lease, for the people who have to find them.
type Holder struct {
	Run     string `json:"run"`  // the run's id
	Host    string `json:"host"` // and process
	PID     int    `json:"pid"`
	Command string `json:"command"`
	Source  string `json:"source"`
}

func (h Holder) String() string {
	return fmt.Sprintf("run %s (%s of s3://%s, process %d on %s)", h.Run, h.Command, h.Source, h.PID, h.Host)
}

// record is the lease as it stands in the object.
type record struct {
	Holder
	Acquired time.Time `json:"acquired"`
	Renewed  int64     `json:"renewed"` // counts up: every write has another ETag
	TTL      int64     `json:"ttl_seconds"`
	Released bool      `json:"released"`
}

// HeldError says that another run holds the lease.
type HeldError struct {
	At     reconcile.Location
	Holder Holder
	Age    time.Duration // since it was last renewed
	TTL    time.Duration
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("another run holds %s: %s, renewed %v ago", e.At, e.Holder, e.Age.Round(time.Second))
}

// ErrMayStay is joined to the error of a taking that has failed, where what it
// wrote may hold the lease until that expires.
var ErrMayStay = errors.New("what was written may keep others out until it expires")

// ErrLost is the cause of a context that ended because the lease was lost.
var ErrLost = errors.New("the lock was lost: it could not be renewed in time, or somebody took it")

// Options says how a lease is kept.
type Options struct {
	At     reconcile.Location
	Holder Holder
	TTL    time.Duration // how long it lives without being renewed; renewed at a third of it
	Now    func() time.Time
	// Last is what a lease is given back under whose taking has failed because
	// the run was stopped; nil: letGoTimeout alone bounds it.
	Last context.Context
}

// Lease is a lease that is held.
type Lease struct {
	store  Store
	opts   Options
	record record
	etag   string
	// unanswered: the last write has no answer, and may be carried out yet.
	unanswered bool
	from       *Holder // who died with it; nil: nobody
	stop       context.CancelFunc
	done       chan struct{}
}

// Take takes the lease and keeps renewing it. The context it returns ends,
// with ErrLost as its cause, when the lease is lost. A lease that is held by a
// living run is a *HeldError. A server that ignores either condition of a write,
// or refuses one that is met, is an error too: what it gives is no lock.
func Take(ctx context.Context, store Store, o Options) (context.Context, *Lease, error) {
	l := &Lease{store: store, opts: o, done: make(chan struct{})}
	l.record = record{Holder: o.Holder, Acquired: o.Now().UTC(), TTL: int64(o.TTL / time.Second)}
	if err := l.take(ctx); err != nil {
		if !l.letGo(ctx, err) {
			err = fmt.Errorf("%w; %w", err, ErrMayStay)
		}
		return ctx, nil, err
	}
	held, lost := context.WithCancelCause(ctx)
	beat, stop := context.WithCancel(context.WithoutCancel(ctx)) // a run that is being stopped still holds it
	l.stop = stop
	go func() {
		defer close(l.done)
		if l.keep(beat) != nil {
			lost(ErrLost)
		}
	}()
	return held, l, nil
}

// letGoTimeout bounds letGo: the lease expires by itself otherwise.
const letGoTimeout = 2 * time.Second

// letGo gives back what was written before the taking failed, because the run
// was stopped in that moment, for one: the next run is not to wait for it.
// It reports whether nothing of ours stays, as far as can be seen.
func (l *Lease) letGo(ctx context.Context, why error) bool {
	var held *HeldError
	if errors.As(why, &held) || l.etag == "" && ctx.Err() == nil {
		return true
	}
	last := l.opts.Last
	if last == nil {
		last = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(last, letGoTimeout)
	defer cancel()
	looks := 1
	if l.unanswered { // the server may carry it out after the first look
		looks = 3
	}
	for range looks {
		now, doc, err := l.read(ctx)
		if err == nil && l.isOurs(now) {
			l.record, l.etag = now, doc.ETag
			return l.giveBack(ctx, why)
		}
		if err != nil && !errors.Is(err, reconcile.NotFound) || looks == 1 {
			return !l.unanswered
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(letGoTimeout / 5):
		}
	}
	return true
}

// giveBack writes that the lease is free, and reports whether it is.
func (l *Lease) giveBack(ctx context.Context, why error) bool {
	l.record.Released = true
	err := l.write(ctx, reconcile.Precondition{IfMatch: l.etag})
	if reconcile.PreconditionFailed(err) && errors.Is(why, errRefusesMatch) {
		// Nobody can write over it under a condition, so that it is still ours.
		err = l.write(ctx, reconcile.Precondition{Off: true})
	}
	return err == nil
}

// take writes the lease where there is none, or over one that is dead, and
// believes it when both conditions have been seen to work.
func (l *Lease) take(ctx context.Context) error {
	old, doc, err := l.read(ctx) // before a server that ignores conditions overwrites it
	switch {
	case err == nil && l.alive(old, doc):
		return l.heldBy(old, doc)
	case err != nil && !errors.Is(err, reconcile.NotFound):
		return err
	}
	err = l.write(ctx, reconcile.Precondition{})
	if err == nil {
		return l.check(ctx)
	}
	if !contested(err) {
		return err
	}
	if err = l.takeOver(ctx, err); err != nil {
		return err
	}
	return l.check(ctx)
}

// takeOver writes over what stands there, unless that is alive. refused is the
// error of the write that wanted nothing to be there.
func (l *Lease) takeOver(ctx context.Context, refused error) error {
	old, doc, err := l.read(ctx)
	switch {
	case errors.Is(err, reconcile.NotFound) && reconcile.PreconditionFailed(refused):
		return fmt.Errorf("%w: %w", errRefusesNoneMatch, refused)
	case errors.Is(err, reconcile.NotFound):
		return refused // nothing was written after all
	case err != nil:
		return err
	case l.isOurs(old): // our own write, whose answer was lost
		l.record, l.etag = old, doc.ETag
		return nil
	case l.alive(old, doc):
		return l.heldBy(old, doc)
	}
	err = l.write(ctx, reconcile.Precondition{IfMatch: doc.ETag})
	if err != nil && !contested(err) {
		return err
	}
	if err = l.look(ctx, doc.ETag, err); err == nil && !old.Released {
		l.from = &old.Holder
	}
	return err
}

// TakenFrom returns who held the lease and died with it; ok is false where it
// was free or given back.
func (l *Lease) TakenFrom() (from Holder, ok bool) {
	if l.from == nil {
		return Holder{}, false
	}
	return *l.from, true
}

// alive reports whether somebody holds the lease, going by its last renewal.
func (l *Lease) alive(r record, doc reconcile.Document) bool {
	return !r.Released && !l.isOurs(r) && doc.Age <= time.Duration(r.TTL)*time.Second
}

func (l *Lease) heldBy(r record, doc reconcile.Document) error {
	return &HeldError{l.opts.At, r.Holder, doc.Age, time.Duration(r.TTL) * time.Second}
}

// contested reports a write after which somebody holds the lease, perhaps us.
func contested(err error) bool {
	return err != nil && (reconcile.PreconditionFailed(err) || reconcile.MayHaveActed(err) || errors.Is(err, reconcile.Conflict))
}

func (l *Lease) isOurs(r record) bool { return r.Holder == l.opts.Holder && !r.Released }

// look sees who has the lease after a write over a dead one, whose ETag was: it
// may have been this run though the write was answered by cause, or another one
// though it was not.
func (l *Lease) look(ctx context.Context, was string, cause error) error {
	now, doc, err := l.read(ctx)
	switch {
	case err != nil && cause != nil:
		return cause
	case err != nil:
		return err
	case l.isOurs(now):
		l.record, l.etag = now, doc.ETag
		return nil
	case l.alive(now, doc):
		return l.heldBy(now, doc)
	case reconcile.PreconditionFailed(cause) && doc.ETag == was:
		return errRefusesMatch // it is as it was, and nobody's
	case cause != nil:
		return cause
	}
	return fmt.Errorf("%s: written, and it is not there", l.opts.At)
}

func (l *Lease) write(ctx context.Context, g reconcile.Precondition) error {
	next := l.record
	next.Renewed++
	body, err := json.MarshalIndent(next, "", "  ")
	if err != nil {
		return err
	}
	etag, err := l.store.WriteDocument(ctx, l.opts.At, body, g)
	if err != nil {
		l.unanswered = ctx.Err() != nil || reconcile.MayHaveActed(err)
		if reconcile.NotImplemented(err) && !g.Off {
			err = fmt.Errorf("%w: %w", errNoConditions, err)
		}
		return err
	}
	l.record, l.etag, l.unanswered = next, etag, false
	return nil
}

func (l *Lease) read(ctx context.Context) (record, reconcile.Document, error) {
	doc, err := l.store.ReadDocument(ctx, l.opts.At)
	if err != nil {
		return record{}, doc, err
	}
	var r record
	if err := json.Unmarshal(doc.Body, &r); err != nil || r.TTL <= 0 || r.Run == "" {
		return record{}, doc, fmt.Errorf("%s is no lock of this program: it is left alone", l.opts.At)
	}
	return r, doc, nil
}

// keep renews the lease until ctx ends. It returns an error when the lease is
// lost: somebody else wrote it, or it could not be renewed for two thirds of
// its life.
func (l *Lease) keep(ctx context.Context) error {
	every := l.opts.TTL / 3
	renewed := time.Now()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := l.renew(ctx, every)
		switch {
		case err == nil:
			renewed = time.Now()
		case ctx.Err() != nil:
			return nil
		case reconcile.PreconditionFailed(err) || errors.Is(err, reconcile.NotFound) || time.Since(renewed) >= 2*every:
			return err
		}
	}
}

// renew writes the lease over itself. It counts when the write succeeded: a
// lost answer of ours is told from somebody else's write, and from a write that
// was refused, by reading.
func (l *Lease) renew(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	before := l.record.Renewed
	err := l.write(ctx, reconcile.Precondition{IfMatch: l.etag})
	if err == nil || !reconcile.PreconditionFailed(err) {
		return err
	}
	now, doc, readErr := l.read(ctx)
	if readErr != nil || !l.isOurs(now) || now.Renewed <= before {
		return err
	}
	l.record, l.etag = now, doc.ETag
	return nil
}

// Release ends the renewing and gives the lease back. An error means that it
// will expire instead.
func (l *Lease) Release(ctx context.Context) error {
	l.stop()
	<-l.done
	l.record.Released = true
	err := l.write(ctx, reconcile.Precondition{IfMatch: l.etag})
	if reconcile.PreconditionFailed(err) {
		if now, _, readErr := l.read(ctx); readErr == nil && now.Holder == l.opts.Holder && now.Released {
			return nil // done, and its answer was lost
		}
	}
	return err
}
