package audit

import (
	"context"
	"strings"
	"time"

	"reconcile/internal/listing"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
	"reconcile/internal/scan"
)

// lists has the listings of buckets, as they are or as their inventories have them.
type lists struct {
	lister      retry.Lister
	inventories map[string]Inventory
}

func (l *lists) of(bucket string) listing.Lister {
	if i, ok := l.inventories[bucket]; ok {
		return i
	}
	return l.lister
}

// evidence is the evidence of what the listings of some buckets say, and of when
// it is, where that is not now: an inventory says how it was.
func (l *lists) evidence(buckets ...string) (by reconcile.Evidence, at time.Time) {
	by = reconcile.EvidenceListing
	for _, bucket := range buckets {
		i, ok := l.inventories[bucket]
		if ok && (at.IsZero() || i.At.Before(at)) {
			at = i.At
			by = reconcile.EvidenceInventory.Of(at.UTC().Format(time.RFC3339))
		}
	}
	return by, at
}

// stream is a bucket's listing under some prefixes, one object after the other
// in key order.
type stream struct {
	lister   listing.Lister
	bucket   string
	prefixes []string // in order, none within another; those that are still to come
	keys     scan.Range
	restore  bool
	most     int             // pages, after which it ends if there are more; 0: as many as there are
	stopped  string          // the last key, where it has ended so
	cursor   *listing.Cursor // nil: none is open
	at       int             // in the page at hand
	pages    int             // that were read
}

func newStream(l *lists, bucket string, prefixes []string, r scan.Range) *stream {
	return &stream{lister: l.of(bucket), bucket: bucket, prefixes: prefixes, keys: r}
}

// peek returns the next object, nil at the end. It stays the next one until at
// is moved on.
func (s *stream) peek(ctx context.Context) (*reconcile.Object, error) {
	for {
		if s.cursor == nil {
			if len(s.prefixes) == 0 || s.keys.Until != "" && s.prefixes[0] > s.keys.Until {
				return nil, nil
			}
			s.open()
		}
		if s.at < len(s.cursor.Objects) {
			o := &s.cursor.Objects[s.at]
			if s.keys.Until != "" && o.Key > s.keys.Until {
				s.prefixes = nil
				s.close()
				continue
			}
			return o, nil
		}
		if s.cursor.End {
			s.close()
			continue
		}
		if s.most > 0 && s.pages == s.most {
			s.stopped, s.prefixes = strings.Clone(s.cursor.Last), nil
			s.close()
			continue
		}
		if _, err := s.cursor.Read(ctx, ""); err != nil {
			return nil, err
		}
		s.at, s.pages = 0, s.pages+1
		if !s.beyond() {
			s.cursor.Prefetch(ctx)
		}
	}
}

// beyond reports whether nothing after the page at hand is wanted.
func (s *stream) beyond() bool {
	return s.keys.Until != "" && s.cursor.Last >= s.keys.Until || s.most > 0 && s.pages == s.most
}

func (s *stream) open() {
	first := reconcile.ListRequest{Bucket: s.bucket, Prefix: s.prefixes[0], Restore: s.restore}
	if s.keys.After >= first.Prefix {
		first.StartAfter = s.keys.After
	}
	s.prefixes = s.prefixes[1:]
	s.cursor, s.at = listing.New(s.lister, first), 0
	s.cursor.Eager = s.most == 0
}

func (s *stream) close() {
	if s.cursor != nil {
		s.cursor.Close()
		s.cursor = nil
	}
}

// rest are the objects of the page at hand that have not been passed.
func (s *stream) rest() []reconcile.Object {
	if s.cursor == nil || s.at >= len(s.cursor.Objects) {
		return nil
	}
	return s.cursor.Objects[s.at:]
}
