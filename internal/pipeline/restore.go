package pipeline

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
	"reconcile/internal/restore"
)

// Restore asks for readable copies of what is missing from the archives, and
// copies nothing: every object listed is in the report as one outcome. The
// error says why the run is not complete, as Run's does.
func (j *Job) RestoreMissing(ctx context.Context) (Result, error) {
	if j.Waiting.Sleep == nil {
		j.Waiting.Sleep = sleep
	}
	missing := restore.NewSet(j.Scan.TempDir)
	defer missing.Close()
	defer j.watch()()
	result, err := j.begin(ctx, missing)
	asker := j.asker()
	var b *batching
	if err == nil {
		b, err = j.newBatching(ctx, missing, asker)
		defer b.close()
	}
	if b != nil && err == nil {
		err = j.restoreByJob(ctx, missing, asker, b)
	} else {
		err = j.each(ctx, missing, err, func(p restore.Pending) error { return j.add(j.ask(ctx, asker, p)) })
	}
	b.refund(asker)
	spent := asker.Spent()
	result.Spent = &spent
	j.sum(ctx, result, &err)
	return *result, err
}

// Stand looks where everything is that is missing from the archives, and asks
// for nothing.
func (j *Job) Stand(ctx context.Context) (Result, error) {
	missing := restore.NewSet(j.Scan.TempDir)
	defer missing.Close()
	defer j.watch()()
	result, err := j.begin(ctx, missing)
	err = j.each(ctx, missing, err, func(p restore.Pending) error { return j.add(j.stands(p)) })
	j.sum(ctx, result, &err)
	return *result, err
}

// stands is where one object is.
func (j *Job) stands(p restore.Pending) reconcile.Outcome {
	o := outcomeOf(p)
	state := restore.StateOf(p.Source, j.Restore.Days, j.Copy.Now())
	switch state {
	case restore.Restoring:
		o.Status, o.ErrorKind = reconcile.InRestore, reconcile.Unreadable
	case restore.Readable, restore.NotArchived:
		o.Status = reconcile.Readable
	case restore.TooShort:
		o.Status, o.Message = reconcile.Readable, fmt.Sprintf("%s: until %s", state, p.Source.Restore.Expiry.Format(time.RFC3339))
	default:
		o.Status = reconcile.Missing
	}
	if o.Message == "" && o.Status != reconcile.Readable {
		o.Message = string(state)
	}
	return o
}

// asker sends the requests of one run.
func (j *Job) asker() *restore.Asker {
	return restore.NewAsker(j.Store, j.Restore, j.Copy.Retry, limiter.New(j.Copy.Concurrency, j.Copy.Floor, j.Copy.Ceiling))
}

// atATime is how many objects wait for the answer to a restore request at a
// time: at 1,000 requests a second and up to 250 ms each.
const atATime = 256

// each calls do with each pending object, many at a time and in about the order
// of their keys. Once why is not nil, or ctx has ended, the objects leave as
// not reached instead. It returns why.
func (j *Job) each(ctx context.Context, set *restore.Set, why error, do func(restore.Pending) error) error {
	var g errgroup.Group
	g.SetLimit(atATime)
	err := set.Each(func(p restore.Pending) error {
		if why == nil && ctx.Err() != nil {
			why = context.Cause(ctx)
		}
		if why != nil {
			return j.add(j.unreached(p, why))
		}
		g.Go(func() error { return do(p) })
		return nil
	})
	if failed := g.Wait(); err == nil {
		err = failed
	}
	if why != nil {
		return why
	}
	return err
}

// sum fills in what a run came to.
func (j *Job) sum(ctx context.Context, result *Result, err *error) {
	result.Summary = j.Report.Summary()
	if *err == nil && result.Summary.Counts[reconcile.Canceled] > 0 {
		*err = context.Cause(ctx)
	}
	result.Summary.Requests = j.Store.Requests()
}

// ask does about one object what a restore does.
func (j *Job) ask(ctx context.Context, asker *restore.Asker, p restore.Pending) reconcile.Outcome {
	began := j.Copy.Now()
	var a restore.Answer
	switch restore.StateOf(p.Source, j.Restore.Days, began) {
	case restore.Readable:
		return j.enough(p)
	case restore.NotArchived: // a run brings it back; nothing can be asked for
		o := outcomeOf(p)
		o.Status, o.Message = reconcile.Readable, "not archived: it can be copied as it is"
		return o
	case restore.TooShort:
		a = asker.Extend(ctx, p.Source)
	case restore.Restoring:
		if !j.Restore.Upgrade {
			return j.answered(p, restore.Answer{State: restore.Restoring}, began)
		}
		a = asker.Quicken(ctx, p.Source)
	default:
		a = asker.Ask(ctx, p.Source)
	}
	return j.answered(p, a, began)
}

func (j *Job) enough(p restore.Pending) reconcile.Outcome {
	o := outcomeOf(p)
	o.Status = reconcile.Readable
	return o
}

// answered is the outcome of an object that was asked for.
func (j *Job) answered(p restore.Pending, a restore.Answer, began time.Time) reconcile.Outcome {
	o := outcomeOf(p)
	o.Attempts, o.Elapsed = a.Attempts, j.Copy.Now().Sub(began)
	switch {
	case a.Err != nil:
		return j.refused(o, a.Err)
	case a.Asked:
		o.Status = reconcile.Requested
	default:
		o.Status, o.ErrorKind, o.Message = reconcile.InRestore, reconcile.Unreadable, "the restore is under way"
	}
	return o
}

// refused is the outcome of an object that could not be asked for.
func (j *Job) refused(o reconcile.Outcome, err error) reconcile.Outcome {
	o.Status, o.ErrorKind, o.Message = reconcile.Failed, reconcile.KindOf(err), err.Error()
	o.ErrorCode, _ = reconcile.CodeOf(err)
	o.ErrorBucket = o.Source.Bucket
	switch {
	case stopped(err):
		o.Status, o.ErrorKind, o.Message = reconcile.Canceled, "", fmt.Sprintf("interrupted: %v", err)
		o.ErrorCode, o.ErrorBucket = "", ""
	case o.ErrorKind == reconcile.Budget:
		o.Status = reconcile.NotRestored
	}
	return o
}
