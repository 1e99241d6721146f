package scan

import (
	"context"
	"slices"

	"reconcile/internal/reconcile"
)

// paged lists keys by so many a page.
type paged struct {
	keys []string
	size int
}

func (s paged) List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	after := req.StartAfter
	if req.Token != "" {
		after = req.Token
	}
	i, found := slices.BinarySearch(s.keys, after)
	if found {
		i++
	}
	page := reconcile.Page{}
	for ; i < len(s.keys) && len(page.Objects) < s.size; i++ {
		page.Objects = append(page.Objects, online(s.keys[i]))
	}
	if i < len(s.keys) {
		page.Next = s.keys[i-1]
	}
	return page, ctx.Err()
}
