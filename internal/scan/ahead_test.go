package scan

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/reconcile"
)

// hangFrom lets every request from the nth on hang until it is given up, and
// then take its time over that.
func hangFrom(s *store, n int) {
	s.bend = func(ctx context.Context, i int, req reconcile.ListRequest, page reconcile.Page) (reconcile.Page, error) {
		if i < n {
			return page, nil
		}
		<-ctx.Done()
		time.Sleep(time.Second)
		return reconcile.Page{}, ctx.Err()
	}
}

// A page that is being read ahead does not outlive the scan, however the scan
// ends: its request is given up and waited for, on either side.
func TestReadAheadEnds(t *testing.T) {
	refused := errors.New("takes no more")
	tests := []struct {
		name     string
		hangs    int // from this request on a bucket on
		refuseAt int
		source   int // requests
		target   int
	}{
		{"the source's second page", 2, 1, 2, 1},
		{"the source's third page and the target's", 3, 15, 3, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStore(10)
				s.put("source", each(keys(100), restored)...)
				s.put("protected", each(keys(100), restored)...)
				hangFrom(s, tt.hangs)
				n := 0
				err := New(once(s), options(t)).Run(t.Context(), func(reconcile.Decision) error {
					synctest.Wait() // what is read ahead is under way
					if n++; n == tt.refuseAt {
						return refused
					}
					return nil
				})
				if err != refused || s.count("source") != tt.source || s.count("protected") != tt.target {
					t.Errorf("%v after %d and %d requests", err, s.count("source"), s.count("protected"))
				}
				if s.inFlight != 0 {
					t.Errorf("%d requests are still under way", s.inFlight)
				}
			})
		})
	}
}

// When ctx ends while a page is on its way the scan ends with it.
func TestHangingListingEndsWithContext(t *testing.T) {
	for _, bucket := range []string{"source", "protected"} {
		synctest.Test(t, func(t *testing.T) {
			s := newStore(10)
			s.put("source", each(keys(100), restored)...)
			s.put("protected", each(keys(100), restored)...)
			s.bend = func(ctx context.Context, n int, req reconcile.ListRequest, page reconcile.Page) (reconcile.Page, error) {
				if req.Bucket == bucket && n == 3 {
					<-ctx.Done()
					return reconcile.Page{}, ctx.Err()
				}
				return page, nil
			}
			ctx, cancel := context.WithCancel(t.Context())
			var got []reconcile.Decision
			done := make(chan error)
			go func() {
				done <- New(once(s), options(t)).Run(ctx, func(d reconcile.Decision) error {
					got = append(got, d)
					return nil
				})
			}()
			synctest.Wait() // it hangs
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", bucket, err)
			}
			if len(got) < 20 {
				t.Errorf("%s: %d decisions", bucket, len(got))
			}
			checkKeys(t, got, keys(len(got)))
		})
	}
}
