package audit

import (
	"context"
	"strings"

	"reconcile/internal/reconcile"
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
	if m.keys.has(key) {
		for _, prefix := range m.router.TargetPrefixes(m.prefix) {
			if strings.HasPrefix(key, prefix) {
				return true
			}
		}
	}
	for _, c := range before {
		if origin, ok := c.Source(key); ok && strings.HasPrefix(origin, m.prefix) && m.keys.has(origin) {
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
