package listing

import (
	"context"
	"errors"
	"sort"
	"strings"

	"reconcile/internal/reconcile"
)

// store is a Lister of one bucket. It answers as S3 documents it: StartAfter is
// exclusive, a token goes before it, and there is a token only where something
// follows.
type store struct {
	keys     []string // sorted
	pageSize int
	failAt   int // the number of the request that fails, from 1; 0: none
	bend     func(req reconcile.ListRequest, page reconcile.Page) reconcile.Page

	requests int
}

var errListing = errors.New("no listing today")

func (s *store) List(_ context.Context, req reconcile.ListRequest) (page reconcile.Page, err error) {
	if s.requests++; s.requests == s.failAt {
		return page, errListing
	}
	after := req.StartAfter
	if req.Token != "" {
		after = strings.TrimPrefix(req.Token, "after ")
	}
	for _, key := range s.keys[sort.Search(len(s.keys), func(i int) bool { return s.keys[i] > after }):] {
		if !strings.HasPrefix(key, req.Prefix) {
			continue
		}
		if len(page.Objects) == s.pageSize {
			page.Next = "after " + page.Objects[s.pageSize-1].Key
			break
		}
		page.Objects = append(page.Objects, reconcile.Object{Location: reconcile.Location{Bucket: req.Bucket, Key: key}})
	}
	if s.bend != nil {
		page = s.bend(req, page)
	}
	return page, nil
}
