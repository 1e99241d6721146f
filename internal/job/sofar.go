package job

import (
	"context"
	"errors"
	"slices"

	"reconcile/internal/report"
)

// errGoesOn is why a report of how far a job is says that it is not complete.
var errGoesOn = errors.New("the run goes on, and replaces this report")

// reportSoFar writes a report of how far the job is to where its last one goes,
// which replaces it. What cannot be delivered is a warning: the last report is
// the one that counts. Standard output has room for that alone.
func (r *Running) reportSoFar(ctx context.Context, rep *report.Report, actual *report.Asked) {
	about := r.About
	about.Error = errGoesOn.Error()
	restores := 0.0
	if actual != nil && actual.Cost != nil {
		restores = *actual.Cost
	}
	about.Cost = r.spent(restores)
	plan := r.Plan
	if plan != nil {
		sofar := *plan
		sofar.Actual, plan = actual, &sofar
	}
	to := slices.DeleteFunc(slices.Clone(r.Reports), report.Destination.IsStdout)
	sinks := r.sinks()
	sinks.Passing = true
	if err := rep.Write(ctx, about, r.requests(), plan, to, sinks); err != nil {
		r.Log.Warn("a report of how far the run is was not delivered", "err", err)
		return
	}
	r.Log.Info("report of how far the run is", "reports", len(to))
}
