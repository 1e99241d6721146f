package scan

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// failAt lets the nth listing request on a bucket, and all after it, fail.
func failAt(s *store, bucket string, n int) {
	clear(s.counts)
	s.bend = func(_ context.Context, i int, req reconcile.ListRequest, page reconcile.Page) (reconcile.Page, error) {
		if req.Bucket == bucket && i >= n {
			return reconcile.Page{}, &reconcile.Error{
				Op: "ListObjectsV2", Location: reconcile.Location{Bucket: bucket}, Kind: reconcile.AccessDenied, Status: 403,
			}
		}
		return page, nil
	}
}

// A source listing that fails on page n ends the scan with its error; what was
// listed before is decided, and nothing looks complete.
func TestSourceListingFails(t *testing.T) {
	for n := 1; n <= 4; n++ {
		s := newStore(10)
		s.put("source", each(keys(35), restored)...)
		failAt(s, "source", n)
		got, err := run(t, s, options(t))
		if !errors.Is(err, reconcile.AccessDenied) {
			t.Errorf("page %d: %v", n, err)
		}
		checkKeys(t, got, keys(10*(n-1)))
		for _, d := range got {
			if d.Need != reconcile.NeedCopy {
				t.Errorf("page %d: %s needs %d, %q", n, d.Source.Key, d.Need, d.Status)
			}
		}
	}
}

// A target listing that fails ends the scan too. The rest of the page at hand
// leaves as canceled, unless it needs no target; what was decided stays so.
func TestTargetListingFails(t *testing.T) {
	s := newStore(10)
	s.put("source", each(keys(40), restored)...)
	for i := 1; i < 40; i += 5 {
		s.buckets["source"][i].Restore.Phase = reconcile.Restoring
	}
	s.put("protected", each(keys(40), restored)...)
	failAt(s, "protected", 2)
	got, err := run(t, s, options(t))
	if !errors.Is(err, reconcile.AccessDenied) {
		t.Errorf("error %v", err)
	}
	checkKeys(t, got, keys(20))
	for i, d := range got {
		want := reconcile.Present
		switch {
		case i%5 == 1:
			want = reconcile.InRestore
		case i >= 10:
			want = reconcile.Canceled
		}
		if d.Status != want || d.Need != reconcile.NeedNothing || (want == reconcile.Canceled) != (d.Reason != "" && want != reconcile.InRestore) {
			t.Errorf("%s: need %d, %q %q, want %q", d.Source.Key, d.Need, d.Status, d.Reason, want)
		}
	}
	if n := s.count("source"); n > 3 {
		t.Errorf("%d source pages were asked for: the scan went on", n)
	}
}

// A passing failure of a page is retried, and nothing is lost or doubled.
func TestPassingFailureIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(10)
		s.put("source", each(keys(35), restored)...)
		s.put("protected", each(keys(35), restored)...)
		s.bend = func(_ context.Context, n int, req reconcile.ListRequest, page reconcile.Page) (reconcile.Page, error) {
			if n%2 == 1 {
				return reconcile.Page{}, &reconcile.Error{Kind: reconcile.Network}
			}
			return page, nil
		}
		s.retries = retry.New(retry.Options{Attempts: 2, Delay: time.Second})
		got := mustRun(t, s, options(t))
		checkKeys(t, got, keys(35))
		for _, d := range got {
			if d.Status != reconcile.Present {
				t.Errorf("%s: need %d, %q", d.Source.Key, d.Need, d.Status)
			}
		}
		if s.count("source") != 8 {
			t.Errorf("%d requests for 4 pages that each failed once", s.count("source"))
		}
	})
}

