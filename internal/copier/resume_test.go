package copier_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
	"reconcile/internal/s3store"
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
func (w *world) remembers(n *notes, want int) {
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

func (w *world) at(key string) reconcile.Location {
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
func (w *world) stillOpen(want ...string) {
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

// The next run copies the parts that are missing and no others, whatever the
// layout; headers, metadata and tags, late ones too, are as without the stop,
// and the copy is proved.
func TestResumedPartByPart(t *testing.T) {
	t.Parallel()
	for name, tags := range map[string]map[string]string{"no tags": nil, "tags": {"a": "b"}, "late tags": bigTags()} {
		for _, sizes := range [][]int64{nil, sizes(5, 5, 5, 5, 3), sizes(5, 7, 5, 6)} {
			t.Run(fmt.Sprint(name, len(sizes)), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, s3sim.Config{})
				w.opts.Concurrency = 1
				o := large()
				o.Tags, o.PartSizes, o.NoChecksum = tags, sizes, sizes != nil
				w.put("k", o)
				j, there := w.interrupted("k", 2)
				got := w.one("k")
				w.expect(got, reconcile.Copied, "")
				w.sameProperties("k")
				w.remembers(j, 0)
				sent := w.Requests()
				all := 5
				if len(sizes) == 4 {
					all = 4
				}
				if n := int(sent["UploadPartCopy"]); n != all-there || sent["CreateMultipartUpload"] != 0 || sent["ListParts"] != 1 {
					t.Errorf("%d parts were there of %d; sent %v", there, all, sent)
				}
				if got.Proof == "" || got.Proof == reconcile.ProofSize {
					t.Errorf("proof %q", got.Proof)
				}
			})
		}
	}
}

// An upload of what the source was before, or one that is cut or summed
// otherwise, is aborted and begun anew: never a mixture.
func TestResumeOfSomethingElse(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world, *s3sim.Object){
		"content":  func(_ *world, o *s3sim.Object) { o.ContentSeed = 99 },
		"size":     func(_ *world, o *s3sim.Object) { o.Size += mib },
		"time":     func(_ *world, o *s3sim.Object) { o.LastModified = time.Now().Add(-time.Hour) },
		"layout":   func(w *world, _ *s3sim.Object) { w.opts.PartSize = 6 * mib },
		"checksum": func(_ *world, o *s3sim.Object) { o.ChecksumAlgorithm = "CRC32C" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, s3sim.Config{})
			o := large()
			o.LastModified = time.Now()
			w.put("k", o)
			j, _ := w.interrupted("k", 3)
			change(w, &o)
			w.put("k", o)
			w.expect(w.one("k"), reconcile.Copied, "")
			w.sameProperties("k")
			w.remembers(j, 0)
			sent := w.Requests()
			if sent["AbortMultipartUpload"] != 1 || sent["CreateMultipartUpload"] != 1 || sent["UploadPartCopy"] < 4 || sent["ListParts"] != 0 {
				t.Errorf("sent %v", sent)
			}
		})
	}
}

// An upload that is gone, because a lifecycle rule or somebody aborted it, is
// begun anew.
func TestResumeOfWhatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.put("k", large())
	j, _ := w.interrupted("k", 3)
	if err := w.store.AbortUpload(t.Context(), reconcile.Upload{Target: w.at("k"), ID: j.kept[w.at("k")].UploadID}); err != nil {
		t.Fatal(err)
	}
	w.ResetRequests()
	w.expect(w.one("k"), reconcile.Copied, "")
	w.remembers(j, 0)
	if sent := w.Requests(); sent["CreateMultipartUpload"] != 1 || sent["UploadPartCopy"] != 5 {
		t.Errorf("sent %v", sent)
	}
}

