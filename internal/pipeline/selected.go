package pipeline

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"reconcile/internal/reconcile"
	"reconcile/internal/scan"
	"reconcile/internal/selection"
)

// decisions calls emit with one decision for each object of the source, or for
// each that was named where objects were named.
func (r *run) decisions(ctx context.Context, o scan.Options, emit func(reconcile.Decision) error) error {
	if r.Selected == nil {
		return scan.New(r.lister(), o).Run(ctx, emit)
	}
	return (&selecting{job: r, scan: o, emit: emit}).run(ctx)
}

// selecting decides about the objects that were named, some at a time, in key
// order. Where they lie close together their key range is listed, and what the
// listing does not have is not there; where they lie far apart HEAD is asked
// for each.
type selecting struct {
	job  *run
	scan scan.Options
	emit func(reconcile.Decision) error
	last string // key of the stretch before
	why  error  // why nothing more is asked for
}

// stretchKeys is how many named objects are held in memory, and listed
// together. One LIST tells whether they lie close together.
const stretchKeys = 10_000

func (s *selecting) run(ctx context.Context) error {
	names, err := s.job.Selected.Reader()
	if err != nil {
		return err
	}
	for {
		stretch, err := read(names)
		if err != nil {
			return err
		}
		if len(stretch) == 0 {
			return s.why
		}
		if err := s.stretch(ctx, stretch); err != nil {
			return err
		}
		s.last = stretch[len(stretch)-1].Key
	}
}

