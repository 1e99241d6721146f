package audit

import (
	"context"
	"errors"
	"sync/atomic"

	"reconcile/internal/catalog"
	"reconcile/internal/reconcile"
)

// outcomes hands outcomes on.
type outcomes struct {
	take    func(reconcile.Outcome) error
	refused atomic.Pointer[error] // why take has refused one; nil: it has not
}

// emit hands an outcome on, unless an earlier one was refused.
func (o *outcomes) emit(one reconcile.Outcome) error {
	if err := o.refusal(); err != nil {
		return err
	}
	err := o.take(one)
	if err != nil {
		o.refused.CompareAndSwap(nil, &err)
	}
	return err
}

func (o *outcomes) refusal() error {
	if err := o.refused.Load(); err != nil {
		return *err
	}
	return nil
}

// cancelAll lets the objects of the source leave as canceled.
func (o *outcomes) cancelAll(all []group, why error) {
	for _, g := range all {
		if g.source != nil {
			_ = o.emit(canceled(*g.source, reconcile.Object{}, why)) // an error stays, and is why already
		}
	}
}

// canceled is the outcome of an object that could not be settled any more.
func canceled(source, target reconcile.Object, why error) reconcile.Outcome {
	o := reconcile.Outcome{Source: source, Status: reconcile.Canceled, Message: "not reached: " + why.Error()}
	o.Target.Location = target.Location
	return o
}

// notThere is the outcome of an object without a copy at its place.
func notThere(source reconcile.Object, at reconcile.Location, by reconcile.Evidence) reconcile.Outcome {
	o := reconcile.Outcome{Source: source, Status: reconcile.Missing, Evidence: by, Message: "it is not in its archive bucket"}
	o.Target.Location = at
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

// tagged is an outcome with the granule that its object is a file of.
func tagged(e *catalog.Entry, o reconcile.Outcome) reconcile.Outcome {
	if e != nil {
		o.GranuleID, o.CollectionID = e.Granule, e.Collection
	}
	return o
}
