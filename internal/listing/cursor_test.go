package listing

import (
	"errors"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// A listing that has failed says nothing of any key: it must never look like one
// that has come to its end, after which every key would be missing.
func TestFailedListingKnowsNothing(t *testing.T) {
	s := &store{keys: []string{"a", "b", "c", "d", "e"}, pageSize: 2, failAt: 2}
	c := New(s, reconcile.ListRequest{Bucket: "b"})
	defer c.Close()
	if _, err := c.Read(t.Context(), ""); err != nil || !c.Covers("b") || c.Covers("c") {
		t.Fatal(err)
	}
	if _, err := c.Read(t.Context(), ""); !errors.Is(err, errListing) || c.Begun() || c.Covers("b") || len(c.Objects) > 0 {
		t.Errorf("%v: there is a page: %v, %d objects", err, c.Begun(), len(c.Objects))
	}
}

// A page that contradicts what was listed before is an error, not a page.
func TestUnbelievablePage(t *testing.T) {
	swap := func(_ reconcile.ListRequest, p reconcile.Page) reconcile.Page {
		p.Objects[0], p.Objects[1] = p.Objects[1], p.Objects[0]
		return p
	}
	again := func(req reconcile.ListRequest, p reconcile.Page) reconcile.Page {
		if req.Token != "" {
			p.Objects[0].Key = "p/b" // was the last of the page before
		}
		return p
	}
	tests := []struct {
		name, want string
		bend       func(reconcile.ListRequest, reconcile.Page) reconcile.Page
	}{
		{"out of order", `key "p/a" is listed after "p/b"`, swap},
		{"a key twice", `key "p/b" is listed after "p/b"`, again},
		{"outside the prefix", `key "q" is outside the prefix "p/"`, func(_ reconcile.ListRequest, p reconcile.Page) reconcile.Page {
			p.Objects[1].Key = "q"
			return p
		}},
		{"the same token", "the continuation token does not advance", func(_ reconcile.ListRequest, p reconcile.Page) reconcile.Page {
			p.Next = "after p/b"
			return p
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &store{keys: []string{"p/a", "p/b", "p/c", "p/d", "p/e", "p/f"}, pageSize: 2, bend: tt.bend}
			c := New(s, reconcile.ListRequest{Bucket: "b", Prefix: "p/"})
			defer c.Close()
			var err error
			for range 5 {
				if _, err = c.Read(t.Context(), ""); err != nil || c.End {
					break
				}
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || c.Begun() {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
