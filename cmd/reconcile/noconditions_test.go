package main

import (
	"net/http"
	"strings"
	"testing"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

// TestReportWithoutConditions: a server that knows no conditional writes gets the
// report all the same, whichever way it says so: what stands there was looked at.
func TestReportWithoutConditions(t *testing.T) {
	t.Parallel()
	for _, f := range []s3sim.Fault{
		{Status: 501, Code: "NotImplemented", Message: "A header you provided implies functionality that is not implemented"},
		{Status: 400, Code: "InvalidArgument", Message: "Unsupported header 'if-none-match' received for this API call"},
	} {
		server := smallServer(t, 2)
		f.Op, f.Kind = "PutObject", s3sim.Respond
		f.Match = func(r *http.Request) bool { return r.Header.Get("If-None-Match")+r.Header.Get("If-Match") != "" }
		server.Inject(f)
		var out, err strings.Builder
		args := []string{"plan", "--source", "the-glacier", "--protected", "the-archive", "--retry-delay", "0", "--report", "s3://the-reports/r.json"}
		if code := inProcess(t, server, &out, &err, args); code != exit.OK {
			t.Errorf("%d: exit code %d\n%s", f.Status, code, &err)
		}
		for _, key := range []string{"r.json", "r.json.manifest.json", "LATEST.manifest.json"} {
			if _, there := server.Get("the-reports", key); !there {
				t.Errorf("%d: %s is not there", f.Status, key)
			}
		}
	}
}
