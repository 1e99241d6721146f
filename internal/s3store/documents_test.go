package s3store

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// TestReadDocument: the age is counted by the server's clock alone, and what
// is no whole document is an error.
func TestReadDocument(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) // not this machine's
	for name, c := range map[string]struct {
		written, date string
		age           time.Duration
	}{
		"a minute old":        {now.Add(-time.Minute).Format(http.TimeFormat), now.Format(http.TimeFormat), time.Minute},
		"from the future":     {now.Add(time.Hour).Format(http.TimeFormat), now.Format(http.TimeFormat), 0},
		"no Last-Modified":    {"", now.Format(http.TimeFormat), 0},
		"years ago, to a day": {now.AddDate(-2, 0, 0).Format(http.TimeFormat), now.Format(http.TimeFormat), 730 * 24 * time.Hour},
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", c.date)
			if c.written != "" {
				w.Header().Set("Last-Modified", c.written)
			}
			w.Header().Set("ETag", `"e"`)
			w.Write([]byte("the body"))
		})
		d, err := s.ReadDocument(t.Context(), theTarget)
		if err != nil || d.ETag != "e" || string(d.Body) != "the body" || d.Age != c.age {
			t.Errorf("%s: %+v, %v; want an age of %v", name, d, err, c.age)
		}
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kind   reconcile.Kind
	}{
		"too long": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"e"`)
			w.Write(bytes.Repeat([]byte("x"), maxDocument+1))
		}, reconcile.Other},
		"no ETag": {answerWith(200, "body"), reconcile.Other},
		"broken off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"e"`)
			w.Header().Set("Content-Length", "100")
			w.Write([]byte("half"))
		}, reconcile.Network},
		"not there": {answerWith(404, "<Error><Code>NoSuchKey</Code></Error>"), reconcile.NotFound},
		"denied":    {answerWith(403, "<Error><Code>AccessDenied</Code></Error>"), reconcile.AccessDenied},
	} {
		d, err := serve(t, c.answer).ReadDocument(t.Context(), theTarget)
		if err == nil || len(d.Body) > 0 {
			t.Errorf("%s: %d bytes, %v", name, len(d.Body), err)
			continue
		}
		if e := asOurs(t, err); e.Kind != c.kind {
			t.Errorf("%s: %s: %v", name, e.Kind, e)
		}
	}
}

// TestDocuments: a document is written under its guard, read back and removed;
// removing it again is no error.
func TestDocuments(t *testing.T) {
	srv, s := sim(t, s3sim.Config{})
	at := reconcile.Location{Bucket: "protected", Key: "lock/a b+c\u2028"}
	write := func(body string, g reconcile.Precondition) (string, error) {
		return s.WriteDocument(t.Context(), at, []byte(body), g)
	}
	if _, err := write("never", reconcile.Precondition{IfMatch: "e"}); !errors.Is(err, reconcile.NotFound) {
		t.Errorf("replaced what is not there: %v", err)
	}
	first, err := write("one", reconcile.Precondition{})
	if err != nil || first == "" {
		t.Fatal(first, err)
	}
	for _, g := range []reconcile.Precondition{{}, {IfMatch: "other"}} {
		if _, err := write("two", g); !reconcile.PreconditionFailed(err) || asOurs(t, err).Kind != reconcile.Conflict {
			t.Errorf("guard %+v: %v", g, err)
		}
	}
	second, err := write("two", reconcile.Precondition{IfMatch: first})
	if err != nil || second == first {
		t.Fatal(second, err)
	}
	if _, err := write("three", reconcile.Precondition{Off: true}); err != nil {
		t.Fatal(err)
	}
	d, err := s.ReadDocument(t.Context(), at)
	if err != nil || string(d.Body) != "three" || d.Age < 0 || d.Age > time.Minute {
		t.Errorf("%+v, %v", d, err)
	}
	for range 2 {
		if err := s.RemoveDocument(t.Context(), at); err != nil {
			t.Error(err)
		}
	}
	if n := srv.Len("protected"); n != 0 {
		t.Errorf("%d objects are left", n)
	}
}

