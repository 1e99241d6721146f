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

// waiting is a pair on disk.
type waiting struct {
	Source, Target reconcile.Object
	Compared       reconcile.Compared
	Evidence       reconcile.Evidence
	Attempts       int
	GranuleID      string
	CollectionID   string
}

func (l *later) add(o reconcile.Outcome) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := waiting{o.Source, o.Target, o.Compared, o.Evidence, o.Attempts, o.GranuleID, o.CollectionID}
	w.Source.Key, w.Target.Key = "", ""
	record, err := appendRecord(o.Source.Key, o.Target.Key, w)
	if err != nil {
		return err
	}
	n := l.pairs.Len()
	if err = l.pairs.Add(record); l.pairs.Len() > n {
		return nil
	}
	return err
}

// judgeLate settles the pairs that have waited, by what has been seen since.
func (a *Auditor) judgeLate() error {
	return a.later.pairs.Each(func(record []byte) error {
		var w waiting
		source, target, err := parseRecord(record, &w)
		if err != nil {
			return err
		}
		w.Source.Key, w.Target.Key = source, target
		verdict, proof := reconcile.Compare(w.Source, w.Target, false, a.opts.Digests)
		o := a.compared(w.Source, w.Target, verdict, proof, w.Evidence)
		o.Compared, o.Attempts = w.Compared, w.Attempts
		o.GranuleID, o.CollectionID = w.GranuleID, w.CollectionID
		return a.emit(o)
	})
}
