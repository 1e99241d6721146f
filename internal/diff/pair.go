package diff

import (
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// pair are the rows of one object in the two reports; either may be nil.
type pair struct{ was, is *report.Row }

// pairs says which rows of one key are of the same object. A key has several
// where it lies in several buckets: the same buckets are the same object, then
// the same source wherever it is routed to, then what is left of its kind.
func pairs(was, is []report.Row) []pair {
	var all []pair
	usedWas, usedIs := make([]bool, len(was)), make([]bool, len(is))
	for _, same := range []func(a, b *report.Row) bool{sameBuckets, sameSource, sameKind} {
		for i := range was {
			for j := range is {
				if !usedWas[i] && !usedIs[j] && same(&was[i], &is[j]) {
					usedWas[i], usedIs[j] = true, true
					all = append(all, pair{&was[i], &is[j]})
				}
			}
		}
	}
	for i := range was {
		if !usedWas[i] {
			all = append(all, pair{was: &was[i]})
		}
	}
	for j := range is {
		if !usedIs[j] {
			all = append(all, pair{is: &is[j]})
		}
	}
	return all
}

func sameBuckets(a, b *report.Row) bool {
	return sameSource(a, b) && a.TargetBucket == b.TargetBucket && a.TargetKey == b.TargetKey
}

func sameSource(a, b *report.Row) bool { return sameKind(a, b) && a.SourceBucket == b.SourceBucket }

// sameKind keeps an object of the source, one that only an archive has, and one
// that lies in the wrong archive apart: they are three objects.
func sameKind(a, b *report.Row) bool {
	return (a.SourceKey == "") == (b.SourceKey == "") && (a.Status == reconcile.Misplaced) == (b.Status == reconcile.Misplaced)
}