// TestWriteDocumentIsBelievedWhenSeen: an answer that is not S3's is no write.
func TestWriteDocumentIsBelievedWhenSeen(t *testing.T) {
	for _, body := range []string{"", "<html>", "<Error><Code>InternalError</Code></Error>"} {
		_, err := serve(t, answerWith(200, body)).WriteDocument(t.Context(), theTarget, []byte("x"), reconcile.Precondition{})
		if e := asOurs(t, err); !reconcile.MayHaveActed(e) || !reconcile.Retryable(e) {
			t.Errorf("%q: %v", body, e)
		}
	}
}

// TestDeletesAreBelievedWhenSeen: only S3's own answer says that something was
// removed or aborted; a wrong 200 is asked about again.
func TestDeletesAreBelievedWhenSeen(t *testing.T) {
	for name, send := range map[string]func(*served) error{
		"Remove":         func(s *served) error { return s.Remove(t.Context(), theTarget, "e") },
		"RemoveDocument": func(s *served) error { return s.RemoveDocument(t.Context(), theTarget) },
		"AbortUpload":    func(s *served) error { return s.AbortUpload(t.Context(), theUpload) },
	} {
		if err := send(serve(t, answerWith(204, ""))); err != nil {
			t.Errorf("%s: 204: %v", name, err)
		}
		for _, body := range []string{"", "<html>", "<Error><Code>InternalError</Code></Error>"} {
			err := send(serve(t, answerWith(200, body)))
			if err == nil || !reconcile.Retryable(err) {
				t.Errorf("%s: 200 %q: %v", name, body, err)
			}
		}
		denied := answerWith(200, "<Error><Code>AccessDenied</Code></Error>")
		if err := send(serve(t, denied)); !errors.Is(err, reconcile.AccessDenied) {
			t.Errorf("%s: denied under 200: %v", name, err)
		}
	}
	for _, status := range []int{200, 404} { // gone already is what was wanted
		gone := answerWith(status, "<Error><Code>NoSuchUpload</Code></Error>")
		if err := serve(t, gone).AbortUpload(t.Context(), theUpload); err != nil {
			t.Errorf("abort of what is gone, under %d: %v", status, err)
		}
	}
}

// TestRemove removes an object only while it has the ETag.
func TestRemove(t *testing.T) {
	srv, s := sim(t, s3sim.Config{})
	info := srv.Put("protected", "k", s3sim.Object{Size: 10})
	at := reconcile.Location{Bucket: "protected", Key: "k"}
	if err := s.Remove(t.Context(), at, "other"); !reconcile.PreconditionFailed(err) {
		t.Errorf("another ETag: %v", err)
	}
	if err := s.Remove(t.Context(), at, info.ETag); err != nil || srv.Len("protected") != 0 {
		t.Errorf("%v", err)
	}
}

// TestExtend keeps a restored copy for longer; what is not restored, or is
// being restored, is an error.
func TestExtend(t *testing.T) {
	srv, s := sim(t, s3sim.Config{})
	srv.Put("glacier", "restored", restored(s3sim.Object{Size: 10}))
	srv.Put("glacier", "online", s3sim.Object{Size: 10})
	srv.Put("glacier", "ongoing", s3sim.Object{Size: 10, StorageClass: "GLACIER", Restore: "ongoing"})
	before, _ := srv.Get("glacier", "restored")
	at := func(key string) reconcile.Location { return reconcile.Location{Bucket: "glacier", Key: key} }
	if err := s.Extend(t.Context(), at("restored"), 30); err != nil {
		t.Fatal(err)
	}
	after, _ := srv.Get("glacier", "restored")
	if longer := after.RestoreExpiry.Sub(before.RestoreExpiry); longer < 26*24*time.Hour {
		t.Errorf("longer by %v", longer)
	}
	for _, key := range []string{"online", "ongoing", "none"} {
		if err := s.Extend(t.Context(), at(key), 30); err == nil {
			t.Errorf("%s: extended", key)
		}
	}
	denied := serve(t, answerWith(200, "<Error><Code>AccessDenied</Code></Error>"))
	if err := denied.Extend(t.Context(), theSource.Location, 3); !errors.Is(err, reconcile.AccessDenied) || !strings.Contains(err.Error(), "s3:RestoreObject") {
		t.Errorf("denied: %v", err)
	}
}

