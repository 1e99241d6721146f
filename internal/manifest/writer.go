package manifest

import (
	"errors"
	"sync"
	"time"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// Options says of which plan the manifest is.
type Options struct {
	Run, Program   string // the run's id, the program's version
	Source, Prefix string
	Targets        []string
	Overwrite      bool   // objects that differ are going to be copied, too
	TempDir        string // for what does not fit in memory; empty: os.TempDir
	Memory         int    // bytes of objects kept in memory; 0: 16 MiB
	Now            func() time.Time
}

// Writer collects the objects of a plan and writes its manifest. Make one with
// New, Add outcomes, Write it, Close it.
type Writer struct {
	opt Options

	mu     sync.Mutex
	items  *extsort.Sorter
	totals []ClassOfPlan
	sealed bool
}

// New returns an empty Writer.
func New(o Options) *Writer {
	if o.Now == nil {
		o.Now = time.Now
	}
	w := &Writer{opt: o, totals: make([]ClassOfPlan, len(Classes))}
	w.items = extsort.New(extsort.Options{Dir: o.TempDir, Memory: o.Memory, Name: "manifest"})
	return w
}

var errSealed = errors.New("the manifest is being written: too late for another object")

// Add takes an outcome of a plan; those that nothing is to be copied for are
// passed over. It is safe for concurrent use. The error is that of spilling to
// disk, and stays.
func (w *Writer) Add(o reconcile.Outcome) error {
	if !w.planned(o.Status) {
		return nil
	}
	item := itemOf(o)
	class := classOf(item.SizeBytes)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sealed {
		return errSealed
	}
	w.totals[class].Objects++
	w.totals[class].Bytes += item.SizeBytes
	r := record{byte(class), item.SourceKey, item}
	r.SourceKey = ""
	return w.items.Put(&r)
}

// record is an item after what it is sorted by.
type record struct {
	Class byte
	Key   report.Text
	Item
}

// planned reports whether a run would copy an object of the status. With
// Overwrite a plan has no other objects that differ.
func (w *Writer) planned(s reconcile.Status) bool {
	return s == reconcile.Missing || s == reconcile.Differs && w.opt.Overwrite
}

// Close gives up what was collected. It may be called at any time, also twice.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sealed = true
	return w.items.Close()
}
