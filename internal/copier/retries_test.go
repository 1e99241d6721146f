package copier_test

import (
	"net/http"
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// What the service refused for a reason is asked once.
func TestPermanentErrorsAreNotRetried(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status int
		code   string
		kind   reconcile.Kind
	}{
		{403, "AccessDenied", reconcile.AccessDenied},
		{403, "InvalidObjectState", reconcile.Unreadable},
		{403, "ObjectNotInActiveTierError", reconcile.Unreadable},
		{404, "NoSuchKey", reconcile.NotFound},
		{404, "NoSuchBucket", reconcile.NotFound},
		{400, "ExpiredToken", reconcile.AccessDenied},
		{400, "InvalidRequest", reconcile.Other},
	}
	for _, tt := range tests {
		w := newWorld(t, s3sim.Config{})
		w.small("k", 1)
		w.Inject(s3sim.Fault{Op: "CopyObject", Kind: s3sim.Respond, Status: tt.status, Code: tt.code})
		o := w.one("k")
		w.expect(o, reconcile.Failed, tt.kind)
		w.says(o, tt.code)
		if o.Attempts != 1 || w.Requests()["CopyObject"] != 1 {
			t.Errorf("%s: %d attempts, requests %v", tt.code, o.Attempts, w.Requests())
		}
	}
}

// The row's attempts are the most that any one request took.
func TestAttemptsOfTheRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.put("k", s3sim.Object{Size: 23 * mib})
	w.Inject(s3sim.Fault{Op: "CreateMultipartUpload", Times: 1, Kind: s3sim.InternalError})
	part := func(query string) s3sim.Fault {
		return s3sim.Fault{Op: "UploadPartCopy", Kind: s3sim.InternalError, Match: func(r *http.Request) bool {
			return r.URL.Query().Get("partNumber") == query
		}}
	}
	once, twice := part("2"), part("4")
	once.Times, twice.Times = 1, 2
	w.Inject(once)
	w.Inject(twice)
	o := w.one("k")
	w.expect(o, reconcile.Copied, "")
	if o.Attempts != 3 {
		t.Errorf("%d attempts, want 3", o.Attempts)
	}
	w.sent(map[string]int64{
		"HeadObject": 1, "GetObjectTagging": 1, "CreateMultipartUpload": 2, "UploadPartCopy": 8, "CompleteMultipartUpload": 1,
		"ListMultipartUploads": 1, // a 500 says nothing of what was opened
	})
}

// Throttled answers are no attempts.
func TestThrottledIsNoAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.opts.Retry = patient(1)
	w.small("k", 1)
	w.Inject(s3sim.Fault{Op: "CopyObject", Times: 2, Kind: s3sim.SlowDown})
	o := w.one("k")
	w.expect(o, reconcile.Copied, "")
	if o.Attempts != 1 || w.Requests()["CopyObject"] != 3 {
		t.Errorf("%d attempts, %v", o.Attempts, w.Requests())
	}
}

// Patience ends.
func TestThrottledForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	w.small("k", 1)
	w.Inject(s3sim.Fault{Op: "CopyObject", Kind: s3sim.SlowDown})
	w.expect(w.one("k"), reconcile.Failed, reconcile.Throttled)
	if n := w.Requests()["CopyObject"]; n < 2 {
		t.Errorf("%d copies: no patience at all", n)
	}
}

// One bad object stops nobody else.
func TestAloneInItsFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	var all []reconcile.Decision
	for _, key := range keys("k", 50) {
		w.small(key, 1)
		all = append(all, w.decide(key))
	}
	w.Inject(s3sim.Fault{KeyPrefix: "k0013", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	out := w.run(t.Context(), all...)
	if n := counted(out); n[reconcile.Copied] != 49 || n[reconcile.Failed] != 1 {
		t.Errorf("%v", n)
	}
}
