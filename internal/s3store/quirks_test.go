package s3store

import (
	"bytes"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// TestQuirks does what a run does on servers of every kind: it lists, looks,
// copies both ways, and writes small and large objects of its own.
func TestQuirks(t *testing.T) {
	t.Parallel()
	large := make([]byte, 6<<20)
	for name, quirks := range map[string]s3sim.Quirks{
		"none":                 {},
		"RefuseSignedEncoding": {RefuseSignedEncoding: true},
		"RefuseOperationID":    {RefuseOperationID: true},
		"RefuseChecksums":      {RefuseChecksums: true},
		"DemandDigest":         {DemandDigest: true},
		"OtherDates":           {OtherDates: true},
		"WeakETags":            {WeakETags: true},
		"RestoredStandard":     {RestoredStandard: true},
		"UndatedRestore":       {UndatedRestore: true},
		"ArchiveClass":         {ArchiveClass: "COLD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, s := sim(t, s3sim.Config{Quirks: quirks})
			expiry := time.Now().UTC().AddDate(0, 0, 9).Truncate(24 * time.Hour)
			srv.Put("glacier", "k", s3sim.Object{
				Size: 9 << 20, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: expiry, LastModified: time.Unix(1e9, 0),
			})
			if quirks.UndatedRestore {
				expiry = time.Time{}
			}
			page, err := s.List(t.Context(), reconcile.ListRequest{Bucket: "glacier", Restore: true})
			if err != nil || len(page.Objects) != 1 {
				t.Fatal(page, err)
			}
			o := page.Objects[0]
			d, err := s.Head(t.Context(), o.Location)
			if err != nil || d.ETag != o.ETag || !d.LastModified.Equal(o.LastModified) || d.LastModified.Unix() != 1e9 ||
				!d.Restore.Expiry.Equal(expiry) || d.Restore != o.Restore {
				t.Errorf("HEAD %+v, %v; listed %+v", d.Object, err, o)
			}
			target := reconcile.Location{Bucket: "protected", Key: "whole"}
			if w, err := s.Copy(t.Context(), reconcile.CopyRequest{Source: o, Target: target}); err != nil || w.ETag != o.ETag {
				t.Errorf("copied %+v, %v", w, err)
			}
			byParts(t, s, d)
			for _, size := range []int{10, len(large)} {
				if err := s.Upload(t.Context(), reconcile.Location{Bucket: "protected", Key: "report"}, bytes.NewReader(large[:size]), ""); err != nil {
					t.Errorf("uploaded %d bytes: %v", size, err)
				}
			}
			lock := reconcile.Location{Bucket: "protected", Key: "lock"}
			etag, err := s.WriteDocument(t.Context(), lock, []byte("1"), reconcile.Precondition{})
			if err == nil {
				_, err = s.WriteDocument(t.Context(), lock, []byte("2"), reconcile.Precondition{IfMatch: etag})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// byParts copies an object by one part.
func byParts(t *testing.T, s *Store, source reconcile.Detail) {
	t.Helper()
	u, err := s.CreateUpload(t.Context(), reconcile.UploadRequest{Source: source, Target: reconcile.Location{Bucket: "protected", Key: "parts"}})
	if err != nil {
		t.Error(err)
		return
	}
	p, err := s.CopyPart(t.Context(), reconcile.PartRequest{Upload: u, Source: source.Object, Part: reconcile.Part{Number: 1, Size: source.Size}})
	if err == nil {
		_, err = s.CompleteUpload(t.Context(), reconcile.CompleteRequest{Upload: u, Parts: []reconcile.Part{p}})
	}
	if err != nil {
		t.Error(err)
	}
}
