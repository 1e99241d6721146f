package pipeline

import (
	"context"
	"fmt"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/restore"
	"reconcile/internal/selection"
)

// reportIn has the next report of how far the recovery is made after d; zero:
// there is to be none.
func (r *recovery) reportIn(d time.Duration) {
	if d > 0 && r.job.SoFar != nil {
		r.reportAt = r.job.Copy.Now().Add(d)
	}
}

// reportSoFar hands on a report of how far the recovery is, if it is time for
// one. That it cannot be made changes nothing of the recovery.
func (r *recovery) reportSoFar(ctx context.Context) {
	if r.reportAt.IsZero() || r.job.Copy.Now().Before(r.reportAt) || ctx.Err() != nil {
		return
	}
	r.reportIn(r.job.Waiting.Report)
	if err := r.report(ctx); err != nil {
		r.job.Log.Warn("there is no report of how far the recovery is", "err", err)
	}
}

func (r *recovery) report(ctx context.Context) error {
	r.settling.Lock()
	rep, sums, err := r.snapshot()
	r.settling.Unlock()
	if err != nil {
		return err
	}
	defer rep.Close()
	if sums != nil {
		defer sums.Close()
		rep.SetGranules(sums.WriteJSON)
	}
	spent := r.asker.Spent()
	r.mu.Lock()
	waited := r.waited
	r.mu.Unlock()
	r.job.SoFar(ctx, rep, Result{Spent: &spent, Waiting: &waited, Summary: rep.Summary()})
	return nil
}

// snapshot has every object once: what has its outcome, what is pending and what
// is being copied.
func (r *recovery) snapshot() (*report.Report, *selection.Rollup, error) {
	rep, err := r.job.Report.Snapshot()
	if err != nil {
		return nil, nil, err
	}
	var sums *selection.Rollup
	if r.job.Granules != nil {
		if sums, err = r.job.Granules.Snapshot(); err != nil {
			rep.Close()
			return nil, nil, err
		}
	}
	if err = r.unsettled(func(o reconcile.Outcome) error {
		if err := r.job.rollInto(sums, &o); err != nil {
			return err
		}
		return rep.Add(o)
	}); err != nil {
		rep.Close()
		if sums != nil {
			sums.Close()
		}
	}
	return rep, sums, err
}

// unsettled calls add with where each object is that has no outcome yet.
func (r *recovery) unsettled(add func(reconcile.Outcome) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.pending.SoFar(func(p restore.Pending) error {
		o := r.job.stands(r.asKnown(p))
		if o.Status == reconcile.Missing && p.Held {
			o.Message = fmt.Sprintf("%s: not asked for yet, so much is on the way", o.Message)
		}
		return add(o)
	})
	for _, p := range r.copying {
		o := outcomeOf(p)
		o.Status, o.Message = reconcile.Readable, "it is being copied"
		if err == nil {
			err = add(o)
		}
	}
	return err
}

// idle waits for the copies alone, at most until a report is due. That time is
// the clock's on the wall: nothing else passes meanwhile.
func (r *recovery) idle(roused context.Context) {
	if r.reportAt.IsZero() {
		<-roused.Done()
		return
	}
	_ = sleep(roused, r.reportAt.Sub(r.job.Copy.Now())) // what ended it is looked at next
}
