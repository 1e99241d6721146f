package copier_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// notes is a journal in memory. left is what earlier runs have left, kept is
// what stands in it now.
type notes struct {
	mu         sync.Mutex
	left, kept map[reconcile.Location]reconcile.Pending
	refuse     func(reconcile.Pending) bool // a Record that fails
	forgetful  bool                         // Forget fails
}

func newNotes(kept ...reconcile.Pending) *notes {
	n := &notes{left: map[reconcile.Location]reconcile.Pending{}, kept: map[reconcile.Location]reconcile.Pending{}}
	for _, p := range kept {
		n.left[p.Target], n.kept[p.Target] = p, p
	}
	return n
}

// next is the journal as the next run opens it.
func (n *notes) next() *notes { return newNotes(slices.Collect(maps.Values(n.kept))...) }

func (n *notes) Find(target reconcile.Location) (reconcile.Pending, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p, ok := n.left[target]
	return p, ok
}

func (n *notes) Left() []reconcile.Pending {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Collect(maps.Values(n.left))
}

func (n *notes) Record(_ context.Context, p reconcile.Pending) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refuse != nil && n.refuse(p) {
		return errors.New("no space left on device")
	}
	n.kept[p.Target] = p
	delete(n.left, p.Target)
	return nil
}

func (n *notes) Forget(_ context.Context, target reconcile.Location) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.forgetful {
		return errors.New("read-only file system")
	}
	delete(n.kept, target)
	delete(n.left, target)
	return nil
}

// remembers checks how many uploads stand in the journal.
func (w *checks) remembers(n *notes, want int) {
	w.t.Helper()
	if len(n.kept) != want {
		w.t.Errorf("%d entries in the journal, want %d: %+v", len(n.kept), want, n.kept)
	}
}

// interrupted stops a run in the middle of one object's parts, and returns the
// journal as the next run opens it, and how many parts are there.
func (w *world) interrupted(key string, afterParts int) (j *notes, parts int) {
	w.t.Helper()
	j = newNotes()
	w.opts.Journal = j
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	w.Inject(s3sim.Fault{Op: "UploadPartCopy", KeyPrefix: key, Skip: afterParts - 1, Times: 1, Before: cancel})
	o := w.run(ctx, w.decide(key))[key]
	if o.Status != reconcile.Canceled {
		w.t.Fatalf("%s %q, want canceled", o.Status, o.Message)
	}
	w.says(o, "journal")
	open := w.OpenUploads(archive)
	if len(open) != 1 || open[0].Parts < afterParts || j.kept[w.at(key)].UploadID != open[0].UploadID {
		w.t.Fatalf("open %+v, journal %+v", open, j.kept)
	}
	w.opts.Journal = j.next()
	w.ResetRequests()
	return w.opts.Journal.(*notes), open[0].Parts
}

func (w *buckets) at(key string) reconcile.Location {
	return reconcile.Location{Bucket: archive, Key: key}
}

// openFor opens an upload behind the run's back.
func (w *world) openFor(key string) reconcile.Upload {
	w.t.Helper()
	u, err := w.store.CreateUpload(w.t.Context(), reconcile.UploadRequest{Target: w.at(key)})
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

// give copies one part behind the run's back.
func (w *world) give(u reconcile.Upload, key string, p reconcile.Part) {
	w.t.Helper()
	source, _ := w.listed(glacier, key)
	if _, err := w.store.CopyPart(w.t.Context(), reconcile.PartRequest{Upload: u, Source: source, Part: p}); err != nil {
		w.t.Fatal(err)
	}
}

// stillOpen checks that exactly these uploads are open.
func (w *checks) stillOpen(want ...string) {
	w.t.Helper()
	var got []string
	for _, u := range w.OpenUploads(archive) {
		got = append(got, u.UploadID)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Errorf("open uploads %v, want %v", got, want)
	}
}

// A journal that cannot be written: the object fails, with nothing left open,
// because a kill would leave what nobody finds.
func TestJournalThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(reconcile.Pending) bool{
		"the intention": func(p reconcile.Pending) bool { return p.UploadID == "" },
		"the id":        func(p reconcile.Pending) bool { return p.UploadID != "" },
	} {
		w := newWorld(t, s3sim.Config{})
		w.put("k", large())
		w.small("small", 1)
		j := newNotes()
		j.refuse = refuse
		w.opts.Journal = j
		out := w.run(t.Context(), w.decide("k"), w.decide("small"))
		w.expect(out["k"], reconcile.Failed, reconcile.Other)
		w.says(out["k"], "no space left on device")
		w.expect(out["small"], reconcile.Copied, "") // needs no journal
		w.remembers(j, 0)
		if sent := w.Requests(); name == "the intention" && sent["CreateMultipartUpload"] != 0 {
			t.Errorf("%s: sent %v", name, sent)
		}
	}
	w := newWorld(t, s3sim.Config{}) // what cannot be forgotten does no harm
	w.put("k", large())
	j := newNotes()
	j.forgetful = true
	w.opts.Journal = j
	w.expect(w.one("k"), reconcile.Copied, "")
	w.opts.Journal = j.next()
	w.sweep(1, "")
	w.remembers(w.opts.Journal.(*notes), 0)
}

// What only time has kept from being completed stays in the journal; what will
// never be completed is aborted and forgotten.
func TestWhatIsKeptInTheJournal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault s3sim.Fault
		kept  int
	}{
		"network":   {s3sim.Fault{Kind: s3sim.CutBefore}, 1},
		"throttled": {s3sim.Fault{Kind: s3sim.SlowDown}, 1},
		"denied":    {s3sim.Fault{Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"}, 0},
		"changed":   {s3sim.Fault{Kind: s3sim.Respond, Status: 412, Code: "PreconditionFailed"}, 0},
		"broken":    {s3sim.Fault{Kind: s3sim.InternalError}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, s3sim.Config{})
			w.put("k", large())
			j := newNotes()
			w.opts.Journal = j
			c.fault.Op, c.fault.Skip = "UploadPartCopy", 2
			fault := w.Inject(c.fault)
			o := w.one("k")
			if o.Status != reconcile.Failed {
				t.Errorf("%s %s", o.Status, o.Message)
			}
			w.remembers(j, c.kept)
			if n := len(w.OpenUploads(archive)); n != c.kept {
				t.Errorf("%d uploads are open, want %d", n, c.kept)
			}
			fault.Remove()
			w.opts.Journal = j.next()
			w.ResetRequests()
			w.expect(w.one("k"), reconcile.Copied, "")
			if sent := w.Requests(); c.kept == 1 && (sent["CreateMultipartUpload"] != 0 || sent["UploadPartCopy"] != 3) {
				t.Errorf("the next run sent %v", sent)
			}
			w.remembers(w.opts.Journal.(*notes), 0)
		})
	}
}
