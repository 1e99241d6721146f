package selection

import (
	"cmp"
	"encoding/json"
	"errors"
	"sync"

	"reconcile/internal/extsort"
	"reconcile/internal/granule"
	"reconcile/internal/reconcile"
)

// GranuleStatus is what became of a granule, in ORCA's words.
type GranuleStatus string

// The statuses, from the best to the worst: a granule has that of its worst
// file.
const (
	Success GranuleStatus = "success" // all files are in their archive
	Staged  GranuleStatus = "staged"  // all can be read, and some are still to be copied
	Pending GranuleStatus = "pending" // some are still to be restored
	Error   GranuleStatus = "error"   // some are absent, or failed
)

var ranks = []GranuleStatus{Success, Staged, Pending, Error}

// statusOf says what the outcome of a file means for its granule.
func statusOf(s reconcile.Status) byte {
	switch s {
	case reconcile.Copied, reconcile.Present:
		return 0
	case reconcile.LeftOnline, reconcile.Missing, reconcile.Readable:
		return 1
	case reconcile.Requested, reconcile.InRestore, reconcile.NotRestored, reconcile.Canceled:
		return 2
	}
	return 3 // one that nobody has thought of is no success
}

// Granule is one granule in the report's "granules".
type Granule struct {
	Collection *string       `json:"collection_id"` // null: the request names none
	Granule    string        `json:"granule_id"`
	Status     GranuleStatus `json:"status"`
	Objects    int64         `json:"objects"`
	Bytes      int64         `json:"bytes"` // of the objects that are there
	Error      string        `json:"error"` // of the first file, in key order, that makes it an error
}

// rankOf: what is missing and archived has to be restored before it can be
// copied.
func rankOf(o *reconcile.Outcome) byte {
	if o.Status == reconcile.Missing && o.Source.Restore.Phase == reconcile.Archived {
		return 2
	}
	return statusOf(o.Status)
}

// Rollup sums up the outcomes of files by granule, on disk where they are many.
// It is safe for concurrent use until Each.
type Rollup struct {
	mu     sync.Mutex
	sorter *extsort.Sorter
	dir    string
}

// file is what became of one file of a granule.
type file struct {
	granule.ID
	Key     string
	Rank    byte
	Size    int64
	Message string
}

// NewRollup returns an empty one.
func NewRollup(dir string) *Rollup {
	return &Rollup{dir: dir, sorter: extsort.New(extsort.Options{Dir: dir, Name: "granules"})}
}

// Snapshot returns a Rollup of its own, to be closed, of what this one has so
// far.
func (r *Rollup) Snapshot() (*Rollup, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := NewRollup(r.dir)
	if err := r.sorter.SoFar(s.sorter.Add); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close removes what is on disk.
func (r *Rollup) Close() error { return r.sorter.Close() }

// Add takes the outcome of a file for each granule that it is of.
func (r *Rollup) Add(ids []granule.ID, o *reconcile.Outcome) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		message := cmp.Or(o.Message, string(o.Status))
		f := file{id, o.Source.Key, rankOf(o), max(o.Source.Size, 0), message[:min(len(message), maxMessage)]}
		if err := r.sorter.Put(&f); err != nil {
			return err
		}
	}
	return nil
}

const maxMessage = 1000 // bytes of a file's error that a granule keeps

// Each ends the adding and calls take with each granule, in the order of
// collection and id.
func (r *Rollup) Each(take func(Granule) error) error {
	var id granule.ID
	var g Granule
	worst := byte(0)
	done := func() error {
		if g.Objects == 0 {
			return nil
		}
		g.Status = ranks[worst]
		return take(g)
	}
	r.mu.Lock()
	r.sorter.Sort() // several reports may be written at a time
	r.mu.Unlock()
	err := r.sorter.Each(extsort.As(func(f file) error {
		if f.ID != id || g.Objects == 0 {
			if err := done(); err != nil {
				return err
			}
			id, g, worst = f.ID, Granule{Granule: f.Granule}, 0
			if id.Collection != "" {
				g.Collection = &f.Collection
			}
		}
		g.Objects++
		g.Bytes += f.Size
		if f.Rank == 3 && g.Error == "" {
			g.Error = f.Key + ": " + f.Message
		}
		worst = max(worst, f.Rank)
		return nil
	}))
	if err != nil {
		return err
	}
	return done()
}

// WriteJSON appends the granules as a JSON array to what write takes, one a
// line, in bounded memory.
func (r *Rollup) WriteJSON(write func([]byte) error) error {
	between := []byte("[\n    ")
	err := r.Each(func(g Granule) error {
		text, err := json.Marshal(g)
		if err == nil {
			err = write(append(between, text...))
		}
		between = []byte(",\n    ")
		return err
	})
	if err != nil {
		return err
	}
	if between[0] == '[' {
		return write([]byte("[]"))
	}
	return write([]byte("\n  ]"))
}
