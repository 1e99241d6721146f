package audit

import (
	"sync"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
)

// later are pairs whose ETags differ on a server that has not shown yet that its
// ETags are digests. Some other pair may: they are judged when all the others
// have been.
type later struct {
	mu    sync.Mutex
	pairs *extsort.Sorter
}

func newLater(dir string) *later { return &later{pairs: newSorter(dir, "pairs")} }

func (l *later) close() { _ = l.pairs.Close() }

func (l *later) add(o reconcile.Outcome) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pairs.Put(&o)
}

// judgeLate settles the pairs that have waited, by what has been seen since.
func (l *looker) judgeLate() error {
	return l.later.pairs.Each(extsort.As(func(w reconcile.Outcome) error {
		comparison, proof := reconcile.Compare(w.Source, w.Target, false, l.digests)
		o := l.compared(w.Source, w.Target, comparison, proof, w.Evidence)
		o.Compared, o.Attempts = w.Compared, w.Attempts
		o.GranuleID, o.CollectionID = w.GranuleID, w.CollectionID
		return l.emit(o)
	}))
}
