package copier_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
	"reconcile/internal/s3store"
)

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
