package scan

import (
	"sync"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
)

// undecidedMemory is how many bytes of objects wait in memory; the rest waits on
// disk, so that a bucket of archived objects that says nothing of restores
// costs disk and not memory.
const undecidedMemory = 4 << 20

// undecided keeps source objects until drain, which gives them in key order. It
// is safe for concurrent use.
type undecided struct {
	mu   sync.Mutex
	rows *extsort.Sorter
}

func newUndecided(dir string) *undecided {
	return &undecided{rows: extsort.New(extsort.Options{Dir: dir, Memory: undecidedMemory, Name: "undecided"})}
}

// add keeps an object. Records begin with bucket, which is one, and key.
func (u *undecided) add(o reconcile.Object) error { return u.keep(&o) }

// keep keeps an object, or what begins with one.
func (u *undecided) keep(value any) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.rows.Put(value)
}

// drain calls take with every object in key order.
func (u *undecided) drain(take func(reconcile.Object) error) error {
	return u.each(extsort.As(take))
}

func (u *undecided) each(take func(record []byte) error) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.rows.Each(take)
}

func (u *undecided) close() { _ = u.rows.Close() } // what is left is an unnamed file
