// Package scan lists the source bucket and the archive buckets in key order
// and decides what each source object needs. It streams: a decision leaves as
// soon as both sides are known, and memory does not grow with the number of
// keys.
package scan

import (
	"context"
	"fmt"
	"strings"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// Lister lists a bucket, a page at a time, in the byte order of the keys.
type Lister interface {
	List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error)
}

// RestoreMode says whom to ask for the restore state of archived objects.
type RestoreMode string

// The modes.
const (
	RestoreAuto RestoreMode = "auto" // the listing, by the rule of positive evidence
	RestoreList RestoreMode = "list" // the listing; its silence means not restored
	RestoreHead RestoreMode = "head" // a HEAD for each archived object
)

// Options says what to scan and how to decide.
type Options struct {
	Bucket   string // the source
	Prefix   string
	Router   *reconcile.Router
	Policy   reconcile.Policy
	Withheld func(key string) bool // objects withdrawn on purpose; nil: none
	Mode     RestoreMode
	Amazon   bool // the source is Amazon's own S3, which is known to list restore states
	Retry    *retry.Retrier
	TempDir  string // for what has to wait until the listing ends; empty: the system's
	Now      func() time.Time
}

// Scanner scans one source bucket once.
type Scanner struct {
	lister  Lister
	opts    Options
	targets map[reconcile.Cursor]*cursor
	silent  *waiting // archived objects about which the listing has not said a word yet
	heard   bool     // some entry carried a restore status
	emit    func(reconcile.Decision) error
	stopped error // why no more pages are fetched; what was listed still leaves as canceled
}

// New returns a Scanner.
func New(lister Lister, o Options) *Scanner {
	return &Scanner{lister: lister, opts: o, targets: map[reconcile.Cursor]*cursor{}, silent: newWaiting(o.TempDir)}
}

// Run lists the source and calls emit with exactly one decision for each
// object listed, in key order but for those that had to wait for evidence. It
// returns nil only when every page of the source was read. When ctx ends or a
// listing fails, the objects of the page at hand still leave, as canceled, and
// the error says what ended the scan. An error of emit ends it at once.
func (s *Scanner) Run(ctx context.Context, emit func(reconcile.Decision) error) error {
	s.emit = emit
	defer s.close()
	source := newCursor(s.lister, s.opts.Retry, reconcile.ListRequest{
		Bucket: s.opts.Bucket, Prefix: s.opts.Prefix, Restore: s.opts.Mode != RestoreHead,
	})
	defer source.close()
	source.dense = true
	for s.stopped == nil {
		page, err := source.nextPage(ctx)
		if err != nil {
			s.stopped = err
			break
		}
		if page == nil {
			break
		}
		if err := s.page(ctx, page); err != nil {
			return err
		}
	}
	if err := s.settleSilent(); err != nil {
		return err
	}
	return s.stopped
}

func (s *Scanner) close() {
	s.silent.close()
	for _, c := range s.targets {
		c.close()
	}
}

// page decides every object of one page of the source.
func (s *Scanner) page(ctx context.Context, page []reconcile.Object) error {
	for _, object := range page {
		if err := s.object(ctx, object); err != nil {
			return err
		}
	}
	return nil
}

// object decides one object: by rules on its key, by its restore state, then
// by its target.
func (s *Scanner) object(ctx context.Context, object reconcile.Object) error {
	s.hear(object)
	d := reconcile.Decision{Source: object}
	route := s.opts.Router.Route(object.Key)
	if route.Excluded || s.opts.Withheld != nil && s.opts.Withheld(object.Key) {
		d.Status = reconcile.Excluded
		return s.emit(d)
	}
	d.Target.Location = route.Location()
	state, waits := s.restoreState(object)
	d.Source.Restore = state
	d, readable := d.Select(s.opts.Policy)
	if d.Need == reconcile.NeedNothing && !readable {
		return s.emit(d)
	}
	if !route.Routed {
		return s.emitUnrouted(d, waits)
	}
	d, err := s.findTarget(ctx, d, route)
	if err != nil {
		return s.cancel(d)
	}
	if readable {
		return s.emit(d.Resolve(s.opts.Policy))
	}
	if waits {
		return s.wait(d)
	}
	return s.emit(d)
}

