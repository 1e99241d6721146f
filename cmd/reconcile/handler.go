package main

import (
	"context"
	"log/slog"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/copier"
	"reconcile/internal/event"
	"reconcile/internal/s3store"
)

// handler handles events: one, or those of a Lambda function one after the
// other, over the same connections and with what was learned of the servers.
type handler struct {
	program
	flags    []*config.Flag  // the settings as they were written
	settings config.Settings // for objects that an event names
	store    *s3store.Store
	learned  *copier.Learned
	function bool // as a Lambda function
}

// handled is what came of an event.
type handled struct {
	answer []byte // in the sender's protocol; nil: there is none
	failed error  // of the invocation: what the answer cannot say; its type's name is the error's in Lambda
	err    error  // of a command: its exit code
}

// InvalidEventError is a payload that is no event.
type InvalidEventError struct{ error }

func (h *handler) handle(ctx context.Context, log *slog.Logger, payload []byte) handled {
	ev, err := event.Decode(payload)
	switch {
	case err != nil:
		return handled{failed: &InvalidEventError{err}, err: usageError(err, "")}
	case ev.Run != nil:
		return h.whole(ctx, log, ev.Run.Options)
	}
	return h.named(ctx, log, ev)
}

// execution is a job of an event's, which ends before ctx does.
func (h *handler) execution(ctx context.Context, s config.Settings, log *slog.Logger, store *s3store.Store) *execution {
	end, ends := ctx.Deadline()
	if ends {
		end = end.Add(-answerMargin(time.Until(end)))
		s.Deadline = sooner(s.Deadline, time.Until(end))
	}
	e := newExecution(s, h.streams, log, store)
	e.before, e.learned, e.end = store.Requests(), h.learned, end
	if h.function { // whose log has the lines of many
		e.log = log.With("run", e.id)
	}
	return e
}

// answerMargin is how long before its end an invocation must be through, so
// that the answer still reaches the runtime.
func answerMargin(left time.Duration) time.Duration {
	return min(500*time.Millisecond, left/10)
}

// sooner returns the shorter of two deadlines, of which the first may be 0 for
// none and the second may have passed.
func sooner(deadline, left time.Duration) time.Duration {
	left = max(left, time.Nanosecond)
	if deadline == 0 {
		return left
	}
	return min(deadline, left)
}
