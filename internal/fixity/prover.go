package fixity

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/extsort"
	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// Store is S3 as a proof needs it: what checksums disagree about is looked at
// again before anybody is accused.
type Store interface {
	Head(ctx context.Context, at reconcile.Location) (reconcile.Detail, error)
}

// Options says what is to be proved, and by what.
type Options struct {
	Sums    *Sums                 // nil: there are none yet
	Wanted  func(key string) bool // of which source keys Sides is to have what is not proved; nil: none
	Retry   *retry.Retrier
	Limiter *limiter.Limiter // of the HEADs
	TempDir string           // empty: the system's
}

// Prover takes the pairs that an audit has found, and gives them back as the
// checksums leave them. Hold may be called by several goroutines at a time.
type Prover struct {
	store Store
	opts  Options

	mu     sync.Mutex
	held   *extsort.Sorter // by the place of the source
	wanted *extsort.Sorter // objects that are not proved, by their places
	sides  map[string]*Side

	heads errgroup.Group

	// Stale is how many pairs had checksums that are of other objects than those
	// that stand there now, and prove nothing.
	Stale atomic.Int64
	// Unlisted is how many pairs are not proved and lack a checksum of a side,
	// although there are reports.
	Unlisted atomic.Int64
}

// New returns a Prover.
func New(s Store, o Options) *Prover {
	p := &Prover{store: s, opts: o, held: newSorter(o.TempDir, "pairs"), wanted: newSorter(o.TempDir, "unproved"), sides: map[string]*Side{}}
	p.heads.SetLimit(maxHeads)
	return p
}

// maxHeads bounds the pairs that are looked at at a time.
const maxHeads = 64

// Close removes what is on disk.
func (p *Prover) Close() error { return errors.Join(p.held.Close(), p.wanted.Close()) }

// held is a pair on disk, and the checksums of its source.
type held struct {
	By      string // place of its source, then of its target
	Outcome reconcile.Outcome
	Source  []Sum
}

// Hold takes a pair whose content checksums may prove, or prove wrong. It reports
// whether it has: what it has not is none of its business.
func (p *Prover) Hold(o *reconcile.Outcome) (bool, error) {
	pair := o.Status == reconcile.Present && o.TargetSeen && o.Source.Key != "" && o.Target.Key != ""
	if !pair || !p.concerns(o) {
		return false, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return true, p.held.Put(&held{By: place(o.Source.Bucket, o.Source.Key), Outcome: *o})
}

// concerns reports whether a pair is in the reports, or to be proved.
func (p *Prover) concerns(o *reconcile.Outcome) bool {
	if o.Unproved() && (p.opts.Wanted != nil || !p.opts.Sums.Empty()) {
		return true
	}
	return p.opts.Sums.MayHave(o.Source.Location) && p.opts.Sums.MayHave(o.Target.Location)
}

// Settle gives back every pair that is held, by several goroutines at a time. why
// is what has ended the audit early, nil where it is complete: then the pairs are
// given back as they came.
func (p *Prover) Settle(ctx context.Context, why error, emit func(reconcile.Outcome) error) error {
	if why != nil || p.opts.Sums.Empty() {
		return p.release(why == nil, emit)
	}
	halves := newSorter(p.opts.TempDir, "pairs")
	defer halves.Close()
	if err := p.joinSources(halves); err != nil { // nothing has been given back yet
		return errors.Join(err, p.release(false, emit))
	}
	err := p.join(halves, func(h *held, found []Sum) error {
		if ctx.Err() != nil {
			return p.giveBack(&h.Outcome, false, emit)
		}
		return p.judge(ctx, h, found, emit)
	})
	if failed := p.heads.Wait(); err == nil {
		err = failed
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return err
}

// joinSources gives every pair the checksums of its source, and sorts the pairs by
// the places of their targets.
func (p *Prover) joinSources(halves *extsort.Sorter) error {
	return p.join(p.held, func(h *held, found []Sum) error {
		target := h.Outcome.Target
		return halves.Put(&held{place(target.Bucket, target.Key), h.Outcome, found})
	})
}

// release gives every pair back as it came.
func (p *Prover) release(want bool, emit func(reconcile.Outcome) error) error {
	return p.held.Each(extsort.As(func(h held) error { return p.giveBack(&h.Outcome, want, emit) }))
}

// join calls take with every pair of s, which is take's to keep, and the checksums
// of the place that it is sorted by.
func (p *Prover) join(s *extsort.Sorter, take func(*held, []Sum) error) error {
	sums, err := newCursor(p.opts.Sums.rows)
	if err != nil {
		return err
	}
	return s.Each(extsort.As(func(h held) error {
		found, err := sums.at(h.By)
		if err != nil {
			return err
		}
		return take(&h, found)
	}))
}

// giveBack emits a pair as it came, and notes that it is to be proved.
func (p *Prover) giveBack(o *reconcile.Outcome, want bool, emit func(reconcile.Outcome) error) error {
	if want && o.Unproved() && p.opts.Wanted != nil && p.opts.Wanted(o.Source.Key) {
		if err := p.want(&o.Source, &o.Target); err != nil {
			return err
		}
	}
	return emit(*o)
}

// head asks HEAD about an object, which is nil where there is none.
func (p *Prover) head(ctx context.Context, at reconcile.Location) (*reconcile.Object, error) {
	var d reconcile.Detail
	at.VersionID = ""
	_, err := p.opts.Retry.Do(ctx, at.Bucket, func() error {
		permit, err := p.opts.Limiter.Acquire(ctx)
		if err != nil {
			return err
		}
		d, err = p.store.Head(ctx, at)
		p.opts.Limiter.Release(permit, err)
		return err
	})
	switch {
	case errors.Is(err, reconcile.NotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	o := d.Object
	if d.Version != "null" {
		o.VersionID = d.Version
	}
	return &o, nil
}