func read(names *selection.Reader) (all []selection.Entry, err error) {
	for len(all) < stretchKeys {
		e, err := names.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// stretch decides about some objects. An error of a listing is kept: what it
// leaves open leaves as canceled.
func (s *selecting) stretch(ctx context.Context, all []selection.Entry) error {
	var one, many []selection.Entry
	for _, e := range all {
		switch d := s.named(e); {
		case d.Need == reconcile.NeedNothing:
			if err := s.give(d, e); err != nil {
				return err
			}
		case !s.scan.Range.Has(e.Key):
		case e.Alternate != "" || e.VersionID != "" || s.redirected(e):
			one = append(one, e)
		default:
			many = append(many, e)
		}
	}
	if s.why == nil && ctx.Err() != nil {
		s.why = context.Cause(ctx)
	}
	if s.why == nil && len(many) > 0 {
		var together bool
		together, s.why = scan.Together(ctx, s.job.lister(), s.scan, len(many), func(i int) string { return many[i].Key })
		if s.why == nil && together {
			if err := s.list(ctx, many); err != nil {
				return err
			}
			many = nil
		}
	}
	if s.why != nil {
		return s.cancel(append(one, many...))
	}
	return s.heads(ctx, append(one, many...))
}

// named decides about an object as far as its name goes.
func (s *selecting) named(e selection.Entry) reconcile.Decision {
	d := s.job.decide(e.Location)
	d.Said = said(e)
	if d.Need != reconcile.NeedNothing && s.redirected(e) {
		d.Target.Location.Bucket, d.Collisions = e.Target, nil
		if d.Target.Location.Key == "" {
			d.Target.Location.Key = e.Key
		}
	}
	return d
}

// redirected reports whether another archive bucket was asked for than the one
// that routing would choose.
func (s *selecting) redirected(e selection.Entry) bool {
	return e.Target != "" && s.scan.Router.Route(e.Key).Location().Bucket != e.Target
}

// give hands a decision on, with the granule that the object is a file of.
func (s *selecting) give(d reconcile.Decision, e selection.Entry) error {
	if len(e.Granules) > 0 {
		d.CollectionID, d.GranuleID = e.Granules[0].Collection, e.Granules[0].Granule
	}
	if len(e.Granules) > 1 {
		s.job.shared(e.Key, e.Granules)
	}
	return s.emit(d)
}

// list lists the key range of the objects. What it does not have is not there.
func (s *selecting) list(ctx context.Context, all []selection.Entry) error {
	index := make(map[string]int, len(all))
	for i, e := range all {
		index[e.Key] = i
	}
	seen := make([]atomic.Bool, len(all))
	o := s.scan
	o.Range = scan.Range{After: max(scan.Before(all[0].Key), s.last, s.scan.Range.After), Until: all[len(all)-1].Key}
	o.Selected = func(key string) bool { _, ok := index[key]; return ok }
	var refused atomic.Bool
	err := scan.New(s.job.lister(), o).Run(ctx, func(d reconcile.Decision) error {
		i := index[d.Source.Key]
		seen[i].Store(true)
		err := s.give(s.held(ctx, d, all[i]), all[i])
		if err != nil {
			refused.Store(true)
		}
		return err
	})
	if refused.Load() {
		return err
	}
	s.why = err
	for i, e := range all {
		if seen[i].Load() {
			continue
		}
		if err := s.give(s.absent(e), e); err != nil {
			return err
		}
	}
	return nil
}

// held holds an object that was listed against what was said of it by name.
func (s *selecting) held(ctx context.Context, d reconcile.Decision, e selection.Entry) reconcile.Decision {
	d.Said = said(e)
	if d.Status == reconcile.Excluded {
		return d
	}
	why := d.Said.Denies(d.Source, nil, false)
	if why == "" && d.Said.NeedsHead(d.Source) {
		is, _, err := s.job.head(ctx, d.Source.Location)
		if err == nil { // else it is not known: what follows asks again
			why = d.Said.Denies(is.Object, is.Checksums, s.scan.Amazon && !is.Encryption.Opaque())
		}
	}
	if why != "" {
		d.Need, d.Status, d.Kind, d.Proof, d.Reason = reconcile.NeedNothing, reconcile.Failed, reconcile.Integrity, reconcile.NoProof, d.Source.Location.String()+": "+why
	}
	return d
}

func said(e selection.Entry) reconcile.Said {
	return reconcile.Said{Sized: e.Size >= 0, Size: e.Size, Checksum: e.Checksum}
}

// absent is an object that a listing of its key range has not shown.
func (s *selecting) absent(e selection.Entry) reconcile.Decision {
	d := s.named(e)
	d.Need, d.Status, d.Kind, d.Reason = reconcile.NeedNothing, reconcile.Failed, reconcile.NotFound, e.Location.String()+" is not there"
	if s.why != nil {
		d.Status, d.Kind, d.Reason = reconcile.Canceled, "", "not looked for: "+s.why.Error()
	}
	return d
}

func (s *selecting) cancel(all []selection.Entry) error {
	for _, e := range all {
		if err := s.give(s.absent(e), e); err != nil {
			return err
		}
	}
	return nil
}

// headsAtATime is how many keys with two readings are asked for at a time. All
// other HEADs are the copier's.
const headsAtATime = 64

// heads leaves each object to be asked for by HEAD.
func (s *selecting) heads(ctx context.Context, all []selection.Entry) error {
	var g errgroup.Group
	g.SetLimit(headsAtATime)
	for _, e := range all {
		if e.Alternate == "" {
			if err := s.give(s.named(e), e); err != nil {
				return errors.Join(err, g.Wait())
			}
			continue
		}
		g.Go(func() error {
			e.Key = s.reading(ctx, e)
			return s.give(s.named(e), e)
		})
	}
	return g.Wait()
}

// reading returns the key that a name with two readings means: the second where
// only that is there.
func (s *selecting) reading(ctx context.Context, e selection.Entry) string {
	if _, _, err := s.job.head(ctx, e.Location); reconcile.KindOf(err) != reconcile.NotFound {
		return e.Key
	}
	other := e.Location
	other.Key = e.Alternate
	if _, _, err := s.job.head(ctx, other); err != nil {
		return e.Key
	}
	return e.Alternate
}
