package merge

import (
	"fmt"
	"slices"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// group is all that is said of one object.
type group struct {
	object object
	best   [guessed + 1]*report.Row
	plans  []report.Row // all that plan it
	from   []int        // the reports that have it
	differ bool         // some report has seen another content in its archive
}

// add takes one more record. Those of plans come first.
func (g *group) add(c claim, from int, r report.Row) {
	if from > 0 && !slices.Contains(g.from, from) {
		g.from = append(g.from, from)
	}
	if c == planned {
		g.plans = append(g.plans, r)
	} else {
		g.contradict(&r)
		g.differ = g.differ || r.Status == reconcile.Differs
	}
	if old := g.best[c]; old == nil || Compare(&r, old) > 0 {
		g.best[c] = &r
	}
}

// contradict makes a failure of a result that is about something else than was
// planned: another version of the object, or another target.
func (g *group) contradict(r *report.Row) {
	if !r.Success {
		return
	}
	why := ""
	for i := range g.plans {
		if why = contradiction(&g.plans[i], r); why == "" {
			return
		}
	}
	if why == "" {
		return
	}
	r.ErrMsg = fmt.Sprintf("a worker reported it %s, but %s", r.Status, why)
	r.Status, r.Success, r.ErrorKind = reconcile.Failed, false, report.Text(reconcile.Changed)
}

// contradiction says in what a result is not about what was planned. What either
// does not say contradicts nothing.
func contradiction(plan, r *report.Row) string {
	switch {
	case plan.SizeBytes != nil && r.SizeBytes != nil && *plan.SizeBytes != *r.SizeBytes:
		return fmt.Sprintf("with %d bytes, and it was planned with %d", *r.SizeBytes, *plan.SizeBytes)
	case other(plan.ETag, r.ETag) && !reconcile.SameETag(string(plan.ETag), string(r.ETag)):
		return fmt.Sprintf("with the ETag %s, and it was planned with %s", r.ETag, plan.ETag)
	case other(plan.TargetBucket, r.TargetBucket), other(plan.TargetKey, r.TargetKey):
		return fmt.Sprintf("at s3://%s/%s, and it was planned for s3://%s/%s", r.TargetBucket, r.TargetKey, plan.TargetBucket, plan.TargetKey)
	}
	return ""
}

func other(a, b report.Text) bool { return a != "" && b != "" && a != b }

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
