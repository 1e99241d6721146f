package copier_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// foreignServer is a world whose server is not Amazon's.
func foreignServer(t *testing.T, q s3sim.Quirks) *world {
	t.Helper()
	w := newWorld(t, s3sim.Config{Quirks: q})
	w.opts.Policy.Digests = &reconcile.Digests{}
	return w
}

// ETags that are no MD5, by their form or in spite of it, condemn no copy: it
// is copied and proved by its checksum, or counted as of equal size.
func TestETagsThatAreNoDigests(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]s3sim.Quirks{"odd": {OddETags: true}, "of the name": {NameETags: true}} {
		for _, silent := range []bool{false, true} {
			t.Run(fmt.Sprint(name, silent), func(t *testing.T) {
				t.Parallel()
				q := quirks
				q.NoChecksums = silent
				w := foreignServer(t, q)
				w.opts.RemoveUnproved = true
				w.small("small", 1)
				w.byParts("parts", 2, 6, 6, 3)
				want := reconcile.ProofChecksum
				if silent {
					want = reconcile.ProofSize
				}
				for _, key := range []string{"small", "parts"} {
					o := w.one(key)
					w.expect(o, reconcile.Copied, "")
					if key == "small" && o.Proof != want {
						t.Errorf("%s: proof %q, want %q", key, o.Proof, want)
					}
				}
				w.opts.Policy.Overwrite = true
				w.ResetRequests()
				for _, key := range []string{"small", "parts"} { // and the next night
					w.expect(w.one(key), reconcile.Present, "")
				}
				if sent := w.Requests(); sent["CopyObject"]+sent["CreateMultipartUpload"]+sent["DeleteObject"] != 0 {
					t.Errorf("the next night sent %v", sent)
				}
			})
		}
	}
}

// An ETag that disagrees is no reason to remove a copy, also where ETags are
// digests.
func TestNothingIsRemovedForAnETag(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{Quirks: s3sim.Quirks{NameETags: true, NoChecksums: true}})
	w.opts.RemoveUnproved = true
	w.small("k", 1)
	w.gone(w.one("k"), false, "left in place")
}

// In a bucket with versions only the version is removed that this run has
// written.
func TestRemoveUnprovedRemovesItsVersion(t *testing.T) {
	t.Parallel()
	w := altered(t, s3sim.Object{Size: 1000}, s3sim.Versioned())
	w.gone(w.one("k"), true, "was removed")
	if q := w.Requests()["DeleteObject"]; q != 1 {
		t.Errorf("%d deletes", q)
	}
	if n := w.Versions(archive, "k"); n != 0 {
		t.Errorf("%d versions are left, delete markers counted", n)
	}
}

// A server without UploadPartCopy: by CopyObject up to 5 GiB, nothing is left
// open, and the next object goes that way at once.
func TestNoPartCopy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{Quirks: s3sim.Quirks{NoPartCopy: true}})
	w.byParts("a", 1, 6, 6)
	w.byParts("b", 2, 6, 6)
	w.opts.Concurrency = 1
	out := w.run(t.Context(), w.decide("a"), w.decide("b"))
	for _, key := range []string{"a", "b"} {
		w.expect(out[key], reconcile.Copied, "")
		if out[key].Method != reconcile.MethodCopy {
			t.Errorf("%s: method %s", key, out[key].Method)
		}
	}
	if sent := w.Requests(); sent["CreateMultipartUpload"] != 1 || sent["AbortMultipartUpload"] != 1 || sent["CopyObject"] != 2 {
		t.Errorf("sent %v", sent)
	}
	w.put("huge", s3sim.Object{Size: 6 << 30})
	if o := w.one("huge"); o.Status != reconcile.Failed {
		t.Errorf("%s %s", o.Status, o.Message)
	}
	w.nothingOpen()
}

// There are more ways of saying that than 501.
func TestNoPartCopyInOtherWords(t *testing.T) {
	t.Parallel()
	for status, code := range map[int]string{405: "MethodNotAllowed", 400: "NotImplemented", 501: ""} {
		w := newWorld(t, s3sim.Config{})
		w.Inject(s3sim.Fault{Op: "UploadPartCopy", Kind: s3sim.Respond, Status: status, Code: code})
		w.byParts("k", 1, 6, 6)
		o := w.one("k")
		w.expect(o, reconcile.Copied, "")
		if sent := w.Requests(); o.Method != reconcile.MethodCopy || sent["CopyObject"] != 1 || sent["UploadPartCopy"] > 2 {
			t.Errorf("%d %s: method %s, sent %v", status, code, o.Method, sent)
		}
	}
}

