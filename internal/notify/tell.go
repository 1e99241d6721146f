package notify

import (
	"context"
	"slices"
	"sync"
)

// Notifier sends a run's notices to everybody who is to have them.
type Notifier struct {
	Targets   []Target
	On        []Event   // empty: End
	Publisher Publisher // nil: none
}

// Tell sends a notice to every target at once, where its event is one that is
// wanted, and returns what could not be delivered. It ends within Timeout.
func (n *Notifier) Tell(ctx context.Context, notice *Notice) []error {
	if len(n.Targets) == 0 || !n.wants(notice.at()) {
		return nil
	}
	return slices.DeleteFunc(n.Try(ctx, notice), func(err error) bool { return err == nil })
}

// Try sends a notice to every target at once, whatever its event, and returns
// what came of each; nil: it was taken. It ends within Timeout.
func (n *Notifier) Try(ctx context.Context, notice *Notice) []error {
	errs := make([]error, len(n.Targets))
	var all sync.WaitGroup
	for i, t := range n.Targets {
		all.Go(func() { errs[i] = t.Send(ctx, notice, n.Publisher) })
	}
	all.Wait()
	return errs
}

// wants: a problem is an end, too.
func (n *Notifier) wants(e Event) bool {
	if len(n.On) == 0 {
		return e != Start
	}
	return slices.Contains(n.On, e) || e == Problem && slices.Contains(n.On, End)
}
