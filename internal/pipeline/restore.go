package pipeline

import (
	"cmp"
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
	r := j.newRestoring()
	defer r.close()
	defer r.watch()()
	result, err := r.begin(ctx)
	if err == nil {
		err = r.openJobs(ctx, result.StartedAt)
	}
	if r.batch != nil && err == nil {
		err = r.byJob(ctx)
	} else {
		err = r.each(ctx, r.missing, err, func(p restore.Pending) error { return r.add(r.ask(ctx, p)) })
	}
	r.batch.refund(r.asker)
	spent := r.asker.Spent()
	result.Spent = &spent
	r.sum(ctx, result, &err)
	return *result, err
}

// Stand looks where everything is that is missing from the archives, and asks
// for nothing.
func (j *Job) Stand(ctx context.Context) (Result, error) {
	r := j.newRestoring()
	defer r.close()
	defer r.watch()()
	result, err := r.begin(ctx)
	err = r.each(ctx, r.missing, err, func(p restore.Pending) error { return r.add(r.stands(p)) })
	r.sum(ctx, result, &err)
	return *result, err
}

// restoring is a run that brings back what is missing from the archives.
type restoring struct {
	*run
	missing *restore.Set
	asker   *restore.Asker // nil until it has begun
	batch   *batching      // nil: restores are asked for one by one
}

func (j *Job) newRestoring() *restoring {
	if j.Waiting.Sleep == nil {
		j.Waiting.Sleep = sleep
	}
	return &restoring{run: j.newRun(), missing: restore.NewSet(j.Scan.TempDir)}
}

// close gives up what is on disk.
func (r *restoring) close() {
	r.batch.close()
	r.missing.Close()
}

// stands is where one object is.
func (r *restoring) stands(p restore.Pending) reconcile.Outcome {
	o := outcomeOf(p)
	state := restore.StateOf(p.Source, r.Restore.Days, r.Copy.Now())
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

// begin surveys, and has what was found confirmed before anything is asked for
// or written.
func (r *restoring) begin(ctx context.Context) (*Result, error) {
	result := &Result{StartedAt: r.Copy.Now()}
	survey, c, err := r.survey(ctx, r.missing)
	result.Survey, result.Notes = &survey, c.Notes()
	if err == nil {
		result.Notes = append(result.Notes, r.unmatched()...)
	}
	if err == nil && r.Confirm != nil {
		resume := r.Meter.Pause()
		err = r.Confirm(ctx, survey)
		resume()
	}
	r.asker = restore.NewAsker(r.Store, r.Restore, r.Copy.Retry, limiter.New(r.Copy.Concurrency, r.Copy.Floor, r.Copy.Ceiling))
	return result, err
}

// atATime is how many objects wait for the answer to a restore request at a
// time: at 1,000 requests a second and up to 250 ms each.
const atATime = 256

// each calls do with each pending object, many at a time and in about the order
// of their keys. Once why is not nil, or ctx has ended, the objects leave as
// not reached instead. It returns why.
func (r *restoring) each(ctx context.Context, set *restore.Set, why error, do func(restore.Pending) error) error {
	var g errgroup.Group
	g.SetLimit(atATime)
	err := set.Each(func(p restore.Pending) error {
		if why == nil && ctx.Err() != nil {
			why = context.Cause(ctx)
		}
		if why != nil {
			return r.add(r.unreached(p, why))
		}
		g.Go(func() error { return do(p) })
		return nil
	})
	err = cmp.Or(err, g.Wait())
	return cmp.Or(why, err)
}

// ask does about one object what a restore does.
func (r *restoring) ask(ctx context.Context, p restore.Pending) reconcile.Outcome {
	began, o := r.Copy.Now(), outcomeOf(p)
	var a restore.Answer
	switch restore.StateOf(p.Source, r.Restore.Days, began) {
	case restore.Readable:
		o.Status = reconcile.Readable
		return o
	case restore.NotArchived: // a run brings it back; nothing can be asked for
		o.Status, o.Message = reconcile.Readable, "not archived: it can be copied as it is"
		return o
	case restore.TooShort:
		a = r.asker.Extend(ctx, p.Source)
	case restore.Restoring:
		if !r.Restore.Upgrade {
			return r.answered(p, restore.Answer{State: restore.Restoring}, began)
		}
		a = r.asker.Quicken(ctx, p.Source)
	default:
		a = r.asker.Ask(ctx, p.Source)
	}
	return r.answered(p, a, began)
}

// answered is the outcome of an object that was asked for.
func (r *restoring) answered(p restore.Pending, a restore.Answer, began time.Time) reconcile.Outcome {
	o := outcomeOf(p)
	o.Attempts, o.Elapsed = a.Attempts, r.Copy.Now().Sub(began)
	switch {
	case a.Err != nil:
		return refused(o, a.Err)
	case a.Asked:
		o.Status = reconcile.Requested
	default:
		o.Status, o.ErrorKind, o.Message = reconcile.InRestore, reconcile.Unreadable, "the restore is under way"
	}
	return o
}

// refused is the outcome of an object that could not be asked for.
func refused(o reconcile.Outcome, err error) reconcile.Outcome {
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

// unreached is the outcome of an object that nothing was done about.
func (r *restoring) unreached(p restore.Pending, why error) reconcile.Outcome {
	o := outcomeOf(p)
	o.Status, o.Message = reconcile.Canceled, "not reached: "+why.Error()
	if restore.StateOf(p.Source, r.Restore.Days, r.Copy.Now()) == restore.Restoring {
		o.Status, o.ErrorKind, o.Message = reconcile.InRestore, reconcile.Unreadable, "the restore is under way: "+why.Error()
	}
	return o
}
