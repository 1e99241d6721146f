package audit

import (
	"context"
	"strings"

	"reconcile/internal/listing"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
	"reconcile/internal/scan"
)

// A part of an audit looks at a range of the source's keys, and at what lies in
// the archive buckets under the keys that those lead to. Where a rule swaps
// prefixes an object of an archive bucket may come from keys of two parts: both
// look whether it is theirs, and one alone accuses it.

// inRange reports whether a source key is one that this audit looks at, as far
// as its part goes.
func (a *Auditor) inRange(key string) bool { return a.keys().has(key) }

func (a *Auditor) keys() keys { return keys{a.opts.Range.After, a.opts.Range.Until} }

// home is the source key whose part of the audit accuses an object of an archive
// bucket that is nobody's: one that would have its place there, if there is one.
func (a *Auditor) home(at reconcile.Location) (home string) {
	belongs := false
	for _, origin := range a.opts.Router.Origins(at.Key) {
		if !strings.HasPrefix(origin, a.opts.Prefix) {
			continue
		}
		route := a.opts.Router.Route(origin)
		own := route.Routed && route.Location() == at
		if home == "" || own || !belongs {
			home, belongs = origin, own
		}
	}
	return home
}

// walkImages lists what lies in the archive buckets outside the range, where a
// swap of prefixes leads keys of the range to. What is listed within the range
// has been seen.
func (a *Auditor) walkImages(ctx context.Context) error {
	if a.opts.Names != nil || a.opts.Range == (scan.Range{}) || a.opts.Range.Empty() {
		return nil
	}
	swaps := a.opts.Router.Swaps()
	for i, c := range swaps {
		prefix, r, ok := image(c, a.opts.Prefix, a.keys())
		if !ok {
			continue
		}
		for _, bucket := range a.opts.Router.Buckets() {
			s := newStream(a, bucket, []string{prefix}, r)
			if err := a.walkImage(ctx, s, swaps[:i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// walkImage takes what a stream lists, but for what was listed before: within
// the range, or under what an earlier swap leads to.
func (a *Auditor) walkImage(ctx context.Context, s *stream, before []reconcile.Cursor) error {
	defer s.close()
	for {
		o, err := s.peek(ctx)
		if err != nil || o == nil {
			return err
		}
		s.at++
		if a.listedBefore(o.Key, before) {
			continue
		}
		if err := a.swaps.add(a, group{key: o.Key, found: []reconcile.Object{*o}}); err != nil {
			return err
		}
	}
}

func (a *Auditor) listedBefore(key string, before []reconcile.Cursor) bool {
	if a.inRange(key) {
		for _, prefix := range a.opts.Router.TargetPrefixes(a.opts.Prefix) {
			if strings.HasPrefix(key, prefix) {
				return true
			}
		}
	}
	for _, c := range before {
		if origin, ok := c.Source(key); ok && strings.HasPrefix(origin, a.opts.Prefix) && a.inRange(origin) {
			return true
		}
	}
	return false
}

// image is where a swap leads the source keys of a range that begin with prefix:
// the prefix of the targets and their range. ok is false where it leads none of
// them anywhere.
func image(c reconcile.Cursor, prefix string, r keys) (to string, out keys, ok bool) {
	from := c.From
	switch {
	case strings.HasPrefix(prefix, from):
		from = prefix
	case !strings.HasPrefix(from, prefix):
		return "", keys{}, false
	}
	switch {
	case strings.HasPrefix(r.after, from):
		out.after = c.Target(r.after)
	case r.after > from:
		return "", keys{}, false // it comes after all of them
	}
	switch {
	case r.until == "":
	case strings.HasPrefix(r.until, from):
		out.until = c.Target(r.until)
	case r.until < from:
		return "", keys{}, false
	}
	return c.Target(from), out, true
}

// lister lists a bucket, as it is or as its inventory has it.
func (a *Auditor) lister(bucket string) listing.Lister {
	if i, ok := a.opts.Inventories[bucket]; ok {
		return i
	}
	return retry.Lister{Store: a.store, Retrier: a.opts.Retry}
}
