package merge

import (
	"bytes"
	"cmp"
	"slices"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// precedence are the statuses by what they are worth, the best first: what is in
// its archive bucket, what is not meant to be there, what needs somebody, what
// only waits. A worker's success wins over another's failure, whichever came
// later: the object is there. What needs somebody wins over what waits, so that
// no failure is hidden by a quiet status.
var precedence = []reconcile.Status{
	reconcile.Copied, reconcile.Present,
	reconcile.Readable, reconcile.LeftOnline, reconcile.Excluded,
	unheardOf,
	reconcile.Differs, reconcile.Misplaced, reconcile.Orphan, reconcile.Phantom, reconcile.Uncatalogued, reconcile.Unrouted, reconcile.Failed, reconcile.Canceled, reconcile.Missing,
	reconcile.Requested, reconcile.InRestore, reconcile.NotRestored,
}

// unheardOf stands for every status that this program does not know.
const unheardOf reconcile.Status = ""

var proofs = []report.Text{report.Text(reconcile.ProofBytes), report.Text(reconcile.ProofChecksum), report.Text(reconcile.ProofETag), report.Text(reconcile.ProofSize)}

// Compare orders rows of one object by what they are worth: it is positive
// where a wins over b. Only equal rows compare equal.
func Compare(a, b *report.Row) int {
	return cmp.Or(
		cmp.Compare(precedenceOf(b.Status), precedenceOf(a.Status)),
		cmp.Compare(rank(proofs, b.Proof), rank(proofs, a.Proof)),
		cmp.Compare(known(a), known(b)),
		bytes.Compare(a.AppendRecord(nil), b.AppendRecord(nil)),
	)
}

// precedenceOf is the place of a status in precedence.
func precedenceOf(s reconcile.Status) int {
	if i := slices.Index(precedence, s); i >= 0 {
		return i
	}
	return slices.Index(precedence, unheardOf)
}

// rank is the place of a value in a list, behind all others where it has none.
func rank[T comparable](list []T, value T) int {
	if i := slices.Index(list, value); i >= 0 {
		return i
	}
	return len(list)
}

// known counts what a row knows of its object: an answer without rows tells
// nothing but the status.
func known(r *report.Row) (n int) {
	for _, text := range []report.Text{r.TargetBucket, r.TargetKey, r.ETag, r.StorageClass, r.RestoreExpiry, r.Method, r.ErrorKind} {
		if text != "" {
			n++
		}
	}
	if r.SizeBytes != nil {
		n++
	}
	return n
}
