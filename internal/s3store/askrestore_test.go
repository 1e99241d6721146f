package s3store

import (
	"errors"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// TestRestore: what S3 answers to a restore request in each state of an object
// is told apart: begun, there already, under way, no capacity, refused.
func TestRestore(t *testing.T) {
	srv, s := sim(t, s3sim.Config{RestoreDelay: func(string, string) time.Duration { return time.Hour }})
	srv.Put("glacier", "cold", s3sim.Object{Size: 1, StorageClass: "GLACIER"})
	srv.Put("glacier", "deep", s3sim.Object{Size: 1, StorageClass: "DEEP_ARCHIVE"})
	srv.Put("glacier", "warm", restored(s3sim.Object{Size: 1}))
	srv.Put("glacier", "online", s3sim.Object{Size: 1})
	srv.Put("glacier", "tiered", s3sim.Object{Size: 1, StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "ARCHIVE_ACCESS"})
	for _, c := range []struct {
		key, tier string
		days      int
		readable  bool
		code      string
		kind      reconcile.Kind
	}{
		{"cold", reconcile.TierBulk, 3, false, "", ""},
		{"cold", reconcile.TierBulk, 3, false, reconcile.CodeRestoreInProgress, reconcile.Other},
		{"cold", reconcile.TierStandard, 3, false, "", ""}, // a faster tier
		{"cold", reconcile.TierStandard, 3, false, reconcile.CodeRestoreInProgress, reconcile.Other},
		{"deep", reconcile.TierExpedited, 3, false, reconcile.CodeExpeditedUnavailable, reconcile.Other},
		{"deep", "", 3, false, "", ""},
		{"warm", "", 9, true, "", ""},
		{"online", "", 3, false, "InvalidObjectState", reconcile.Unreadable},
		{"tiered", "", 3, false, "InvalidArgument", reconcile.Other},
		{"tiered", "", 0, false, "", ""},
		{"gone", "", 3, false, "NoSuchKey", reconcile.NotFound},
	} {
		at := reconcile.Location{Bucket: "glacier", Key: c.key}
		readable, err := s.Restore(t.Context(), reconcile.RestoreRequest{Source: at, Days: c.days, Tier: c.tier})
		var e *reconcile.Error
		errors.As(err, &e)
		if readable != c.readable || (err == nil) != (c.code == "") || e != nil && (e.Code != c.code || e.Kind != c.kind) {
			t.Errorf("%s by %q: %v, %v; want %v, %q", c.key, c.tier, readable, err, c.readable, c.code)
		}
	}
	if info, _ := srv.Get("glacier", "warm"); info.RestoreExpiry.Before(time.Now().AddDate(0, 0, 9)) {
		t.Errorf("not extended: %v", info.RestoreExpiry)
	}
}
