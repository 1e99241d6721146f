package s3store

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// TestOwnUploadsDoNotStayOpen: an upload by parts that cannot be completed, or
// that is cut by the end of its context, is aborted; where that fails too, the
// error names it.
func TestOwnUploadsDoNotStayOpen(t *testing.T) {
	body := make([]byte, 12<<20)
	at := reconcile.Location{Bucket: "protected", Key: "report.json"}
	for name, c := range map[string]struct {
		fault s3sim.Fault
		abort bool // is refused
		cut   bool // the context ends
	}{
		"a part is refused":       {fault: s3sim.Fault{Op: "UploadPart", Skip: 1, Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"}},
		"completing is refused":   {fault: s3sim.Fault{Op: "CompleteMultipartUpload", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"}},
		"the program is stopped":  {fault: s3sim.Fault{Op: "UploadPart", Skip: 1, Kind: s3sim.Hang}, cut: true},
		"stopped when completing": {fault: s3sim.Fault{Op: "CompleteMultipartUpload", Kind: s3sim.Hang}, cut: true},
		"aborting is refused":     {fault: s3sim.Fault{Op: "UploadPart", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"}, abort: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, s := sim(t, s3sim.Config{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.cut {
				c.fault.Before = cancel
			}
			srv.Inject(c.fault)
			if c.abort {
				srv.Inject(s3sim.Fault{Op: "AbortMultipartUpload", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
			}
			err := s.Upload(WithCleanup(ctx, t.Context()), at, bytes.NewReader(body), "application/json")
			open := srv.OpenUploads("protected")
			if err == nil || (len(open) > 0) != c.abort {
				t.Errorf("%v, and left open: %v", err, open)
			}
			if c.abort && !strings.Contains(err.Error(), "left open") {
				t.Errorf("the error does not name what is left open: %v", err)
			}
		})
	}
}
