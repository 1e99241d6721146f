package copier_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// intention is an entry of a run that was killed before it had an id.
func (w *world) intention(key string, begun time.Time) reconcile.Pending {
	return reconcile.Pending{
		Run: "killed", Source: reconcile.Location{Bucket: glacier, Key: key}, ETag: "x", Size: 23 * mib,
		Target: w.at(key), Begun: begun,
	}
}

// A run that was killed between Create and the record of the id: its upload
// cannot be told from somebody else's of that key. It is named, never
// completed and never aborted.
func TestUploadWithoutAName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		begun   time.Duration // before now
		prepare func(w *world) (open []string)
		named   int
	}{
		"one":               {0, func(w *world) []string { return []string{w.openFor("k").ID} }, 1},
		"never opened":      {0, func(*world) []string { return nil }, 0},
		"two":               {0, func(w *world) []string { return []string{w.openFor("k").ID, w.openFor("k").ID} }, 2},
		"other keys":        {0, func(w *world) []string { return []string{w.openFor("k2").ID, w.openFor("k/").ID, w.openFor("j").ID} }, 0},
		"another, later":    {time.Hour, func(w *world) []string { return []string{w.openFor("k").ID} }, 0},
		"another, earlier":  {-time.Hour, func(w *world) []string { return []string{w.openFor("k").ID} }, 0},
		"slow to be opened": {20 * time.Minute, func(w *world) []string { return []string{w.openFor("k").ID} }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, sweep := range []bool{false, true} {
				w := newWorld(t, s3sim.Config{})
				var log bytes.Buffer
				w.opts.Log = slog.New(slog.NewTextHandler(&log, nil))
				w.put("k", large())
				open := c.prepare(w)
				j := newNotes(w.intention("k", time.Now().Add(-c.begun)))
				w.opts.Journal = j
				if sweep {
					w.sweep(0, "")
				} else if o := w.one("k"); o.Status != reconcile.Copied {
					t.Errorf("%s %s", o.Status, o.Message)
				}
				w.stillOpen(open...)
				w.remembers(j, 0)
				named := 0
				for _, id := range open {
					named += strings.Count(log.String(), id)
				}
				if named != c.named {
					t.Errorf("%d of %d are named: %s", named, len(open), &log)
				}
			}
		})
	}
}

// A stranger's upload of the same key is opened while ours is not answered: it
// is neither filled, nor completed, nor aborted.
func TestStrangersUploadAtALostCreate(t *testing.T) {
	t.Parallel()
	for _, b := range breakages {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, s3sim.Config{})
			w.meet(b)
			w.put("k", large())
			var strangers string
			var once sync.Once
			w.Inject(s3sim.Fault{Op: "CreateMultipartUpload", Skip: 0, Times: 1, Kind: b.kind, Before: func() {
				once.Do(func() { // the stranger's own request passes: this fault is used up
					strangers = w.openFor("k").ID
				})
			}})
			o := w.one("k")
			if o.Status != reconcile.Copied {
				t.Errorf("%s %s", o.Status, o.Message)
			}
			found := false
			for _, u := range w.OpenUploads(archive) {
				found = found || u.UploadID == strangers && u.Parts == 0
			}
			if !found {
				t.Error("the stranger's upload is gone, or has parts")
			}
		})
	}
}

// sweep sweeps after a complete run over the keys with a prefix.
func (w *world) sweep(aborted int, prefix string) {
	w.t.Helper()
	n, err := copier.New(w.store, w.store, w.opts).Sweep(w.t.Context(), copier.Concerns(glacier, prefix))
	if err != nil || n != aborted {
		w.t.Errorf("%d uploads swept, want %d; %v", n, aborted, err)
	}
}