// What is too much for one CopyObject, by its answer or by its time, goes by
// parts, and so does what is as large from there on.
func TestTooLargeForOneCopy(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*world){
		"413": func(*world) {},
		"504": func(w *world) {
			w.Inject(s3sim.Fault{Op: "CopyObject", Kind: s3sim.Respond, Status: 504, Code: "GatewayTimeout"})
		},
		"slow": func(w *world) { w.impatient(); w.Inject(s3sim.Fault{Op: "CopyObject", Kind: s3sim.Hang}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := s3sim.Quirks{}
			if name == "413" {
				q.LargestCopy = 8 * mib
			}
			w := newWorld(t, s3sim.Config{Quirks: q})
			w.opts.Concurrency, w.opts.Retry = 1, again(2)
			prepare(w)
			w.put("a", s3sim.Object{Size: 12 * mib})
			w.put("b", s3sim.Object{Size: 14 * mib})
			out := w.run(t.Context(), w.decide("a"), w.decide("b"))
			for _, key := range []string{"a", "b"} {
				w.expect(out[key], reconcile.Copied, "")
				if out[key].Method != reconcile.MethodMultipart {
					t.Errorf("%s: method %s", key, out[key].Method)
				}
			}
			if n := w.Requests()["CopyObject"]; n > 2 {
				t.Errorf("%d CopyObject", n)
			}
		})
	}
}

// A CopyObject that takes no condition: the multipart way's completion does,
// on Amazon and elsewhere, and nothing is written without a condition.
func TestConditionByParts(t *testing.T) {
	t.Parallel()
	for _, trusted := range []bool{false, true} {
		w := newWorld(t, s3sim.Config{Quirks: s3sim.Quirks{RefuseCopyConditions: true}})
		if !trusted {
			w.untrusted()
		}
		w.opts.Concurrency = 1
		w.small("a", 1)
		w.small("b", 2)
		w.put("empty", s3sim.Object{Size: 0})
		out := w.run(t.Context(), w.decide("a"), w.decide("b"), w.decide("empty"))
		for _, key := range []string{"a", "b", "empty"} {
			w.expect(out[key], reconcile.Copied, "")
		}
		if sent := w.Requests(); sent["CopyObject"] != 1 || sent["CompleteMultipartUpload"] < 3 {
			t.Errorf("sent %v", sent)
		}
	}
}

// The same where the header is refused as an unknown one, with status 400; a 400
// for another reason is no reason to go another way.
func TestConditionUnknown(t *testing.T) {
	t.Parallel()
	conditional := func(r *http.Request) bool { return r.Header.Get("If-None-Match")+r.Header.Get("If-Match") != "" }
	for _, op := range []string{"CopyObject", ""} {
		w := newWorld(t, s3sim.Config{})
		w.untrusted()
		w.Inject(s3sim.Fault{Op: op, Match: conditional, Kind: s3sim.Respond, Status: 400, Code: "InvalidArgument", Message: "Unsupported header 'if-none-match' received for this API call."})
		w.small("a", 1)
		w.byParts("b", 2, 6, 6)
		out := w.run(t.Context(), w.decide("a"), w.decide("b"))
		w.expect(out["a"], reconcile.Copied, "")
		w.expect(out["b"], reconcile.Copied, "")
	}
	w := newWorld(t, s3sim.Config{})
	w.Inject(s3sim.Fault{Op: "CopyObject", Kind: s3sim.Respond, Status: 400, Code: "InvalidRequest", Message: "The source is encrypted with a key that the header does not name"})
	w.small("a", 1)
	if o := w.one("a"); o.Status != reconcile.Failed || w.Requests()["CreateMultipartUpload"] > 0 {
		t.Errorf("%s, sent %v", o.Status, w.Requests())
	}
}

// A server without tags that does not say 501: where HEAD tells of none, there
// is none to lose; where it tells of some, the copy fails.
func TestNoTagging(t *testing.T) {
	t.Parallel()
	for status, code := range map[int]string{400: "InvalidRequest", 404: "NoSuchTagSet", 405: ""} {
		w := newWorld(t, s3sim.Config{Quirks: s3sim.Quirks{NoTagging: code == ""}})
		if code != "" {
			w.Inject(s3sim.Fault{Op: "GetObjectTagging", Kind: s3sim.Respond, Status: status, Code: code})
		}
		w.byParts("none", 1, 6, 6)
		w.expect(w.one("none"), reconcile.Copied, "")
		w.put("some", s3sim.Object{Size: 12 * mib, PartSizes: sizes(6, 6), NoChecksum: true, Tags: map[string]string{"a": "b"}})
		if o := w.one("some"); o.Status != reconcile.Failed {
			t.Errorf("%d: %s, without its tags", status, o.Status)
		}
	}
}

