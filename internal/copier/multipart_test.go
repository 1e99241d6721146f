package copier_test

import (
	"fmt"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// large is an object with everything, copied by five parts.
func large() s3sim.Object {
	o := rich()
	o.Size = 23 * mib
	return o
}

// By parts too, everything arrives, with HEAD, tags, Create, parts, Complete
// and nothing else; tags are asked about once when there are none.
func TestPartsCarryEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.put("k", large())
	o := w.one("k")
	w.expect(o, reconcile.Copied, "")
	w.sameProperties("k")
	w.sent(map[string]int64{
		"HeadObject": 1, "GetObjectTagging": 1, "CreateMultipartUpload": 1, "UploadPartCopy": 5, "CompleteMultipartUpload": 1,
	})
}

// Tags are read per object where there are some; their absence is believed
// once they could be read anywhere in the bucket.
func TestTagsAreAskedAboutOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.opts.Concurrency = 1
	var all []reconcile.Decision
	for _, key := range keys("k", 4) {
		w.byParts(key, 1, 5, 1)
		all = append(all, w.decide(key))
	}
	w.put("tagged", large())
	all = append(all, w.decide("tagged"))
	for _, o := range w.run(t.Context(), all...) {
		w.expect(o, reconcile.Copied, "")
	}
	w.sameProperties("tagged")
	if n := w.Requests()["GetObjectTagging"]; n != 2 {
		t.Errorf("%d GetObjectTagging, want 2", n)
	}
}

// bigTags are more than fits into a header of 2 KB.
func bigTags() map[string]string {
	tags := map[string]string{}
	for i := range 10 {
		tags[fmt.Sprintf("key-%d-%s", i, strings.Repeat("k", 100))] = strings.Repeat("ü", 200)
	}
	return tags
}

func TestTagsOver2KB(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	o := large()
	o.Tags = bigTags()
	w.put("k", o)
	w.expect(w.one("k"), reconcile.Copied, "")
	w.sameProperties("k")
	w.sent(map[string]int64{
		"HeadObject": 1, "GetObjectTagging": 1, "CreateMultipartUpload": 1, "UploadPartCopy": 5,
		"CompleteMultipartUpload": 1, "PutObjectTagging": 1,
	})
}

// A copy without its tags is not right, and the row says what is wrong.
func TestPutTagsDenied(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	o := large()
	o.Tags = bigTags()
	w.put("k", o)
	w.Inject(s3sim.Fault{Op: "PutObjectTagging", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	out := w.one("k")
	if out.Status != reconcile.Failed || out.ErrorKind != reconcile.AccessDenied {
		t.Errorf("%s/%s %s", out.Status, out.ErrorKind, out.Message)
	}
	w.says(out, "without its tags", "s3:PutObjectTagging")
	w.nothingOpen()
}

// Nor does a lost answer to Complete, which was found to have landed, make up
// for tags that were refused afterwards.
func TestPutTagsDeniedAfterALostAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.tagged()
	w.Inject(s3sim.Fault{Op: "CompleteMultipartUpload", Times: 1, Kind: s3sim.CutAfter})
	w.Inject(s3sim.Fault{Op: "PutObjectTagging", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	if o := w.one("large"); o.Status != reconcile.Failed || o.ErrorKind != reconcile.AccessDenied {
		t.Errorf("%s/%s %s", o.Status, o.ErrorKind, o.Message)
	}
}

// The right that is missing for tags is named before any byte is copied.
func TestTagsNotReadable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.put("k", large())
	w.Inject(s3sim.Fault{Op: "GetObjectTagging", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Message: "Access Denied"})
	o := w.one("k")
	w.expect(o, reconcile.Failed, reconcile.AccessDenied)
	w.says(o, "s3:GetObjectTagging", "s3://glacier/k")
	w.sent(map[string]int64{"HeadObject": 1, "GetObjectTagging": 1})
}

// A server without tags has none to lose.
func TestServerWithoutTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.byParts("k", 1, 5, 1)
	w.Inject(s3sim.Fault{Op: "GetObjectTagging", Kind: s3sim.Respond, Status: 501, Code: "NotImplemented"})
	w.expect(w.one("k"), reconcile.Copied, "")
}

// A part that fails for good ends the upload: no further parts, aborted.
func TestFailingPartAborts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.put("k", s3sim.Object{Size: 500 * mib})
	w.Inject(s3sim.Fault{Op: "UploadPartCopy", Skip: 3, Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	o := w.one("k")
	w.expect(o, reconcile.Failed, reconcile.AccessDenied)
	w.says(o, "UploadPartCopy", "s3:GetObject")
	r := w.Requests()
	if r["AbortMultipartUpload"] != 1 || r["CompleteMultipartUpload"] != 0 || r["UploadPartCopy"] > 40 {
		t.Errorf("requests: %v", r)
	}
}

// An upload that cannot be aborted is named, with its id.
func TestUploadLeftOpenIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.put("k", large())
	w.Inject(s3sim.Fault{Op: "UploadPartCopy", Kind: s3sim.Respond, Status: 400, Code: "InvalidArgument"})
	w.Inject(s3sim.Fault{Op: "AbortMultipartUpload", Kind: s3sim.InternalError})
	o := w.one("k")
	open := w.OpenUploads(archive)
	if o.Status != reconcile.Failed || o.ErrorKind != reconcile.Other || len(open) != 1 {
		t.Fatalf("%s/%s, open %v", o.Status, o.ErrorKind, open)
	}
	w.says(o, "InvalidArgument", "left open", open[0].UploadID)
	if n := w.Requests()["AbortMultipartUpload"]; n != 3 {
		t.Errorf("%d aborts, want 3", n)
	}
}

// The abort is tried again like anything else.
func TestAbortIsRetried(t *testing.T) {
	t.Parallel()
	for _, kind := range []s3sim.FaultKind{s3sim.CutBefore, s3sim.CutAfter, s3sim.InternalError, s3sim.SlowDown, s3sim.ErrorInOK} {
		w := newWorld(t, s3sim.Config{})
		w.put("k", large())
		w.Inject(s3sim.Fault{Op: "CompleteMultipartUpload", Kind: s3sim.Respond, Status: 400, Code: "InvalidPart"})
		w.Inject(s3sim.Fault{Op: "AbortMultipartUpload", Times: 1, Kind: kind})
		w.expect(w.one("k"), reconcile.Failed, reconcile.Other)
	}
}

// A server that does not tell the number of parts leaves no layout to keep.
func TestServerThatTellsNoParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.byParts("k", 1, 8, 3)
	d := w.decide("k")
	w.store = partless{w.store}
	o := w.run(t.Context(), d)["k"]
	w.expect(o, reconcile.Copied, "")
	if o.Proof != reconcile.ProofSize {
		t.Errorf("proof %s", o.Proof)
	}
	if n := w.Requests()["UploadPartCopy"]; n != 3 {
		t.Errorf("%d parts, want 3 of 5 MiB", n)
	}
}
