package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/restore"
)

// byJob has a job ask for what is missing. Extensions, and what a job
// cannot ask for, are asked for directly. What the job has asked for is known
// once it has ended, which is waited for where that is wanted.
func (r *restoring) byJob(ctx context.Context) error {
	b := r.batch
	wave := restore.NewKeys(r.Scan.TempDir) // with those of an earlier job
	defer wave.Close()
	direct := restore.NewSet(r.Scan.TempDir)
	defer direct.Close()
	now := r.Copy.Now()
	err := r.missing.Each(func(p restore.Pending) error {
		if restore.StateOf(p.Source, r.Restore.Days, now) != restore.Cold {
			return direct.Add(p)
		}
		_, earlier, err := b.earlier.Find(p.Source.Key)
		switch {
		case err != nil:
			return err
		case !earlier && !b.takes(p.Source.StorageClass):
			return direct.Add(p)
		case earlier:
			by := ""
			if b.begun {
				by = paid
			}
			return wave.Add(p.Source.Key, by)
		}
		if err := b.add(r.asker, p.Source); err != nil {
			if reconcile.KindOf(err) != reconcile.Budget {
				return err
			}
			return r.add(refused(outcomeOf(p), err))
		}
		return wave.Add(p.Source.Key, paid)
	})
	if err == nil {
		err = b.submit(ctx, now)
	}
	if err == nil {
		err = r.awaitJob(ctx)
	}
	err = r.each(ctx, direct, err, func(p restore.Pending) error { return r.add(r.ask(ctx, p)) })
	return r.toldByJob(wave, err)
}

// awaitJob waits for the job to end, where that is wanted.
func (r *restoring) awaitJob(ctx context.Context) error {
	b := r.batch
	for b.open && r.Waiting.ForJob {
		if err := b.look(ctx, r.Copy.Now(), r.Waiting.Poll, r.Log); err != nil || !b.open {
			return err
		}
		if err := r.Waiting.Sleep(ctx, time.Duration(max(b.lookAt.Sub(r.Copy.Now()), 0))); err != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// paid marks the keys that this run has reserved something of the budget for.
const paid = "paid"

// toldByJob gives the objects of a job their outcomes. It returns why.
func (r *restoring) toldByJob(wave *restore.Keys, why error) error {
	err := r.missing.Each(func(p restore.Pending) error {
		by, in, err := wave.Find(p.Source.Key)
		if !in || err != nil {
			return err
		}
		text, told, err := r.batch.told.Find(p.Source.Key)
		if err != nil {
			return err
		}
		o, asked := r.outcomeByJob(p, text, told, why)
		if !asked && by == paid {
			r.asker.Unreserve(p.Source)
		}
		return r.add(o)
	})
	return cmp.Or(why, err)
}

// outcomeByJob is what became of an object of a job, as far as is known; told is
// what the job's report says of it, and text. asked is false where it may not have
// been asked for.
func (r *restoring) outcomeByJob(p restore.Pending, text string, told bool, why error) (o reconcile.Outcome, asked bool) {
	o = outcomeOf(p)
	b := r.batch
	switch {
	case text != "":
		return refusedByJob(p, text), false
	case told:
	case why != nil && (b.unsent || b.state.Failure != nil):
		return r.unreached(p, why), false
	case why == nil && !b.open:
		return failed(p, reconcile.Other, fmt.Sprintf("the report of job %s does not say whether it was asked for", b.state.ID)), true
	}
	o.Status = reconcile.Requested
	return o, true
}
