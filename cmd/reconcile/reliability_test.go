package main

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
)

var (
	rewrites   = flag.Int("rewrites", 3, "how often TestSourceRewrittenMidway rewrites sources")
	interrupts = flag.Int("interrupts", 1, "how often TestInterruptedAtAnyMoment interrupts the program, of each kind")
)

// rowsOf reads the rows of a JSON report.
func rowsOf(t *testing.T, path string) (complete bool, rows []report.Row) {
	t.Helper()
	var doc struct {
		Run     struct{ Complete bool }
		Objects []report.Row
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	return doc.Run.Complete, doc.Objects
}

// mustBeTrue wants every row that claims an object to be in the archive to be
// right about it, and no row but a canceled one for an object that is there.
func mustBeTrue(t *testing.T, server *s3sim.Server, rows []report.Row) {
	t.Helper()
	for _, row := range rows {
		key := string(row.SourceKey)
		right := server.SameContent("the-glacier", key, "the-archive", key)
		if row.Success != right && row.Status != "canceled" || row.Success && row.Proof == "" {
			t.Errorf("%s is %s by %q (%s), and right in the archive: %v", key, row.Status, row.Proof, row.ErrMsg, right)
		}
	}
}

// TestInterruptedAtAnyMoment: a signal at any moment, a deadline, and a signal
// while the server hangs end the program within 10 seconds, with a true report
// and nothing left open.
func TestInterruptedAtAnyMoment(t *testing.T) {
	t.Parallel()
	hang := func(s *s3sim.Server) {
		for _, op := range []string{"CopyObject", "UploadPartCopy", "HeadObject", "CompleteMultipartUpload"} {
			s.Inject(s3sim.Fault{Op: op, Kind: s3sim.Hang, Probability: 0.1})
		}
	}
	for name, c := range map[string]struct {
		signal syscall.Signal // 0: a deadline
		harm   func(*s3sim.Server)
	}{
		"SIGINT":            {syscall.SIGINT, func(*s3sim.Server) {}},
		"SIGTERM":           {syscall.SIGTERM, func(*s3sim.Server) {}},
		"SIGTERM, hanging":  {syscall.SIGTERM, hang},
		"deadline":          {0, func(*s3sim.Server) {}},
		"deadline, hanging": {0, hang},
	} {
		t.Run(name, func(t *testing.T) {
			for range *interrupts {
				server, _ := killServer(t)
				c.harm(server)
				stranger := besideRuns(server)
				interruptOnce(t, server, c.signal, time.Duration(20+rand.IntN(300))*time.Millisecond)
				checkStranger(t, server, stranger, 0)
				server.Close()
			}
		})
	}
}

func interruptOnce(t *testing.T, server *s3sim.Server, sig syscall.Signal, after time.Duration) {
	t.Helper()
	args := runWith("--multipart-threshold", "5MiB", "--part-size", "5MiB", "--report", "r.json", "--report-rows", "all")
	if sig == 0 {
		args = append(args, "--deadline", (4 * after).String())
	}
	p := startProcess(t, server, args...)
	if sig != 0 {
		time.Sleep(after)
		p.Process.Signal(sig)
	}
	began := time.Now()
	code := p.code()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v to end", took)
	}
	if code == -1 { // the signal came before the program listened for it
		return
	}
	complete, rows := rowsOf(t, filepath.Join(p.dir, "r.json"))
	if complete != (code == exit.OK) {
		t.Errorf("complete %v, code %d\n%s", complete, code, &p.stderr)
	}
	mustBeTrue(t, server, rows)
}

// TestTwoRunsAtOnce: two runs on the same buckets, each unaware of the other,
// both end well, and the archive is right.
func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	server, _ := killServer(t)
	args := runWith("--multipart-threshold", "5MiB", "--part-size", "5MiB", "--report", "./r.json", "--report-rows", "all")
	for _, p := range sideBySide(t, server, exit.OK, args, args) {
		complete, rows := rowsOf(t, filepath.Join(p.dir, "r.json"))
		if !complete {
			t.Errorf("not complete\n%s", &p.stderr)
		}
		mustBeTrue(t, server, rows)
	}
	checkArrived(t, server)
	if open := server.OpenUploads("the-archive"); len(open) > 0 {
		t.Errorf("left open: %+v", open)
	}
}

// TestSourceRewrittenMidway: a source that is rewritten while its parts are
// being copied is reported as changed, and the archive never holds a mixture.
func TestSourceRewrittenMidway(t *testing.T) {
	t.Parallel()
	for range *rewrites {
		server, _ := killServer(t)
		skip := rand.IntN(40)
		server.Inject(s3sim.Fault{Op: "UploadPartCopy", Skip: skip, Times: 1, Before: func() {
			for _, key := range []string{"cut-0.hdf", "cut-1.hdf", "kept-0.hdf", "kept-1.hdf"} {
				info, _ := server.Get("the-glacier", key)
				server.Put("the-glacier", key, s3sim.Object{
					Size: info.Size, ContentSeed: rand.Uint64(), StorageClass: "GLACIER",
					Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour),
				})
			}
		}})
		p, _ := runWithin(t, server, runWith("--multipart-threshold", "5MiB", "--part-size", "5MiB", "--report", "./r.json", "--report-rows", "all")...)
		_, rows := rowsOf(t, filepath.Join(p.dir, "r.json"))
		for _, row := range rows {
			key := string(row.SourceKey)
			if _, there := server.Get("the-archive", key); there != row.Success {
				t.Errorf("%s is %s, and there: %v (%s)", key, row.Status, there, row.ErrMsg)
			}
		}
		server.Close()
	}
}
