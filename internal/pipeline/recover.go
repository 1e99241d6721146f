package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/copier"
	"reconcile/internal/progress"
	"reconcile/internal/reconcile"
	"reconcile/internal/restore"
)

// recovery brings back what is missing: it asks, waits and copies until every
// object has its outcome. What it knows of an object beyond this run is what S3
// says of it, so that one which was killed is simply begun again.
type recovery struct {
	job    *restoring
	asker  *restore.Asker
	copier *copier.Copier
	copies chan reconcile.Decision
	began  time.Time
	out    outstanding

	// settling is held, shared, while an object goes from copying to the report
	// or back to pending: a report of how far the recovery is has each once.
	settling sync.RWMutex
	reportAt time.Time // when the next such report is due; zero: none is wanted

	mu      sync.Mutex
	pending *restore.Set // for the next pass
	copying map[reconcile.Location]restore.Pending
	held    bool // something waits for out to become less
	waited  Waited
	stirred bool              // there is something to do before the time
	rouse   func()            // ends the wait; nil: nobody waits
	silence reconcile.Silence // of the source's listing
	failed  int               // passes in a row whose listing failed
	blind   error             // of the last of them; nil: the last one listed what it had to
	events  *events
	batch   *batching // nil: restores are asked for one by one
}

// Recover restores what is missing from its archive and copies it as it
// arrives. The error says why the run is not complete, as Run's does.
func (j *Job) Recover(ctx context.Context) (Result, error) {
	j.Recovering()
	of := j.newRestoring()
	defer of.watch()()
	heard, err := listenIn(ctx, j)
	if err != nil {
		of.close()
		return Result{StartedAt: j.Copy.Now()}, err
	}
	result, err := of.begin(ctx)
	if err == nil {
		err = of.openJobs(ctx, result.StartedAt)
	}
	if err != nil {
		err = of.each(ctx, of.missing, err, nil)
		of.close()
		of.sum(ctx, result, &err)
		return *result, err
	}
	defer of.batch.close()
	j.Copy.Endless = true // it waits for its copies
	r := &recovery{
		job: of, asker: of.asker, batch: of.batch, copier: copier.New(j.Store, j.Store, j.Copy), copies: make(chan reconcile.Decision, queued),
		began: j.Copy.Now(), events: heard, pending: of.missing, copying: map[reconcile.Location]restore.Pending{},
		out: outstanding{most: j.Waiting.MaxOut, within: time.Duration(j.Restore.Days) * 12 * time.Hour, now: j.Copy.Now},
	}
	r.silence.Classes, r.silence.Sure = j.Scan.Policy.Classes, j.Scan.Amazon
	of.works(r.copier.InFlight)
	r.reportIn(j.Waiting.Report)
	r.out.add(result.Survey.Sum().Bytes - result.Survey.Sum(restore.Cold).Bytes)
	err = r.run(ctx)
	r.batch.refund(r.asker)
	spent := r.asker.Spent()
	result.Spent, result.Waiting = &spent, &r.waited
	result.Notes = append(result.Notes, r.copier.Notes()...)
	if n := r.waited.Foreign; n > 0 {
		result.Notes = append(result.Notes, fmt.Sprintf("%d messages of the queue are about nothing that this recovery is about, and were left there", n))
	}
	if err == nil {
		result.Notes = append(result.Notes, of.sweep(ctx, r.copier)...)
	}
	of.sum(ctx, result, &err)
	return *result, err
}

// Recovering makes the job look at everything that a recovery brings back.
func (j *Job) Recovering() {
	if j.Copy.ExtendDays == 0 {
		j.Copy.ExtendDays = j.Restore.Days
	}
	j.Scan.Policy.IncludeOnline, j.Copy.Policy.IncludeOnline = true, true // INTELLIGENT_TIERING is online once restored
}

// run carries the recovery through: the copier works all the time, while the
// pending objects are passed over again and again.
func (r *recovery) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var g errgroup.Group
	g.Go(func() error {
		err := r.copier.Run(ctx, r.copies, r.copied)
		if err != nil {
			cancel(err)
		}
		return err
	})
	why := r.passes(ctx)
	close(r.copies)
	err := g.Wait()
	defer r.pending.Close()
	defer r.events.close()
	if why != nil && r.blind != nil { // which no deadline and no giving up that comes later excuses
		return errors.Join(r.blind, r.leave(why))
	}
	if why == nil || errors.Is(why, errGivenUp) {
		return errors.Join(err, r.leave(why))
	}
	return errors.Join(why, err, r.leave(why))
}

// leave gives everything that is still pending its outcome.
func (r *recovery) leave(why error) error {
	return r.pending.Each(func(p restore.Pending) error {
		p, refused, err := r.asTold(p)
		if err != nil {
			return err
		}
		if refused != "" {
			return r.job.add(refusedByJob(p, refused))
		}
		o := r.job.unreached(p, why)
		if errors.Is(why, errGivenUp) && o.Status == reconcile.Canceled {
			o.Status, o.ErrorKind, o.Message = reconcile.NotRestored, reconcile.Unreadable, "not asked for: "+why.Error()
		}
		return r.job.add(o)
	})
}

// asTold is an object as its job has told, which may have ended early: refused is
// why it could not ask for it. One that it has not come to was not paid for.
func (r *recovery) asTold(p restore.Pending) (_ restore.Pending, refused string, err error) {
	if !p.Batch || r.batch == nil {
		return p, "", nil
	}
	refused, told, err := r.batch.told.Find(p.Source.Key)
	early := r.batch.unsent || r.batch.state.Failure != nil
	if (refused != "" || early && !told && p.Source.Restore.Phase == reconcile.Archived) && p.Asked > 0 {
		r.asker.Unreserve(p.Source)
	}
	if told && refused == "" {
		p.Source.Restore.Phase = reconcile.Restoring
	}
	return r.asKnown(p), refused, err
}