// Where the upload that may be there cannot be looked for now, the entry stays:
// only a right that is missing for good ends the looking.
func TestUploadWithoutANameStaysWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.put("k", large())
	w.openFor("k")
	j := newNotes(w.intention("k", time.Now()))
	w.opts.Journal = j
	fault := w.Inject(s3sim.Fault{Op: "ListMultipartUploads", Kind: s3sim.InternalError})
	if o := w.one("k"); o.Status != reconcile.Failed {
		t.Errorf("%s %s", o.Status, o.Message)
	}
	if _, err := copier.New(w.store, w.store, w.opts).Sweep(t.Context(), copier.Concerns(glacier, "")); err == nil {
		t.Error("the sweep says that nothing is left")
	}
	w.remembers(j, 1)
	fault.Remove()
	w.opts.Journal, w.unanswered = j.next(), 1
	w.expect(w.one("k"), reconcile.Copied, "")

	denied := newWorld(t, s3sim.Config{})
	denied.put("k", large())
	var log bytes.Buffer
	denied.opts.Log = slog.New(slog.NewTextHandler(&log, nil))
	j = newNotes(denied.intention("k", time.Now()))
	denied.opts.Journal = j
	denied.Inject(s3sim.Fault{Op: "ListMultipartUploads", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	denied.expect(denied.one("k"), reconcile.Copied, "")
	denied.remembers(j, 0)
	if !strings.Contains(log.String(), "cannot be looked for") || !strings.Contains(log.String(), "s3:ListBucketMultipartUploads") {
		t.Errorf("the log does not say so: %s", &log)
	}
}

// The answer to Create is lost: another upload is opened, every part is copied
// once, and the one that may have been opened is named and left, with a journal
// and without.
func TestLostCreate(t *testing.T) {
	t.Parallel()
	for _, b := range breakages {
		for _, journal := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, journal %v", b.name, journal), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, s3sim.Config{})
				w.meet(b)
				w.tagged()
				j := newNotes()
				if journal {
					w.opts.Journal = j
				}
				if b.acts {
					w.unanswered = 1
				}
				w.opts.Retry = patient(5)
				w.Inject(s3sim.Fault{Op: "CreateMultipartUpload", Times: 1, Kind: b.kind})
				c := w.copier()
				w.expect(w.runWith(t.Context(), c, w.decide("large"))["large"], reconcile.Copied, "")
				w.sameProperties("large")
				w.remembers(j, 0)
				if sent := w.Requests(); sent["CreateMultipartUpload"] != 2 || sent["UploadPartCopy"] != 5 {
					t.Errorf("sent %v", sent)
				}
				if said := strings.Contains(strings.Join(c.Notes(), ""), "may be left open"); b.acts && !said { // else the stranger's could be meant
					t.Errorf("the notes are %q", c.Notes())
				}
			})
		}
	}
}

// The answers to Create are lost for good: the row says what may be open, and
// the journal keeps the intention, by which the next run names it too.
func TestLostCreateForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.put("k", large())
	w.opts.Retry = again(1)
	j := newNotes()
	w.opts.Journal = j
	lost := w.Inject(s3sim.Fault{Op: "CreateMultipartUpload", Kind: s3sim.CutAfter})
	o := w.one("k")
	if o.Status != reconcile.Failed {
		t.Errorf("%s %s", o.Status, o.Message)
	}
	w.says(o, "may have been opened and left open")
	w.remembers(j, 1)
	lost.Remove()
	w.opts.Journal, w.unanswered = j.next(), 1
	w.expect(w.one("k"), reconcile.Copied, "")
	w.remembers(w.opts.Journal.(*notes), 0)
}

// Somebody else's object turned up after a lost Complete and our upload cannot
// be aborted: it stays in the journal, for the next run to abort.
func TestUploadBesideSomebodysObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.sources()
	j := newNotes()
	w.opts.Journal = j
	w.Inject(s3sim.Fault{Op: "CompleteMultipartUpload", Times: 1, Kind: s3sim.CutBefore, Before: func() { w.foreign("large") }})
	denied := w.Inject(s3sim.Fault{Op: "AbortMultipartUpload", Kind: s3sim.InternalError})
	if o := w.one("large"); o.Status != reconcile.Differs {
		t.Errorf("%s %s", o.Status, o.Message)
	}
	w.untouched("large")
	w.remembers(j, 1)
	denied.Remove()
	w.opts.Journal = j.next()
	w.sweep(1, "")
	w.nothingOpen()
}

// After a complete run the leftovers of objects that have arrived otherwise
// are aborted; those of another prefix and of another bucket are left.
func TestSweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	var all []reconcile.Pending
	var ids []string
	for _, key := range []string{"a/1", "a/2", "b/1"} {
		w.put(key, large())
		p := w.intention(key, time.Now())
		p.UploadID = w.openFor(key).ID
		ids, all = append(ids, p.UploadID), append(all, p)
	}
	all[1].Source.Bucket = "another-glacier"
	foreign := w.openFor("a/1").ID
	j := newNotes(all...)
	w.opts.Journal = j
	w.sweep(1, "a/")
	w.stillOpen(ids[1], ids[2], foreign)
	w.remembers(j, 2)
	w.sweep(0, "a/")
	w.sweep(1, "")
	w.stillOpen(ids[1], foreign)
}

// An upload that cannot be aborted stays in the journal and is named; the
// others are swept all the same. One whose bucket is gone is forgotten.
func TestSweepFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	var all []reconcile.Pending
	for _, key := range []string{"a", "b"} {
		p := w.intention(key, time.Now())
		p.UploadID = w.openFor(key).ID
		all = append(all, p)
	}
	gone := w.intention("c", time.Now())
	gone.UploadID, gone.Target.Bucket = "1", "gone"
	j := newNotes(append(all, gone)...)
	w.opts.Journal = j
	w.Inject(s3sim.Fault{Op: "AbortMultipartUpload", KeyPrefix: "a", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	n, err := copier.New(w.store, w.store, w.opts).Sweep(t.Context(), copier.Concerns(glacier, ""))
	if err == nil || !strings.Contains(err.Error(), all[0].UploadID) || n != 2 {
		t.Errorf("%d swept, %v", n, err)
	}
	w.stillOpen(all[0].UploadID)
	w.remembers(j, 1)
}
