package pipeline

import (
	"context"
	"fmt"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/restore"
)

// restoreByJob has a job ask for what is missing. Extensions, and what a job
// cannot ask for, are asked for directly. What the job has asked for is known
// once it has ended, which is waited for where that is wanted.
func (j *Job) restoreByJob(ctx context.Context, missing *restore.Set, asker *restore.Asker, b *batching) error {
	wave := restore.NewKeys(j.Scan.TempDir) // with those of an earlier job
	defer wave.Close()
	direct := restore.NewSet(j.Scan.TempDir)
	defer direct.Close()
	now := j.Copy.Now()
	err := missing.Each(func(p restore.Pending) error {
		if restore.StateOf(p.Source, j.Restore.Days, now) != restore.Cold {
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
		if err := b.add(asker, p.Source); err != nil {
			if reconcile.KindOf(err) != reconcile.Budget {
				return err
			}
			return j.add(j.refused(outcomeOf(p), err))
		}
		return wave.Add(p.Source.Key, paid)
	})
	if err == nil {
		err = b.submit(ctx, now)
	}
	if err == nil {
		err = j.awaitJob(ctx, b)
	}
	err = j.each(ctx, direct, err, func(p restore.Pending) error { return j.add(j.ask(ctx, asker, p)) })
	return j.toldByJob(missing, wave, asker, b, err)
}

// awaitJob waits for the job to end, where that is wanted.
func (j *Job) awaitJob(ctx context.Context, b *batching) error {
	for b.open && j.Waiting.ForJob {
		moved, err := b.look(ctx, j.Copy.Now(), j.Waiting.Poll)
		if moved {
			j.Log.Info("restores are asked for by a job", "job_id", b.state.ID, "status", b.state.Status, "done", b.state.Done, "failed", b.state.Failed)
		}
		if err != nil || !b.open {
			return err
		}
		if err := j.Waiting.Sleep(ctx, time.Duration(max(b.lookAt.Sub(j.Copy.Now()), 0))); err != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// paid marks the keys that this run has reserved something of the budget for.
const paid = "paid"

// toldByJob gives the objects of a job their outcomes. It returns why.
func (j *Job) toldByJob(missing *restore.Set, wave *restore.Keys, asker *restore.Asker, b *batching, why error) error {
	err := missing.Each(func(p restore.Pending) error {
		by, in, err := wave.Find(p.Source.Key)
		if !in || err != nil {
			return err
		}
		text, told, err := b.told.Find(p.Source.Key)
		if err != nil {
			return err
		}
		o, asked := j.outcomeByJob(p, b, text, told, why)
		if !asked && by == paid {
			asker.Unreserve(p.Source)
		}
		return j.add(o)
	})
	if why != nil {
		return why
	}
	return err
}

// outcomeByJob is what became of an object of a job, as far as is known; told is
// what the job's report says of it, and text. asked is false where it may not have
// been asked for.
func (j *Job) outcomeByJob(p restore.Pending, b *batching, text string, told bool, why error) (o reconcile.Outcome, asked bool) {
	o = outcomeOf(p)
	switch {
	case text != "":
		return refusedByJob(p, text), false
	case told:
	case why != nil && (b.unsent || b.state.Failure != nil):
		return j.unreached(p, why), false
	case why == nil && !b.open:
		o.Status, o.ErrorKind, o.ErrorBucket = reconcile.Failed, reconcile.Other, p.Source.Bucket
		o.Message = fmt.Sprintf("the report of job %s does not say whether it was asked for", b.state.ID)
		return o, true
	}
	o.Status = reconcile.Requested
	return o, true
}
