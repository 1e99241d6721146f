package audit

import (
	"context"
	"strings"

	"reconcile/internal/reconcile"
	"reconcile/internal/scan"
)

// images are what lies in the archive buckets outside the range of an audit, where
// a swap of prefixes leads keys of the range to. What is listed within the range
// has been seen.
type images struct {
	*scope
	lists *lists
	swaps *swaps
}

// walk lists them.
func (m *images) walk(ctx context.Context) error {
	swaps := m.router.Swaps()
	for i, c := range swaps {
		prefix, r, ok := image(c, m.prefix, m.keys)
		if !ok {
			continue
		}
		for _, bucket := range m.router.Buckets() {
			s := newStream(m.lists, bucket, []string{prefix}, r)
			if err := m.walkOne(ctx, s, swaps[:i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// walkOne takes what a stream lists, but for what was listed before: within
// the range, or under what an earlier swap leads to.
func (m *images) walkOne(ctx context.Context, s *stream, before []reconcile.Cursor) error {
	defer s.close()
	for {
		o, err := s.peek(ctx)
		if err != nil || o == nil {
			return err
		}
		s.at++
		if m.listedBefore(o.Key, before) {
			continue
		}
		if err := m.swaps.add(group{key: o.Key, found: []reconcile.Object{*o}}); err != nil {
			return err
		}
	}
}

func (m *images) listedBefore(key string, before []reconcile.Cursor) bool {
	if m.keys.Has(key) {
		for _, prefix := range m.router.TargetPrefixes(m.prefix) {
			if strings.HasPrefix(key, prefix) {
				return true
			}
		}
	}
	for _, c := range before {
		if origin, ok := c.Source(key); ok && strings.HasPrefix(origin, m.prefix) && m.keys.Has(origin) {
			return true
		}
	}
	return false
}

// image is where a swap leads the source keys of a range that begin with prefix:
// the prefix of the targets and their range. ok is false where it leads none of
// them anywhere.
func image(c reconcile.Cursor, prefix string, r scan.Range) (to string, out scan.Range, ok bool) {
	from := c.From
	switch {
	case strings.HasPrefix(prefix, from):
		from = prefix
	case !strings.HasPrefix(from, prefix):
		return "", scan.Range{}, false
	}
	switch {
	case strings.HasPrefix(r.After, from):
		out.After = c.Target(r.After)
	case r.After > from:
		return "", scan.Range{}, false // it comes after all of them
	}
	switch {
	case r.Until == "":
	case strings.HasPrefix(r.Until, from):
		out.Until = c.Target(r.Until)
	case r.Until < from:
		return "", scan.Range{}, false
	}
	return c.Target(from), out, true
}