// A listed part that is not of the size it must be is copied again.
func TestResumeWithAWrongPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.opts.Concurrency = 1
	w.put("k", large())
	j, there := w.interrupted("k", 3)
	w.give(reconcile.Upload{Target: w.at("k"), ID: j.kept[w.at("k")].UploadID}, "k", reconcile.Part{Number: 2, Size: 6 * mib})
	w.ResetRequests()
	w.expect(w.one("k"), reconcile.Copied, "")
	if sent := w.Requests(); sent["UploadPartCopy"] != int64(5-there+1) {
		t.Errorf("%d parts there, one of them wrong, and sent %v", there, sent)
	}
}

// More parts than a page of ListParts has: none of them is copied again.
func TestResumeOfManyParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{Quirks: s3sim.Quirks{ListPage: 100}})
	w.opts.Concurrency = 16
	w.put("k", s3sim.Object{Size: 150 * 5 * mib, ContentSeed: 3})
	j, there := w.interrupted("k", 120)
	w.expect(w.one("k"), reconcile.Copied, "")
	w.remembers(j, 0)
	if sent := w.Requests(); sent["ListParts"] != 2 || sent["UploadPartCopy"] != int64(150-there) {
		t.Errorf("%d parts were there, sent %v", there, sent)
	}
}

// No right to list parts, or a server that cannot: the upload is aborted and
// begun anew, because resuming only saves work.
func TestResumeWithoutListParts(t *testing.T) {
	t.Parallel()
	for status, code := range map[int]string{403: "AccessDenied", 501: "NotImplemented"} {
		w := newWorld(t, s3sim.Config{})
		w.put("k", large())
		j, _ := w.interrupted("k", 3)
		w.Inject(s3sim.Fault{Op: "ListParts", Kind: s3sim.Respond, Status: status, Code: code})
		w.expect(w.one("k"), reconcile.Copied, "")
		w.remembers(j, 0)
	}
}

// When the network fails at resuming, nothing is given up: the entry stays for
// the next run.
func TestResumeOverABrokenNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.put("k", large())
	j, _ := w.interrupted("k", 3)
	fault := w.Inject(s3sim.Fault{Op: "ListParts", Kind: s3sim.CutBefore})
	if o := w.one("k"); o.Status != reconcile.Failed || o.ErrorKind != reconcile.Network {
		t.Errorf("%s/%s %s", o.Status, o.ErrorKind, o.Message)
	}
	w.remembers(j, 1)
	fault.Remove()
	w.opts.Journal = j.next()
	w.ResetRequests()
	w.expect(w.one("k"), reconcile.Copied, "")
	if sent := w.Requests(); sent["CreateMultipartUpload"] != 0 {
		t.Errorf("sent %v", sent)
	}
}

// summed gives parts checksums, as S3 does, and keeps what Complete was sent.
type summed struct {
	copier.Store
	completed []reconcile.CompleteRequest
}

func sumOf(u reconcile.Upload, p reconcile.Part) reconcile.Part {
	p.Checksum = reconcile.Checksum{Algorithm: u.Checksum, Value: fmt.Sprint("sum of part ", p.Number)}
	return p
}

func (s *summed) CopyPart(ctx context.Context, r reconcile.PartRequest) (reconcile.Part, error) {
	p, err := s.Store.CopyPart(ctx, r)
	return sumOf(r.Upload, p), err
}

func (s *summed) ListParts(ctx context.Context, u reconcile.Upload, after int32) ([]reconcile.Part, int32, error) {
	parts, next, err := s.Store.ListParts(ctx, u, after)
	for i, p := range parts {
		parts[i] = sumOf(u, p)
	}
	return parts, next, err
}

func (s *summed) CompleteUpload(ctx context.Context, r reconcile.CompleteRequest) (reconcile.Written, error) {
	s.completed = append(s.completed, r)
	r.Parts = slices.Clone(r.Parts)
	for i := range r.Parts {
		r.Parts[i].Checksum = reconcile.Checksum{}
	}
	return s.Store.CompleteUpload(ctx, r)
}

