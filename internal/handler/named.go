package handler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"reconcile/internal/event"
	"reconcile/internal/job"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
)

// namedObjects are the objects that an event names, and what became of them.
type namedObjects struct {
	event.Event
	objects  []event.Named
	outcomes []reconcile.Outcome // by item
	known    bool                // the outcomes are filled in
}

// UnhandledError is what kept an event from being handled at all.
type UnhandledError struct{ error }

// named does what an event asks for that names objects.
func (h *Handler) named(ctx context.Context, log *slog.Logger, ev event.Event) Handled {
	logItems(log, ev)
	n := &namedObjects{Event: ev, objects: ev.Objects(), outcomes: make([]reconcile.Outcome, len(ev.Items))}
	result := job.Result{State: job.Complete}
	if len(n.objects) > 0 { // else there is nothing to lock, to copy and to report
		result = h.reconcile(ctx, log, n)
		if !n.known && h.Function && result.State == job.Locked {
			n.postpone(result.Err)
		}
		if !n.known {
			return Handled{Failed: &UnhandledError{reason(result)}, Result: result}
		}
	}
	answer, failed := event.Answer(ev, n.outcomes)
	if result.State == job.Incomplete {
		failed = &UnhandledError{reason(result)} // a report that did not arrive proves nothing: all of it has to come again
	}
	if result.State == job.Complete && event.Failed(ev, n.outcomes) != nil {
		result.State, result.Err = job.Unsettled, n.unsettled()
	}
	return Handled{Answer: answer, Failed: failed, Result: result}
}

// reason is why a job came to what it came to.
func reason(result job.Result) error {
	switch {
	case result.Err != nil:
		return result.Err
	case result.Signal != nil:
		return result.Signal
	}
	return errors.New(string(result.State))
}

// reconcile finds out what becomes of the objects.
func (h *Handler) reconcile(ctx context.Context, log *slog.Logger, n *namedObjects) job.Result {
	j := h.job(ctx, h.Settings, log, h.Store)
	j.JournalOnDemand = h.Function
	found, result := j.Named(ctx, n.names())
	if found != nil {
		n.fill(found)
	}
	return result
}

func (n *namedObjects) names() []pipeline.Named {
	all := make([]pipeline.Named, len(n.objects))
	for i, o := range n.objects {
		all[i] = pipeline.Named{Location: o.Location, Alternate: o.Alternate}
	}
	return all
}

// fill gives each item the outcome of the object that it names.
func (n *namedObjects) fill(found []reconcile.Outcome) {
	for i, o := range n.objects {
		for _, item := range o.Items {
			n.outcomes[item] = found[i]
		}
	}
	n.known = true
}

// postpone makes canceled outcomes of what another run keeps this one from
// doing: the objects have to come again.
func (n *namedObjects) postpone(why error) {
	found := make([]reconcile.Outcome, len(n.objects))
	for i, o := range n.objects {
		found[i] = reconcile.Outcome{
			Source: reconcile.Object{Location: o.Location}, Status: reconcile.Canceled, Message: why.Error(),
		}
	}
	n.fill(found)
}

// unsettled says that items failed.
func (n *namedObjects) unsettled() error {
	failed := 0
	for i, item := range n.Items {
		if item.Malformed != nil || item.Named() && event.Fails(n.outcomes[i].Status) {
			failed++
		}
	}
	return fmt.Errorf("%d of %d items of the event failed", failed, len(n.Items))
}

// logItems names what the event asks nothing for, and what cannot be read.
func logItems(log *slog.Logger, ev event.Event) {
	log.Info("event received", "protocol", string(ev.Protocol), "items", len(ev.Items))
	for _, item := range ev.Items {
		switch {
		case item.Malformed != nil:
			log.Warn("an item of the event cannot be read", "why", item.Malformed.Error())
		case item.Ignored != "":
			log.Info("ignored", "source", item.Location.String(), "why", item.Ignored)
		}
	}
}