// asKnown is an object as far as is known: a job that was made asks for it.
func (r *recovery) asKnown(p restore.Pending) restore.Pending {
	if p.Batch && r.batch != nil && !r.batch.unsent && r.batch.state.Failure == nil && p.Source.Restore.Phase != reconcile.Restored {
		p.Source.Restore.Phase = reconcile.Restoring
	}
	return p
}

// passes returns nil when nothing is pending any more, else why it ended.
func (r *recovery) passes(ctx context.Context) error {
	for {
		if err := r.pass(ctx); err != nil {
			return err
		}
		done, err := r.wait(ctx)
		if done || err != nil {
			return err
		}
	}
}

// pass does what can be done about each pending object now.
func (r *recovery) pass(ctx context.Context) error {
	r.mu.Lock()
	set := r.pending
	r.pending, r.held, r.stirred = restore.NewSet(r.job.Scan.TempDir), false, false
	r.mu.Unlock()
	defer r.events.pass(set)()
	p := &pass{recovery: r, roomy: r.out.roomy(), now: r.job.Copy.Now(), look: r.job.newLook()}
	defer p.look.Close()
	p.workers.SetLimit(atATime)
	err := set.Each(func(o restore.Pending) error { return p.take(ctx, o) })
	err = cmp.Or(err, p.workers.Wait())
	if p.look.Begun() || p.blind != nil {
		r.waited.Looks++
	}
	if err == nil && ctx.Err() == nil {
		r.batch.passed()
		err = errors.Join(r.batch.submit(ctx, p.now), r.events.taken(ctx))
		r.mu.Lock()
		r.waited.Heard, r.waited.Foreign = r.events.counts()
		r.mu.Unlock()
	}
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case p.blind == nil:
		if p.look.Begun() {
			r.failed, r.blind = 0, nil
		}
		return nil
	}
	return r.blinded(p.blind)
}

// blindAtMost is how many passes in a row may fail to list the source.
const blindAtMost = 3

// blinded keeps a recovery that has waited for hours from ending because a
// listing failed once.
func (r *recovery) blinded(err error) error {
	r.blind = err
	if r.failed++; r.failed == blindAtMost {
		return err
	}
	r.job.Log.Warn("the source could not be listed; it is tried again later", "err", err)
	return nil
}

// wait waits until something is to be done. done is true when nothing is left.
func (r *recovery) wait(ctx context.Context) (done bool, err error) {
	r.reportSoFar(ctx)
	if err := r.lookAtJob(ctx); err != nil {
		return false, err
	}
	roused, cancel := context.WithCancel(ctx)
	defer cancel()
	r.mu.Lock()
	left, busy, due, stirred := r.pending.Len(), len(r.copying), r.pending.Due(), r.stirred
	r.rouse = cancel
	r.job.Meter.Await(progress.Awaited{Objects: int64(left), Next: due, By: r.pending.Expected()})
	r.mu.Unlock()
	switch {
	case left == 0 && busy == 0:
		return true, nil
	case stirred:
		return false, nil
	case left == 0:
		r.idle(roused)
		return false, context.Cause(ctx)
	}
	r.say()
	now := r.job.Copy.Now()
	if after := r.job.Waiting.GiveUp; after > 0 {
		if now.Sub(r.began) >= after {
			return false, fmt.Errorf("%w after %v", errGivenUp, after)
		}
		due = earlier(due, r.began.Add(after))
	}
	if !r.reportAt.IsZero() {
		due = earlier(due, r.reportAt)
	}
	if r.batch != nil && r.batch.open {
		due = earlier(due, r.batch.lookAt)
	}
	switch {
	case !due.After(now):
	case r.events != nil:
		r.events.await(roused, due)
	case roused.Err() == nil:
		_ = r.job.Waiting.Sleep(roused, due.Sub(now)) // what ended it is looked at next
	}
	return false, context.Cause(ctx)
}

// say logs how far the recovery is, each time it begins to wait.
func (r *recovery) say() {
	if r.job.Meter == nil {
		return
	}
	s := r.job.Report.Summary()
	r.mu.Lock()
	defer r.mu.Unlock()
	attrs := []any{"asked", r.waited.Asked, "waiting", r.pending.Len(), "arrived", r.waited.Arrived, "copying", len(r.copying),
		"copied", s.Counts[reconcile.Copied], "bytes_copied", s.BytesCopied, "failed", s.Counts[reconcile.Failed],
		"heard", r.waited.Heard, "next_look", r.pending.Due().UTC().Format(time.RFC3339)}
	if all := r.pending.Expected(); !all.IsZero() {
		attrs = append(attrs, "all_expected_by", all.UTC().Format(time.RFC3339))
	}
	r.job.Log.Info("waiting for restores", attrs...)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// stir ends the wait, or keeps the next one from beginning. The caller holds
// r.mu.
func (r *recovery) stir() {
	r.stirred = true
	if r.rouse != nil {
		r.rouse()
	}
}

// keep leaves an object for the next pass.
func (r *recovery) keep(p restore.Pending) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = r.held || p.Held
	return r.pending.Add(p)
}

// finish gives an object its outcome.
func (r *recovery) finish(p restore.Pending, o reconcile.Outcome) error {
	o.GranuleID, o.CollectionID = p.GranuleID, p.CollectionID
	o.Attempts = max(o.Attempts, p.Attempts)
	return r.job.add(o)
}