// A HEAD that ignores the part's number tells nothing of the layout: the copy
// is cut at this program's own boundaries.
func TestPartNumberIgnored(t *testing.T) {
	t.Parallel()
	for _, parts := range [][]int64{{6, 6}, {6, 7, 5}, {5, 5, 5, 5}} {
		w := newWorld(t, s3sim.Config{Quirks: s3sim.Quirks{IgnorePartNumber: true}})
		w.byParts("k", 1, parts...)
		o := w.one("k")
		w.expect(o, reconcile.Copied, "")
		if o.Method != reconcile.MethodMultipart {
			t.Errorf("method %s", o.Method)
		}
	}
}

// Each condition is believed by its own evidence: a server that honours
// If-Match and ignores If-None-Match overwrites nothing of anybody else's, and
// the notes say so.
func TestIfNoneMatchIgnored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{Quirks: s3sim.Quirks{IgnoreIfNoneMatch: true}})
	w.untrusted()
	w.opts.Concurrency, w.opts.Policy.Overwrite = 1, true
	w.small("a-overwritten", 1)
	w.Put(archive, "a-overwritten", s3sim.Object{Body: []byte("older")})
	first := w.decide("a-overwritten") // If-Match is seen to be honoured
	all := []reconcile.Decision{first}
	keys := w.putRestored(5)
	for _, key := range keys {
		all = append(all, w.decide(key))
		if key != keys[0] {
			w.Put(archive, key, s3sim.Object{Body: []byte("somebody else's")})
		}
	}
	c := w.copier()
	out := w.runWith(t.Context(), c, all...)
	w.expect(out["a-overwritten"], reconcile.Copied, "")
	w.expect(out[keys[0]], reconcile.Copied, "")
	for _, key := range keys[1:] {
		if o := out[key]; o.Status != reconcile.Differs || string(w.Read(archive, key, 0, 15)) != "somebody else's" {
			t.Errorf("%s: %s %s", key, o.Status, o.Message)
		}
	}
	if notes := strings.Join(c.Notes(), "\n"); !strings.Contains(notes, "the guard was off") || !strings.Contains(notes, "CopyObject") {
		t.Errorf("notes %q", notes)
	}
}

// What is refused every time for one reason is tried a few dozen times; the
// rest fails with that cause, and one line says so.
func TestSystematicRefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	var log bytes.Buffer
	w.opts.Log = slog.New(slog.NewTextHandler(&log, nil))
	w.Inject(s3sim.Fault{Op: "CopyObject", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	out := w.run(t.Context(), w.many(*manyObjects)...)
	for key, o := range out {
		if o.Status != reconcile.Failed || o.ErrorKind != reconcile.AccessDenied || !strings.Contains(o.Message, "AccessDenied") {
			t.Fatalf("%s: %s/%s %s", key, o.Status, o.ErrorKind, o.Message)
		}
	}
	var sent int64
	for _, n := range w.Requests() {
		sent += n
	}
	if n := strings.Count(log.String(), "the rest is not tried"); sent > 100 || n != 1 {
		t.Errorf("%d requests, %d lines", sent, n)
	}
}

// A refusal of some folders is no refusal of all, and one success shows that it
// is not systematic.
func TestRefusalOfSome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.opts.Concurrency = 1
	w.Inject(s3sim.Fault{Op: "CopyObject", KeyPrefix: "a/", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	var all []reconcile.Decision
	for i := range 60 {
		key := fmt.Sprintf("a/%02d", i)
		w.small(key, uint64(i))
		all = append(all, w.decide(key))
	}
	w.small("b/1", 1)
	w.small("b/2", 2)
	out := w.run(t.Context(), append(all, w.decide("b/1"), w.decide("b/2"))...)
	for _, key := range []string{"b/1", "b/2"} {
		w.expect(out[key], reconcile.Copied, "")
	}
}

// A restored copy that lapses before its turn has come is a failure, never
// quietly not restored.
func TestLapsedIsAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.small("k", 1)
	d := w.decide("k")
	w.opts.Now = func() time.Time { return time.Now().Add(72 * time.Hour) }
	w.expect(w.run(t.Context(), d)["k"], reconcile.Failed, reconcile.Unreadable)
}
