package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/reconcile"
	"reconcile/internal/restore"
)

// pass is one pass of a recovery over its pending objects, in key order.
type pass struct {
	*recovery
	now     time.Time
	roomy   bool // half of what may be on the way is not, when the pass begins
	look    *look
	blind   error // of the listing: nothing more is looked at in this pass
	workers errgroup.Group
}

// take takes up one object. What is not due stays pending.
func (s *pass) take(ctx context.Context, p restore.Pending) error {
	if done, err := s.batched(&p); done || err != nil {
		return err
	}
	fresh := p.Due.IsZero() // the survey has just seen it
	if ctx.Err() == nil && s.told(&p) {
		s.workers.Go(func() error { return s.step(ctx, p) })
		return nil
	}
	if ctx.Err() != nil || p.Due.After(s.now) && !(p.Held && s.out.room(p.Source.Size)) {
		return s.keep(p)
	}
	if !fresh && !p.Held {
		found := s.seen(ctx, &p)
		switch {
		case s.blind != nil:
			p.Due = s.next(p)
			return s.keep(p)
		case !found:
			return s.gone(p)
		}
	}
	s.workers.Go(func() error { return s.step(ctx, p) })
	return nil
}

// seen looks the object up in the source's listing.
func (s *pass) seen(ctx context.Context, p *restore.Pending) (found bool) {
	if s.blind != nil {
		return false
	}
	o, found, err := s.look.find(ctx, p.Source.Key)
	if err != nil {
		s.blind = err
	}
	if !found || err != nil {
		return false
	}
	p.Source = reconcile.Decision{Source: o}.Clone().Source
	s.silence.Hear(&p.Source)
	p.Source.Restore = s.silence.Read(&p.Source)
	return true
}

// step does what the object's state calls for.
func (s *pass) step(ctx context.Context, p restore.Pending) error {
	state := restore.StateOf(p.Source, s.job.Restore.Days, s.now)
	if restore.Undated(p.Source) && !p.Since.IsZero() {
		state = restore.Readable // it was asked for: only its copy tells whether it is there
	}
	switch state {
	case restore.Readable, restore.TooShort, restore.NotArchived:
		return s.copy(p)
	case restore.Restoring:
		return s.await(ctx, p)
	case restore.Cold:
		return s.ask(ctx, p)
	}
	return s.askState(ctx, p)
}

// await keeps an object whose restore is under way.
func (s *pass) await(ctx context.Context, p restore.Pending) error {
	if p.Since.IsZero() {
		p.Since = s.now
	}
	if s.job.Restore.Upgrade && p.Tier == "" {
		a := s.asker.Quicken(ctx, p.Source)
		p.Attempts = max(p.Attempts, a.Attempts)
		if a.Asked {
			p.Tier, p.Since = s.job.Restore.Tier, s.now
			s.asked(&p)
		}
	}
	p.Due = s.next(p)
	return s.keep(p)
}

// ask asks for an object, unless too much is on the way already.
func (s *pass) ask(ctx context.Context, p restore.Pending) error {
	if p.Batch && s.batch.open && !p.Since.IsZero() { // the job has not come to it
		p.Due = s.next(p)
		return s.keep(p)
	}
	if !p.Since.IsZero() { // it had been asked for, came, and went between two looks
		s.lapsed(&p)
	}
	byJob := s.batch.takes(p.Source.StorageClass)
	switch {
	case p.Lapsed > lapsedAtMost:
		return s.finish(p, s.lost(p))
	case byJob && (s.batch.open || p.Lapsed == 0 && !s.roomy), // until a job is worth its fee
		p.Lapsed == 0 && !s.out.reserve(p.Source.Size): // else it counts among what is out
		p.Held, p.Due = true, s.now.Add(holdFor)
		return s.keep(p)
	}
	p.Held = false
	if byJob {
		return s.askByJob(p)
	}
	a := s.asker.Ask(ctx, p.Source)
	p.Attempts = max(p.Attempts, a.Attempts)
	switch {
	case a.Err != nil && stopped(a.Err) && ctx.Err() != nil:
		return s.keep(p)
	case a.Err != nil:
		s.out.release(p.Source.Size)
		return s.finish(p, refused(outcomeOf(p), a.Err))
	case a.Asked:
		p.Tier = s.job.Restore.Tier
		s.asked(&p)
	}
	p.Since, p.Source.Restore.Phase = s.now, reconcile.Restoring
	p.Due = s.next(p)
	if a.State == restore.Readable { // somebody has restored it meanwhile
		p.Due = s.now
	}
	return s.keep(p)
}

func (s *pass) lapsed(p *restore.Pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waited.Lapsed++
	p.Lapsed++
	p.Since = time.Time{} // counted once, also where it is held back
}

// lost is the outcome of an object that lapses again and again.
func (s *pass) lost(p restore.Pending) reconcile.Outcome {
	s.out.release(p.Source.Size)
	return failed(p, reconcile.Unreadable, fmt.Sprintf("its readable copy lapsed %d times before it could be copied", p.Lapsed))
}

// holdFor is when an object that was held back is looked at at the latest.
const holdFor = time.Hour

func (s *pass) next(p restore.Pending) time.Time {
	if s.events.hears() {
		return restore.NextCheck(p.Source.StorageClass, p.Tier, p.Batch, s.job.Restore.Days, p.Since, s.now, s.job.Waiting.Poll)
	}
	return restore.NextLook(p.Source.StorageClass, p.Tier, p.Batch, p.Since, s.now, s.job.Waiting.Poll)
}

func (s *pass) asked(p *restore.Pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waited.Asked++
	if p.Asked > 0 || p.Lapsed > 0 {
		s.waited.Again++
	}
	p.Asked++
}

// askState asks HEAD where the listing does not tell: a server that lists no
// restore states, INTELLIGENT_TIERING, a class that nobody knows.
func (s *pass) askState(ctx context.Context, p restore.Pending) error {
	d, attempts, err := s.job.head(ctx, p.Source.Location)
	if err == nil {
		p.Source = d.Object
		p.Source.Restore = s.job.Scan.Policy.Classes.Headed(&d.Object)
	}
	p.Attempts = max(p.Attempts, attempts)
	switch {
	case err == nil && p.Source.Restore.Phase == reconcile.RestoreUnknown:
		err = errors.New("HEAD does not tell whether it is restored")
	case err == nil:
		return s.step(ctx, p)
	case ctx.Err() != nil:
		return s.keep(p)
	}
	s.out.release(p.Source.Size)
	return s.finish(p, refused(outcomeOf(p), err))
}

// gone is an object that somebody has deleted meanwhile.
func (s *pass) gone(p restore.Pending) error {
	s.out.release(p.Source.Size)
	return s.finish(p, failed(p, reconcile.NotFound, p.Source.Location.String()+" is not there any more"))
}

// stopped reports whether an error comes of the run being stopped.
func stopped(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