// A run that is ended in the middle says so, and every object of the pages it
// took up has exactly one decision: those after the end are canceled.
func TestCanceledInTheMiddle(t *testing.T) {
	for _, object := range []func(string) reconcile.Object{restored, archived} {
		for after := 1; after < 60; after += 7 {
			s := newStore(10)
			s.put("source", each(keys(100), object)...)
			s.put("protected", each(keys(100), restored)...)
			ctx, cancel := context.WithCancel(t.Context())
			s.bend = func(ctx context.Context, n int, req reconcile.ListRequest, page reconcile.Page) (reconcile.Page, error) {
				if req.Bucket == "source" && n == 9 { // where nothing leaves before the end
					cancel()
				}
				return page, ctx.Err()
			}
			var got []reconcile.Decision
			err := New(once(s), options(t)).Run(ctx, func(d reconcile.Decision) error {
				if got = append(got, d); len(got) == after {
					cancel()
				}
				return nil
			})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("canceled after %d: %v", after, err)
			}
			if len(got)%10 != 0 || len(got) == 100 {
				t.Errorf("canceled after %d: %d decisions are no whole pages", after, len(got))
			}
			if len(got) > after {
				checkCanceled(t, got[after:])
			}
			slices.SortFunc(got, func(a, b reconcile.Decision) int { return strings.Compare(a.Source.Key, b.Source.Key) })
			checkKeys(t, got, keys(len(got)))
		}
	}
}

// What was over before it began lists nothing.
func TestCanceledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := newStore(10)
	s.put("source", each(keys(5), restored)...)
	err := New(once(s), options(t)).Run(ctx, func(d reconcile.Decision) error {
		t.Errorf("decided: %+v", d)
		return nil
	})
	if !errors.Is(err, context.Canceled) || len(s.requests) != 0 {
		t.Errorf("%v, %d requests", err, len(s.requests))
	}
}

// Whoever takes the decisions can end the scan: nothing is decided after it.
func TestRefusedDecision(t *testing.T) {
	refused := errors.New("takes no more")
	for _, at := range []int{1, 10, 15} {
		s := newStore(10)
		s.put("source", each(keys(100), restored)...)
		n := 0
		err := New(once(s), options(t)).Run(t.Context(), func(reconcile.Decision) error {
			if n++; n == at {
				return refused
			}
			return nil
		})
		if err != refused || n != at {
			t.Errorf("refused at %d: %v after %d", at, err, n)
		}
	}
}

// Excluded and excluded objects are excluded, whatever else holds of them, and
// their targets are not looked for.
func TestExcluded(t *testing.T) {
	s := newStore(10)
	s.put("source", restored("gone"), archived("gone too"), restored("not"), restored("x/excluded"))
	o := options(t, reconcile.Rule{Prefix: "x/", Exclude: true})
	o.Excluded = func(key string) bool { return key[0] == 'g' }
	var excluded []string
	for _, d := range mustRun(t, s, o) {
		if d.Status == reconcile.Excluded {
			excluded = append(excluded, d.Source.Key)
		}
	}
	if want := []string{"gone", "gone too", "x/excluded"}; !slices.Equal(excluded, want) {
		t.Errorf("excluded %q, want %q", excluded, want)
	}
}

// A scan that was stopped cuts no more key ranges and asks for nothing more than
// what was under way.
func TestNothingIsBegunAfterAFailure(t *testing.T) {
	for n := 2; n < 60; n += 3 {
		s := newStore(10)
		s.eager = true
		s.put("source", each(keys(2000), restored)...)
		s.put("protected", each(keys(2000), restored)...)
		failAt(s, "source", n)
		o := options(t)
		o.Streams = 8
		scanner := New(once(s), o)
		scanner.scheduler.allow, scanner.scheduler.least = func(int) float64 { return math.Inf(1) }, 0
		err := scanner.Run(t.Context(), func(reconcile.Decision) error { return nil })
		if !errors.Is(err, reconcile.AccessDenied) || s.inFlight != 0 {
			t.Errorf("page %d: %v, %d under way", n, err, s.inFlight)
		}
		if got := s.count("source"); got > n+2*o.Streams {
			t.Errorf("page %d failed, and %d were asked for", n, got)
		}
	}
}
