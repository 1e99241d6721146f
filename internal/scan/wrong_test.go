package scan

import (
	"context"
	"slices"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// wrongAnswers are answers to the third page that would leave holes in a
// listing, or never end it.
var wrongAnswers = map[string]func(page *reconcile.Page){
	"keys out of order":           func(p *reconcile.Page) { p.Objects[3], p.Objects[4] = p.Objects[4], p.Objects[3] },
	"a key twice":                 func(p *reconcile.Page) { p.Objects[4] = p.Objects[3] },
	"a key of an earlier page":    func(p *reconcile.Page) { p.Objects[0].Key = "p/k0000003" },
	"a key outside the prefix":    func(p *reconcile.Page) { p.Objects[9].Key = "q" },
	"a key before the prefix":     func(p *reconcile.Page) { p.Objects[0].Key = "o" },
	"an empty key":                func(p *reconcile.Page) { p.Objects[0].Key = "" },
	"a token that does not move":  func(p *reconcile.Page) { p.Next = "after p/k0000019" },
	"an empty page, same token":   func(p *reconcile.Page) { p.Objects, p.Next = nil, "after p/k0000019" },
	"the first key of the page 2": func(p *reconcile.Page) { p.Objects[0].Key = "p/k0000010" },
}

func prefixed(n int) []string {
	all := keys(n)
	for i := range all {
		all[i] = "p/" + all[i]
	}
	return all
}

// bendPage spoils the nth page of a bucket.
func bendPage(s *store, bucket string, nth int, wrong func(*reconcile.Page)) {
	s.bend = func(_ context.Context, n int, req reconcile.ListRequest, page reconcile.Page) (reconcile.Page, error) {
		if req.Bucket == bucket && n == nth {
			page.Objects = slices.Clone(page.Objects)
			wrong(&page)
		}
		return page, nil
	}
}

// An answer that cannot be believed ends the scan with an error that names the
// bucket; what was listed before it is decided and nothing of it is.
func TestWrongAnswersOfTheSource(t *testing.T) {
	for name, wrong := range wrongAnswers {
		s := newStore(10)
		s.put("source", each(prefixed(50), restored)...)
		bendPage(s, "source", 3, wrong)
		o := options(t)
		o.Prefix = "p/"
		got, err := run(t, s, o)
		if err == nil || !strings.Contains(err.Error(), "s3://source") || reconcile.KindOf(err) != reconcile.Other {
			t.Errorf("%s: error %v", name, err)
		}
		if reconcile.Retryable(err) {
			t.Errorf("%s: would be asked again", name)
		}
		checkKeys(t, got, prefixed(20))
	}
}

// The same of an archive bucket: an object must never be taken for missing
// because its listing has a hole.
func TestWrongAnswersOfATarget(t *testing.T) {
	for name, wrong := range wrongAnswers {
		s := newStore(10)
		s.put("source", each(prefixed(50), restored)...)
		s.put("protected", each(prefixed(50), restored)...)
		bendPage(s, "protected", 3, wrong)
		o := options(t)
		o.Prefix = "p/"
		got, err := run(t, s, o)
		if err == nil || !strings.Contains(err.Error(), "s3://protected") {
			t.Errorf("%s: error %v", name, err)
		}
		checkKeys(t, got, prefixed(30))
		checkPresent(t, got[:20])
		checkCanceled(t, got[20:])
	}
}

// The first page is believed no more than the others.
func TestWrongFirstPage(t *testing.T) {
	for _, name := range []string{"keys out of order", "a key twice", "a key outside the prefix", "a key before the prefix"} {
		for _, bucket := range []string{"source", "protected"} {
			s := newStore(10)
			s.put("source", each(prefixed(50), restored)...)
			s.put("protected", each(prefixed(50), restored)...)
			bendPage(s, bucket, 1, wrongAnswers[name])
			o := options(t)
			o.Prefix = "p/"
			got, err := run(t, s, o)
			if err == nil || !strings.Contains(err.Error(), "s3://"+bucket) {
				t.Errorf("%s, %s: error %v", bucket, name, err)
			}
			checkCanceled(t, got)
		}
	}
}

// A server that gives the first page again and again is caught.
func TestRepeatingPage(t *testing.T) {
	for _, bucket := range []string{"source", "protected"} {
		s := newStore(10)
		s.put("source", each(keys(50), restored)...)
		s.put("protected", each(keys(50), restored)...)
		s.bend = func(_ context.Context, n int, req reconcile.ListRequest, page reconcile.Page) (reconcile.Page, error) {
			if req.Bucket == bucket {
				page = s.page(reconcile.ListRequest{Bucket: bucket, Restore: true})
				page.Next += strings.Repeat("x", n) // the token moves, the page does not
			}
			return page, nil
		}
		_, err := run(t, s, options(t))
		if err == nil || !strings.Contains(err.Error(), "s3://"+bucket) {
			t.Errorf("%s: error %v", bucket, err)
		}
		if n := s.count(bucket); n > 3 {
			t.Errorf("%s: %d requests", bucket, n)
		}
	}
}

// Empty pages with a token are allowed, wherever they stand and however far
// the reader has jumped.
func TestEmptyPagesInTheMiddle(t *testing.T) {
	s := newStore(10)
	s.put("source", each(keys(100), restored)...)
	s.put("protected", each(keys(100), restored)...)
	s.bend = func(_ context.Context, n int, req reconcile.ListRequest, page reconcile.Page) (reconcile.Page, error) {
		after := max(req.StartAfter, strings.TrimPrefix(req.Token, "after "))
		if real, follows := strings.CutSuffix(after, "~"); follows {
			req.Token, req.StartAfter = "after "+real, ""
			return s.page(req), nil
		}
		return reconcile.Page{Next: "after " + after + "~"}, nil // the keys come with the next request
	}
	got := mustRun(t, s, options(t))
	checkKeys(t, got, keys(100))
	checkPresent(t, got)

	s.buckets["source"] = nil
	wanted := []string{keys(100)[7], keys(100)[48], keys(100)[49], keys(100)[93]}
	s.put("source", each(wanted, restored)...)
	got = mustRun(t, s, options(t))
	checkKeys(t, got, wanted)
	checkPresent(t, got)
}

func checkPresent(t *testing.T, all []reconcile.Decision) {
	t.Helper()
	for _, d := range all {
		if d.Need != reconcile.NeedNothing || d.Status != reconcile.Present {
			t.Errorf("%s: need %d, %q, want present", d.Source.Key, d.Need, d.Status)
		}
	}
}
