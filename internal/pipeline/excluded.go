package pipeline

import (
	"fmt"
	"strings"

	"reconcile/internal/reconcile"
	"reconcile/internal/scan"
)

// scanOptions are those of the scan, with the list of excluded keys.
func (j *Job) scanOptions() scan.Options {
	o := j.Scan
	if j.Excluded != nil {
		o.Excluded = j.Excluded.Has
	}
	return o
}

// unmatched counts and names the entries of the list of excluded keys that no object of
// the source has had, after all of it was listed: a list whose keys are not
// written as the source has them excludes nothing. Of a part of the source, only
// the entries of that part are looked at, and of objects that were named none.
func (r *run) unmatched() (notes []string) {
	if r.Excluded == nil || r.Selected != nil {
		return nil
	}
	first, n := r.Excluded.Unmatched(func(key string) bool {
		return strings.HasPrefix(key, r.Scan.Prefix) && r.Scan.Range.Has(key)
	}, namedAtMost)
	count := int64(n)
	r.Report.AddCounts(reconcile.Summary{Unmatched: &count})
	if n == 0 {
		return nil
	}
	r.Log.Warn("entries of the list of excluded keys have matched no object", "entries", n, "of", r.Excluded.Len(), "first", first)
	return []string{fmt.Sprintf("%d of the %d entries of the list of excluded keys have matched no object, the first %q", n, r.Excluded.Len(), first[0])}
}
