package restore

import (
	"context"
	"errors"

	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// Store sends restore requests. A failed one is a *reconcile.Error.
type Store interface {
	Restore(ctx context.Context, r reconcile.RestoreRequest) (readable bool, err error)
}

// Answer is what became of a request for one object.
type Answer struct {
	State    State // Restoring: it was asked for, or had been; Readable: its readable copy stays longer; Cold: not asked for
	Asked    bool  // this request has begun, extended or quickened something
	Attempts int
	Err      error // why it was not asked for; of kind Budget: the budget
}

// Asker sends restore requests, at a rate and within a budget. It is safe for
// concurrent use.
type Asker struct {
	store   Store
	opts    Options
	retry   *retry.Retrier
	limiter *limiter.Limiter
	pace    *pace
	purse   purse
	// refusals keeps what is refused systematically from being asked for each
	// object.
	refusals limiter.Refusals
}

// NewAsker returns an Asker. The limiter bounds the requests in flight.
func NewAsker(s Store, o Options, r *retry.Retrier, l *limiter.Limiter) *Asker {
	return &Asker{store: s, opts: o, retry: r, limiter: l, pace: newPace(o.Rate), purse: purse{budget: o.Budget}}
}

// Spent is what was asked for so far.
func (a *Asker) Spent() Spent { return a.purse.total() }

// Ask asks for an archived object.
func (a *Asker) Ask(ctx context.Context, o reconcile.Object) Answer {
	if err := a.Reserve(o); err != nil {
		return Answer{State: Cold, Err: err}
	}
	answer := a.send(ctx, o, a.opts)
	if !answer.Asked {
		a.Unreserve(o)
	}
	return answer
}

// Reserve spends what the object's restore takes of the budget, for somebody else
// to ask for it. The error is of kind Budget.
func (a *Asker) Reserve(o reconcile.Object) error {
	return a.reserve(o, 0)
}

func (a *Asker) reserve(o reconcile.Object, fee float64) error {
	return overBudget(o, a.purse.take(1, o.Size, a.opts.Budget.price(o)+fee))
}

// overBudget is the error of an object that is not asked for; nil for nil.
func overBudget(o reconcile.Object, err error) error {
	if err == nil {
		return nil
	}
	return &reconcile.Error{Op: "RestoreObject", Location: o.Location, Kind: reconcile.Budget, Err: err}
}

// ReserveInJob is Reserve for an object that a job asks for; first says that it is
// the job's first, which pays the job's fee too.
func (a *Asker) ReserveInJob(o reconcile.Object, first bool) error {
	fee := 0.0
	if first {
		fee = a.opts.Budget.Job
	}
	return a.reserve(o, fee)
}

// UnreserveJob takes back the fee of a job that was not made.
func (a *Asker) UnreserveJob() { a.purse.giveBack(0, 0, a.opts.Budget.Job) }

// Unreserve takes back what the object's restore would have taken.
func (a *Asker) Unreserve(o reconcile.Object) {
	a.purse.giveBack(1, o.Size, a.opts.Budget.price(o))
}

// Extend asks that a readable copy stays for longer. Nothing is retrieved for
// it: it costs its request, and the copy for as long as it stays.
func (a *Asker) Extend(ctx context.Context, o reconcile.Object) Answer {
	cost := a.opts.Budget.longer(o)
	if err := overBudget(o, a.purse.take(0, 0, cost)); err != nil {
		return Answer{State: Readable, Err: err}
	}
	longer := a.opts
	longer.Tier = "" // nothing is retrieved
	answer := a.send(ctx, o, longer)
	if !answer.Asked {
		a.purse.giveBack(0, 0, cost)
	}
	return answer
}

// Quicken asks for the tier where a slower restore is under way. S3 refuses
// what is not faster, which changes nothing.
func (a *Asker) Quicken(ctx context.Context, o reconcile.Object) Answer {
	return a.Ask(ctx, o)
}

func (a *Asker) send(ctx context.Context, o reconcile.Object, opts Options) Answer {
	answer := Answer{State: Cold}
	req, err := opts.Request(o)
	if err != nil {
		answer.Err = err
		return answer
	}
	try := limiter.Attempt{Bucket: o.Bucket, What: "RestoreObject of " + o.StorageClass} // one class may not be offered what another is
	var readable, lost bool
	answer.Attempts, err = a.retry.Do(ctx, o.Bucket, func() error {
		permit, err := a.limiter.Acquire(ctx)
		if err != nil {
			return err
		}
		if err = a.refusals.Hopeless(try, o.Key); err == nil {
			err = a.pace.wait(ctx)
		}
		if err != nil {
			a.limiter.Unused()
			return err
		}
		readable, err = a.store.Restore(ctx, req)
		a.limiter.Release(permit, err)
		lost = lost || err != nil && reconcile.MayHaveActed(err)
		return err
	})
	if underWay(err) {
		a.refusals.Note(try, o.Key, nil) // an answer is no refusal
	} else {
		a.refusals.Note(try, o.Key, err)
	}
	switch {
	case err == nil && readable:
		answer.State, answer.Asked = Readable, true
	case err == nil:
		answer.State, answer.Asked = Restoring, true
	case underWay(err):
		answer.State, answer.Asked = Restoring, lost // by the sending whose answer was lost
	default:
		answer.Err = err
	}
	return answer
}

// underWay reports whether a request was refused because somebody has asked
// already.
func underWay(err error) bool {
	var e *reconcile.Error
	return errors.As(err, &e) && e.Code == reconcile.CodeRestoreInProgress
}