// emitUnrouted sends off an object that no archive bucket is configured for.
// One that is not known to be readable still has its restore state asked: an
// object nobody restored is not this run's business.
func (s *Scanner) emitUnrouted(d reconcile.Decision, waits bool) error {
	switch {
	case waits:
		return s.wait(d)
	case d.Need == reconcile.NeedNothing:
		return s.emit(d.Unroute())
	}
	return s.emit(d)
}

// hear notes whether the entry carried a restore status, be the object itself
// excluded or not.
//
// Servers that do not know RestoreStatus stay silent, and silence also means
// "not restored": only positive evidence counts. Once any entry of the bucket
// has carried a RestoreStatus, silence means not restored, for earlier keys too.
func (s *Scanner) hear(o reconcile.Object) {
	if o.Restore.Phase == reconcile.Restored || o.Restore.Phase == reconcile.Restoring {
		s.heard = true
	}
}

// restoreState applies the mode to what the listing says. waits is true for an
// archived object whose silence cannot be read yet.
func (s *Scanner) restoreState(o reconcile.Object) (state reconcile.RestoreState, waits bool) {
	state = o.Restore.At(s.opts.Now())
	if !reconcile.ArchiveClass(o.StorageClass) {
		return state, false
	}
	switch {
	case s.opts.Mode == RestoreHead:
		return reconcile.RestoreState{}, false
	case state.Phase != reconcile.RestoreUnknown:
		return state, false
	case s.heard || s.opts.Amazon || s.opts.Mode == RestoreList:
		return reconcile.RestoreState{Phase: reconcile.Archived}, false
	}
	return state, true
}

// findTarget moves the target's cursor up to the object's target and notes
// what is there.
func (s *Scanner) findTarget(ctx context.Context, d reconcile.Decision, route reconcile.Route) (reconcile.Decision, error) {
	if s.stopped == nil {
		s.stopped = ctx.Err()
	}
	if s.stopped != nil {
		return d, s.stopped
	}
	c := s.target(route.Cursor)
	found, ok, err := c.find(ctx, route.Key)
	if err != nil {
		s.stopped = err
		return d, err
	}
	if ok {
		d.Target, d.Listed = found, true
	}
	d.Rivals = s.opts.Router.Rivals(d.Source.Key, route)
	return d, nil
}

// target returns the cursor for a stretch of an archive bucket, begun where
// the source's prefix leads.
func (s *Scanner) target(c reconcile.Cursor) *cursor {
	if t, ok := s.targets[c]; ok {
		return t
	}
	t := newCursor(s.lister, s.opts.Retry, reconcile.ListRequest{Bucket: c.Bucket, Prefix: s.targetPrefix(c)})
	s.targets[c] = t
	return t
}

// targetPrefix is the longest prefix that all targets of the cursor share.
func (s *Scanner) targetPrefix(c reconcile.Cursor) string {
	if rest, ok := strings.CutPrefix(s.opts.Prefix, c.From); ok {
		return c.To + rest
	}
	return c.To
}

// wait keeps a decision until the listing has given evidence, or ended. Where
// it cannot be kept the scan ends, and nothing is lost from sight.
func (s *Scanner) wait(d reconcile.Decision) error {
	err := s.silent.add(d)
	if err == nil {
		return nil
	}
	if s.stopped == nil {
		s.stopped = fmt.Errorf("keep undecided objects aside: %w", err)
	}
	return s.cancel(d)
}

// cancel sends off an object that the stopped scan cannot decide any more.
func (s *Scanner) cancel(d reconcile.Decision) error {
	d.Need, d.Status, d.Reason = reconcile.NeedNothing, reconcile.Canceled, "not decided: "+s.stopReason()
	return s.emit(d)
}

// settleSilent sends off the objects that waited for evidence: with it they
// are not restored, without it HEAD must say, and when the scan was stopped
// nobody knows.
func (s *Scanner) settleSilent() error {
	return s.silent.drain(func(d reconcile.Decision) error {
		switch {
		case s.heard:
			d.Source.Restore = reconcile.RestoreState{Phase: reconcile.Archived}
			d, _ = d.Select(s.opts.Policy)
		case s.stopped != nil:
			d.Need, d.Status, d.Reason = reconcile.NeedNothing, reconcile.Canceled, "its restore state was not asked: "+s.stopReason()
		}
		return s.emit(d)
	})
}

func (s *Scanner) stopReason() string {
	if s.stopped == nil {
		return ""
	}
	return s.stopped.Error()
}
