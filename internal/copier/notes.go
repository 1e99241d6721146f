package copier

import (
	"fmt"
	"slices"
	"sync/atomic"
)

// omissions count what a run has left undone.
type omissions struct {
	annotations atomic.Int64 // copies without the annotations of their sources
	unasked     atomic.Int64 // copies of which nobody knows whether their sources have any
	uploads     atomic.Int64 // keys whose uploads may be ours and are left open
}

func (o *omissions) notes() (notes []string) {
	if n := o.annotations.Load(); n > 0 {
		notes = append(notes, fmt.Sprintf("%d copies by parts are without the annotations of their sources: annotations=differ in their rows", n))
	}
	if n := o.unasked.Load(); n > 0 {
		notes = append(notes, fmt.Sprintf("of %d copies by parts nobody knows whether their sources have annotations, which such copies do not carry", n))
	}
	if n := o.uploads.Load(); n > 0 {
		notes = append(notes, fmt.Sprintf("uploads whose opening was not answered may be left open, of this many keys: %d; the log names them, "+
			"and a lifecycle rule for incomplete uploads removes them", n))
	}
	return notes
}

// Notes returns what a reader of the report should know of how the run could
// work: that a server ignores conditions, for one.
func (c *Copier) Notes() []string {
	notes := append(c.conditionNotes(), c.omitted.notes()...)
	slices.Sort(notes)
	return slices.Compact(notes)
}
