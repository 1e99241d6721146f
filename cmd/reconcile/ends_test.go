package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

// runError is a JSON report's "run"."error".
func runError(t *testing.T, text []byte) string {
	t.Helper()
	var doc struct{ Run struct{ Error string } }
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return doc.Run.Error
}

// TestFirstCauseDecides: a listing that failed is what a run is incomplete for,
// whatever stops it later.
func TestFirstCauseDecides(t *testing.T) {
	t.Parallel()
	for _, later := range []string{"deadline", "signal"} {
		t.Run(later, func(t *testing.T) {
			t.Parallel()
			server := pagedServer(t, 150, 100)
			server.Inject(s3sim.Fault{Op: "ListObjectsV2", Bucket: "the-glacier", Skip: 1, Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
			server.SetLatency("CopyObject", 20*time.Millisecond)
			var p *process
			started := make(chan struct{})
			args := runWith("--concurrency", "1", "--report", "-")
			if later == "deadline" {
				args = append(args, "--deadline", "3s")
			} else {
				server.Inject(s3sim.Fault{Op: "CopyObject", Skip: 40, Times: 1, Before: func() {
					<-started
					p.Process.Signal(syscall.SIGTERM)
				}})
			}
			p = startProcess(t, server, args...)
			close(started)
			code := p.code()
			if said := runError(t, p.stdout.Bytes()); code != exit.Incomplete || !strings.Contains(said, "s3:ListBucket") {
				t.Errorf("code %d, and the report says %q", code, said)
			}
			if !strings.Contains(p.stderr.String(), "reconcile: error: ") || !strings.Contains(p.stderr.String(), "s3:ListBucket") {
				t.Errorf("stderr does not say why:\n%s", &p.stderr)
			}
		})
	}
}

// TestOneEndForAllThatIsOwed: where copies, lock, journal and the report's
// bucket all hang, a run ends within the reserve of its deadline, and soon after
// a signal, and its local report is there. The bounds allow for a busy machine;
// one after the other, the single waits took 10.5 and 14.3 seconds.
func TestOneEndForAllThatIsOwed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args   []string
		code   int
		within time.Duration
	}{
		"deadline": {[]string{"--deadline", "4s"}, exit.Incomplete, 6 * time.Second},
		"signal":   {nil, exit.Terminated, 12 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := smallServer(t, 50)
			server.Put("the-glacier", "k-large.hdf", s3sim.Object{
				Size: 30 << 20, ContentSeed: 9, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour),
			})
			var hangs atomic.Bool
			var p *process
			var stopped time.Time
			started := make(chan struct{})
			server.Inject(s3sim.Fault{Bucket: "the-reports", Match: func(*http.Request) bool { return hangs.Load() }, Kind: s3sim.Hang})
			server.Inject(s3sim.Fault{Op: "UploadPartCopy", Kind: s3sim.Hang})
			server.Inject(s3sim.Fault{Op: "CopyObject", Skip: 10, Kind: s3sim.Hang, Before: func() {
				if hangs.CompareAndSwap(false, true) && name == "signal" {
					<-started
					stopped = time.Now()
					p.Process.Signal(syscall.SIGTERM)
				}
			}})
			p = startProcess(t, server, runWith(append(c.args, "--lock", "s3://the-reports/lock", "--journal", "s3://the-reports/journal",
				"--multipart-threshold", "5MiB", "--part-size", "5MiB", "--report", "r.json", "--report", "s3://the-reports/r.json")...)...)
			close(started)
			code := p.code()
			took := p.lasted(t)
			if name == "signal" {
				took = time.Since(stopped)
			}
			if code != c.code || took > c.within {
				t.Errorf("code %d after %v\n%s", code, took, &p.stderr)
			}
			text, err := os.ReadFile(filepath.Join(p.dir, "r.json"))
			if err != nil {
				t.Fatal(err)
			}
			if complete, count := reportSummary(t, text); complete || count("scanned") != 51 {
				t.Errorf("complete %v, scanned %d", complete, count("scanned"))
			}
			if kept, _ := filepath.Glob(filepath.Join(p.dir, "r-*.json")); len(kept) != 1 {
				t.Errorf("the report that was not delivered was kept as %v", kept)
			}
		})
	}
}

// TestClosedStdoutTakesNoReport: nobody has read a report that went to a
// standard output that is closed, and nobody the answer to an event.
func TestClosedStdoutTakesNoReport(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 2)
	for name, args := range map[string]string{
		"report": strings.Join(runWith("--report", "-"), " "),
		"answer": `event --protected the-archive <<< '{"objects":[{"bucket":"the-glacier","key":"k0000.hdf"}]}'`,
	} {
		p := newProcess(t, server)
		self, _ := os.Executable()
		p.Path, p.Args = "/bin/bash", []string{"bash", "-c", fmt.Sprintf(`exec -a reconcile %q %s >&-`, self, args)}
		p.Stdout = nil
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		if code := p.code(); code != exit.Incomplete || !strings.Contains(p.stderr.String(), "standard output") {
			t.Errorf("%s: code %d\n%s", name, code, &p.stderr)
		}
	}
}
