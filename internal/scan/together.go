package scan

import (
	"context"
	"sort"
	"unicode/utf8"

	"reconcile/internal/reconcile"
)

// Together reports whether n keys, which are in order, lie so close together in
// the source that listing their range costs less than a HEAD for each. The page
// in the middle stands for all. An inventory is always listed.
func Together(ctx context.Context, lister Lister, o Options, n int, key func(int) string) (bool, error) {
	if o.Inventories[o.Bucket] != nil {
		return true, nil
	}
	worth := o.HeadsForAList()
	if n < 2*worth {
		return false, nil
	}
	middle := n / 2
	page, err := lister.List(ctx, reconcile.ListRequest{Bucket: o.Bucket, Prefix: o.Prefix, StartAfter: Before(key(middle))})
	if err != nil || len(page.Objects) == 0 {
		return false, err
	}
	last, rest := page.Objects[len(page.Objects)-1].Key, n-middle
	held := sort.Search(rest, func(i int) bool { return key(middle+i) > last })
	return held >= worth || page.Next == "" && rest >= worth, nil
}

// Before is a text that comes before the key, and not far before it.
func Before(key string) string {
	_, n := utf8.DecodeLastRuneInString(key)
	return key[:len(key)-n]
}