// S3 wants each part's checksum with Complete where the upload was opened with
// an algorithm: also of the parts that an earlier run has copied.
func TestResumedPartsBringTheirChecksums(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.opts.Concurrency = 1
	w.put("k", large())
	store := &summed{Store: w.store}
	w.store = store
	w.interrupted("k", 3)
	o := w.one("k")
	w.expect(o, reconcile.Copied, "")
	if o.Proof != reconcile.ProofChecksum {
		t.Errorf("proof %q", o.Proof)
	}
	for _, r := range store.completed {
		for i, p := range r.Parts {
			if want := fmt.Sprint("sum of part ", i+1); p.Checksum.Value != want || p.Checksum.Algorithm != "CRC64NVME" || p.Number != int32(i+1) || p.ETag == "" {
				t.Errorf("part %d was completed as %+v", i+1, p)
			}
		}
	}
	if len(store.completed) != 1 || len(store.completed[0].Parts) != 5 {
		t.Errorf("completed %+v", store.completed)
	}
}

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

// What differs from today's settings is begun anew: the class, the key, the
// ACL that the killed run had, and tags that were changed since.
func TestResumeUnderOtherSettings(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]s3store.Bucket{
		"class": {StorageClass: "STANDARD_IA"}, "key": {KMSKeyID: "key"}, "ACL": {ACL: "public-read"}, "tags": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, s3sim.Config{})
			w.put("k", large())
			today := w.store
			settings.EndpointURL, settings.Region = w.URL(), w.Region()
			killed, err := s3store.Open(t.Context(), s3store.Config{Default: settings})
			if err != nil {
				t.Fatal(err)
			}
			w.store = killed
			j, _ := w.interrupted("k", 3)
			w.store = today
			if name == "tags" {
				if err := w.store.PutTags(t.Context(), reconcile.Location{Bucket: glacier, Key: "k"}, map[string]string{"a": "b"}); err != nil {
					t.Fatal(err)
				}
			}
			w.ResetRequests()
			w.expect(w.one("k"), reconcile.Copied, "")
			w.sameProperties("k")
			w.remembers(j, 0)
			if got, _ := w.Get(archive, "k"); got.StorageClass != "STANDARD" || got.KMSKeyID != "" || got.ACL != "" {
				t.Errorf("class %s, key %q, ACL %q", got.StorageClass, got.KMSKeyID, got.ACL)
			}
			if sent := w.Requests(); sent["AbortMultipartUpload"] != 1 || sent["CreateMultipartUpload"] != 1 {
				t.Errorf("sent %v", sent)
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

// A control character in the key, which XML cannot carry: by parts it arrives
// as any other, also when an answer is lost or the run is stopped, with
// nothing left open.
func TestControlCharacterInAKey(t *testing.T) {
	t.Parallel()
	const key = "a\x01b\x1f/\u2028.hdf"
	for name, prepare := range map[string]func(*world){
		"plain":         func(*world) {},
		"lost create":   func(w *world) { w.Inject(s3sim.Fault{Op: "CreateMultipartUpload", Times: 1, Kind: s3sim.CutAfter}) },
		"lost complete": func(w *world) { w.Inject(s3sim.Fault{Op: "CompleteMultipartUpload", Times: 1, Kind: s3sim.CutAfter}) },
		"resumed":       func(w *world) { w.interrupted(key, 2) },
		"without a name": func(w *world) {
			w.openFor(key)
			w.opts.Journal = newNotes(w.intention(key, time.Now()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, s3sim.Config{})
			w.opts.Concurrency, w.unanswered = 1, 1
			w.put(key, large())
			prepare(w)
			o := w.one(key)
			w.expect(o, reconcile.Copied, "")
			w.sameProperties(key)
			if n := w.Requests()["UploadPartCopy"]; n > 5 || name == "resumed" && n > 3 {
				t.Errorf("%d parts were copied", n)
			}
			if o.Proof != reconcile.ProofChecksum {
				t.Errorf("proof %s", o.Proof)
			}
		})
	}
}
