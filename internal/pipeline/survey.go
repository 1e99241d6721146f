package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
	"reconcile/internal/restore"
)

// surveying looks at both sides and finds out what is missing from its archive,
// restored or not. Everything else has its outcome then.
type surveying struct {
	job     *run
	missing *restore.Set
	copies  *copier.Copier // foresees them

	mu    sync.Mutex
	found restore.Survey
}

// survey fills missing. The error says why not everything was seen.
func (r *run) survey(ctx context.Context, missing *restore.Set) (restore.Survey, *copier.Copier, error) {
	look := r.Copy
	look.Plan, look.Policy.Archived, look.Log = true, true, slog.New(slog.DiscardHandler)
	c := copier.New(r.Store, r.Store, look)
	s := &surveying{job: r, missing: missing, copies: copier.New(r.Store, r.Store, look), found: restore.Survey{Days: r.Restore.Days}}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.works(c.InFlight)
	decisions := make(chan reconcile.Decision, queued)
	var g errgroup.Group
	var scanErr error
	g.Go(func() error {
		defer close(decisions)
		o := r.scanOptions()
		o.Policy.Archived = true
		scanErr = r.decisions(ctx, o, func(d reconcile.Decision) error { return s.decided(decisions, d) })
		if scanErr == nil {
			r.Meter.Listed()
		}
		return nil
	})
	g.Go(func() error {
		err := c.Run(ctx, decisions, s.settled)
		if err != nil {
			cancel()
		}
		return err
	})
	err := errors.Join(g.Wait(), scanErr)
	s.found.Copies = s.copies.Planned().ByBucket
	return s.found, c, err
}

// decided takes what the listings say of an object. What they leave open is
// asked by HEAD.
func (s *surveying) decided(to chan<- reconcile.Decision, d reconcile.Decision) error {
	if d.Need == reconcile.NeedNothing {
		return s.job.settle(d.Outcome())
	}
	s.job.Meter.Begin(&d.Source)
	if d.Need == reconcile.NeedCopy && !d.Listed && len(d.Collisions) == 0 {
		return s.add(restore.Pending{Source: d.Source, Target: d.Target.Location, Collisions: d.Collisions, GranuleID: d.GranuleID, CollectionID: d.CollectionID})
	}
	to <- d
	return nil
}

// settled takes what HEAD says of one.
func (s *surveying) settled(o reconcile.Outcome) error {
	overwrite := o.Status == reconcile.Differs && s.job.Copy.Policy.Overwrite
	archived := o.Status == reconcile.Failed && o.ErrorKind == reconcile.Unreadable
	if o.Status != reconcile.Missing && !overwrite && !archived {
		return s.job.add(o)
	}
	route := s.job.Scan.Router.Route(o.Source.Key)
	return s.add(restore.Pending{Source: o.Source, Target: o.Target.Location, Collisions: s.job.Scan.Router.Collisions(o.Source.Key, route),
		GranuleID: o.GranuleID, CollectionID: o.CollectionID})
}

func (s *surveying) add(p restore.Pending) error {
	s.mu.Lock()
	s.found.Add(p.Source, p.Target.Bucket, s.job.Copy.Now())
	s.mu.Unlock()
	d := reconcile.Decision{Source: p.Source}
	d.Target.Location = p.Target
	s.copies.Foresee(d)
	return s.missing.Add(p)
}

// failed is the outcome of a pending object that cannot be brought back.
func failed(p restore.Pending, kind reconcile.Kind, why string) reconcile.Outcome {
	o := outcomeOf(p)
	o.Status, o.ErrorKind, o.ErrorBucket, o.Message = reconcile.Failed, kind, p.Source.Bucket, why
	return o
}

// outcomeOf is the outcome of a pending object, but for its status.
func outcomeOf(p restore.Pending) reconcile.Outcome {
	o := reconcile.Outcome{Source: p.Source, Attempts: p.Attempts}
	o.Target.Location = p.Target
	o.GranuleID, o.CollectionID = p.GranuleID, p.CollectionID
	return o
}