// TestListParts pages through more parts than an answer has, each once and in
// order, also of a key that XML cannot carry.
func TestListParts(t *testing.T) {
	t.Parallel()
	srv, s := sim(t, s3sim.Config{})
	for key, count := range map[string]int32{"plain": 1100, "a\x01b\x1f<&.hdf": 3} {
		info := srv.Put("glacier", key, restored(s3sim.Object{Size: int64(count) * 5 << 20, ContentSeed: 1}))
		source := reconcile.Object{Location: reconcile.Location{Bucket: "glacier", Key: key}, Size: info.Size, ETag: info.ETag}
		target := reconcile.Location{Bucket: "protected", Key: key}
		u, err := s.CreateUpload(t.Context(), reconcile.UploadRequest{Target: target})
		if err != nil {
			t.Fatal(err)
		}
		for n := range int64(count) {
			p := reconcile.Part{Number: int32(n + 1), Offset: n * 5 << 20, Size: 5 << 20}
			if _, err := s.CopyPart(t.Context(), reconcile.PartRequest{Upload: u, Source: source, Part: p}); err != nil {
				t.Fatal(err)
			}
		}
		seen, pages := int32(0), 0
		for after, more := int32(0), true; more; more = after > 0 {
			parts, next, err := s.ListParts(t.Context(), u, after)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range parts {
				if seen++; p.Number != seen || p.Size != 5<<20 || p.ETag == "" {
					t.Fatalf("part %d is %+v", seen, p)
				}
			}
			after = next
			pages++
		}
		if seen != count || pages != int(count)/1000+1 {
			t.Errorf("%d parts on %d pages", seen, pages)
		}
		if err := s.AbortUpload(t.Context(), u); err != nil {
			t.Error(err)
		}
		if _, _, err := s.ListParts(t.Context(), u, 0); !errors.Is(err, reconcile.NotFound) {
			t.Errorf("parts of an aborted upload: %v", err)
		}
	}
}

// TestListPartsAnswers: parts bring the checksum of the upload's algorithm, to
// be sent with Complete, and what is no list of parts is an error.
func TestListPartsAnswers(t *testing.T) {
	list := func(rest string) string {
		return `<ListPartsResult><UploadId>upload-1</UploadId>` + rest + `</ListPartsResult>`
	}
	part := `<Part><PartNumber>7</PartNumber><Size>5</Size><ETag>"e"</ETag><ChecksumCRC32C>AAAAAA==</ChecksumCRC32C></Part>`
	u := theUpload
	u.Checksum = "CRC32C"
	s := serve(t, answerWith(200, list("<IsTruncated>true</IsTruncated>"+part)))
	parts, next, err := s.ListParts(t.Context(), u, 6)
	if err != nil || next != 7 || len(parts) != 1 || parts[0].Checksum.Value != "AAAAAA==" || parts[0].Checksum.Algorithm != "CRC32C" {
		t.Errorf("%+v, next %d, %v", parts, next, err)
	}
	if got := s.last.Load().URL.Query().Get("part-number-marker"); got != "6" {
		t.Errorf("asked from %q", got)
	}
	if sum := completedParts(reconcile.CompleteRequest{Upload: u, Parts: parts})[0].ChecksumCRC32C; sum == nil || *sum != "AAAAAA==" {
		t.Error("the checksum is not sent with Complete")
	}
	parts, _, err = s.ListParts(t.Context(), theUpload, 0) // S3 refuses another algorithm than the upload's
	if err != nil || parts[0].Checksum != (reconcile.Checksum{}) {
		t.Errorf("%+v, %v", parts, err)
	}
	for _, body := range []string{"", "<html>", list(""), list("<IsTruncated>true</IsTruncated>"), "<Error><Code>InternalError</Code></Error>"} {
		got, _, err := serve(t, answerWith(200, body)).ListParts(t.Context(), u, 0)
		if body == list("") {
			if err != nil || len(got) > 0 {
				t.Errorf("no parts: %v, %v", got, err)
			}
		} else if err == nil {
			t.Errorf("%q was believed: %v", body, got)
		}
	}
}

// TestWithoutControls takes out what XML cannot carry, and nothing else.
func TestWithoutControls(t *testing.T) {
	for in, want := range map[string]string{
		"a\x01b\tc\nd\re\x1f":                         "a?b\tc\nd\re?",
		"&#x1;&#x01;&#1;&#31;&#x1F;&#x1f;&#x000001f;": "???????",
		"&#x9;&#10;&#xD;&#x20;&#32;&#233;&amp;":       "&#x9;&#10;&#xD;&#x20;&#32;&#233;&amp;",
		"é\u2028😀":                                    "é\u2028😀",
	} {
		if got := string(withoutControls([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
