package scan

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/reconcile"
)

// announcing says where a page goes on 10 ms after it was asked for, and has it
// complete after 50.
type announcing struct {
	*store
	word func(next string) string // what is said beforehand
}

func (a announcing) List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	page, err := a.store.List(ctx, req)
	time.Sleep(10 * time.Millisecond)
	if page.Next != "" && req.Early != nil {
		req.Early(a.word(page.Next))
	}
	time.Sleep(40 * time.Millisecond)
	return page, err
}

// The next page is asked for while this one is still arriving, one ahead and no
// more; and a word that the complete page does not keep costs a request, not a
// key.
func TestNextPageEarly(t *testing.T) {
	tests := []struct {
		name     string
		word     func(next string) string
		requests int
		took     time.Duration
	}{
		{"kept", func(next string) string { return next }, 10, 260 * time.Millisecond},
		{"not kept", func(string) string { return "after k0000000" }, 10 + 9, 590 * time.Millisecond}, // what is given up is waited for
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStore(10)
				s.put("source", each(keys(100), online)...)
				o := options(t)
				o.Streams = 1
				n, began := 0, time.Now()
				err := New(announcing{s, tt.word}, o).Run(t.Context(), func(reconcile.Decision) error {
					n++
					return nil
				})
				if took := time.Since(began); err != nil || n != 100 || took != tt.took || s.count("source") != tt.requests {
					t.Errorf("%d keys, %d requests, %v, %v", n, s.count("source"), took, err)
				}
			})
		})
	}
}
