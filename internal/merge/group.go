package merge

import (
	"fmt"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// group is all that is said of one object.
type group struct {
	object []byte // as records begin
	best   [guessed + 1]*report.Row
}

// add takes one more record.
func (g *group) add(c claim, r report.Row) {
	if old := g.best[c]; old == nil || Compare(&r, old) > 0 {
		g.best[c] = &r
	}
}

// settle returns the object's row, nil where none is due. withPlan says that
// there is a plan.
func (g *group) settle(withPlan bool) *report.Row {
	best := g.best[told]
	for _, c := range []claim{read, guessed} {
		if r := g.best[c]; r != nil && (g.best[planned] != nil || !withPlan && c == read) && (best == nil || Compare(r, best) > 0) {
			best = r
		}
	}
	if plan := g.best[planned]; plan != nil {
		return fulfil(plan, best)
	}
	return best
}

// unreported is the message of an object that was planned in vain.
const unreported = "it was planned, and nobody has reported it"

// fulfil holds what was told of an object against the plan. What the teller has
// left out the plan knows.
func fulfil(plan, best *report.Row) *report.Row {
	if best == nil {
		plan.ErrMsg = unreported
		return plan
	}
	r := *best
	for _, f := range []struct {
		into *report.Text
		from report.Text
	}{
		{&r.TargetBucket, plan.TargetBucket}, {&r.TargetKey, plan.TargetKey}, {&r.ETag, plan.ETag},
		{&r.StorageClass, plan.StorageClass}, {&r.RestoreExpiry, plan.RestoreExpiry},
	} {
		if *f.into == "" {
			*f.into = f.from
		}
	}
	if r.SizeBytes == nil {
		r.SizeBytes = plan.SizeBytes
	}
	switch r.Status {
	case reconcile.NotRestored, reconcile.InRestore, reconcile.Requested:
		// It could be read when it was planned: its restored copy has lapsed.
		r.ErrMsg = fmt.Sprintf("it could be read when it was planned, and the worker found it %s", r.Status)
		r.Status, r.Success, r.ErrorKind = reconcile.Failed, false, report.Text(reconcile.Unreadable)
	}
	return &r
}
