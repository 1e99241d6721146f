package s3store

import (
	"bytes"
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// TestBareIfMatch: a server that takes If-Match without quotes only is given it
// that way, from the second write on at once; a condition that is not met is
// refused there, too.
func TestBareIfMatch(t *testing.T) {
	srv, s := sim(t, s3sim.Config{Quirks: s3sim.Quirks{RefuseIfMatch: true}})
	at := reconcile.Location{Bucket: "protected", Key: "document"}
	etag, err := s.WriteDocument(t.Context(), at, []byte("0"), reconcile.Precondition{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.WriteDocument(t.Context(), at, []byte("1"), reconcile.Precondition{IfMatch: "another"}); !reconcile.PreconditionFailed(err) {
		t.Errorf("not met: %v", err)
	}
	for i := range 3 {
		before := srv.Requests()["PutObject"]
		if etag, err = s.WriteDocument(t.Context(), at, []byte{byte('a' + i)}, reconcile.Precondition{IfMatch: etag}); err != nil {
			t.Fatal(err)
		}
		if sent := srv.Requests()["PutObject"] - before; sent > 1 && i > 0 {
			t.Errorf("write %d took %d requests", i, sent)
		}
	}
	if _, err := s.WriteDocument(t.Context(), at, []byte("2"), reconcile.Precondition{IfMatch: "another"}); !reconcile.PreconditionFailed(err) {
		t.Errorf("not met: %v", err)
	}
	_, other := sim(t, s3sim.Config{Quirks: s3sim.Quirks{RefuseIfMatch: true}})
	etag, _ = other.WriteDocument(t.Context(), at, []byte("0"), reconcile.Precondition{})
	if err := other.UploadWhen(t.Context(), at, bytes.NewReader([]byte("a report")), "", reconcile.Precondition{IfMatch: etag}); err != nil {
		t.Errorf("a report: %v", err)
	}
}
