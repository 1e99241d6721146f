package main

import (
	"context"
	"fmt"
	"log/slog"

	"reconcile/internal/config"
	"reconcile/internal/event"
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
func (h *handler) named(ctx context.Context, log *slog.Logger, ev event.Event) handled {
	logItems(log, ev)
	n := &namedObjects{Event: ev, objects: ev.Objects(), outcomes: make([]reconcile.Outcome, len(ev.Items))}
	var err error
	if len(n.objects) > 0 { // else there is nothing to lock, to copy and to report
		err = h.reconcile(ctx, log, n)
		if !n.known && h.function && exitCode(err) == exitLocked {
			n.postpone(err)
		}
		if !n.known {
			return handled{failed: &UnhandledError{err}, err: err}
		}
	}
	answer, failed := event.Answer(ev, n.outcomes)
	if exitCode(err) == exitIncomplete {
		failed = &UnhandledError{err} // a report that did not arrive proves nothing: all of it has to come again
	}
	if err == nil && event.Failed(ev, n.outcomes) != nil {
		err = n.unsettled(h.settings.Quiet)
	}
	return handled{answer: answer, failed: failed, err: err}
}

// reconcile finds out what becomes of the objects.
func (h *handler) reconcile(ctx context.Context, log *slog.Logger, n *namedObjects) error {
	s := h.settings
	s.Policy.IncludeOnline = true // it is named: that its class needs no restore is no reason to leave it
	s.Shard = config.Shard{}      // there is nothing to divide
	journalAt := s.JournalAt
	if h.function { // opened when there is need for it
		s.JournalAt = reconcile.Location{}
	}
	e := h.execution(ctx, s, log, h.store)
	ctx, stop := untilDeadline(ctx, e.Deadline)
	defer stop()
	if h.function && journalAt.Key != "" {
		ctx, stop = e.journalOnDemand(ctx, journalAt)
		defer stop()
	}
	e.work = func(ctx context.Context, j *pipeline.Job) (pipeline.Result, error) {
		found, result, err := j.RunNamed(ctx, n.names())
		n.fill(found)
		return result, err
	}
	return e.begin(ctx)
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

// unsettled says by an exit code that items failed, and in a quiet run in
// words too.
func (n *namedObjects) unsettled(quiet bool) error {
	failed := 0
	for i, item := range n.Items {
		if item.Malformed != nil || item.Named() && event.Fails(n.outcomes[i].Status) {
			failed++
		}
	}
	exit := &exitError{code: exitUnsettled}
	if quiet {
		exit.err = fmt.Errorf("%d of %d items of the event failed", failed, len(n.Items))
	}
	return exit
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
