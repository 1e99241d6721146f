package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

var cutRows = flag.Int("cut.rows", 2_500, "how many rows the reports of TestSignalWhileReporting have; 400000 takes a minute")

// reportServer has n objects that are in their archive already.
func reportServer(t *testing.T, n int) *s3sim.Server {
	t.Helper()
	server := smallServer(t, 0)
	long := strings.Repeat("a-long-name/", 84) // so that few rows make a large report
	objects := func(o s3sim.Object) iter.Seq2[string, s3sim.Object] {
		return func(yield func(string, s3sim.Object) bool) {
			for i := 0; i < n; i++ {
				o.ContentSeed = uint64(i)
				if !yield(fmt.Sprintf("%s/k%07d.hdf", long, i), o) {
					return
				}
			}
		}
	}
	server.Seed("the-glacier", objects(s3sim.Object{Size: 10, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour)}))
	server.Seed("the-archive", objects(s3sim.Object{Size: 10}))
	return server
}

// TestSignalWhileReporting: a signal that comes while a report is being written
// neither cuts it nor loses it, whether it goes to a file, to a pipe whose reader
// is slow, or to S3; and each says that the run was complete, which it was. What
// could not be sent in time is kept whole, and named.
func TestSignalWhileReporting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		to   string
		rows int // so many that the report has more than one part, or a pipe cannot hold it
		read func(t *testing.T, server *s3sim.Server, p *process, stop func()) []byte
	}{
		"a file":              {"r.json", *cutRows / 3, cutFile},
		"a pipe":              {"-", *cutRows / 3, cutPipe},
		"S3, with slow parts": {"s3://the-reports/r.json", *cutRows, cutUpload},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := reportServer(t, c.rows)
			p := newProcess(t, server, runWith("--report", c.to, "--report-rows", "all", "--quiet")...)
			text := c.read(t, server, p, func() { p.Process.Signal(syscall.SIGTERM) })
			want := exit.OK
			if kept, _ := filepath.Glob(filepath.Join(p.dir, "*-*.json")); len(text) == 0 && len(kept) == 1 && strings.Contains(p.stderr.String(), filepath.Base(kept[0])) {
				text, _ = os.ReadFile(kept[0])
				want = exit.Incomplete
				t.Logf("kept as %s", kept[0])
			}
			complete, count := reportSummary(t, text)
			if code := p.code(); code != want || !complete || count("present") != c.rows || bytes.Count(text, []byte("\n")) < c.rows {
				t.Errorf("code %d, complete %v, %d present, %d lines\n%s", code, complete, count("present"), bytes.Count(text, []byte("\n")), &p.stderr)
			}
		})
	}
}

// cutFile interrupts the program when the report is begun under its name aside.
func cutFile(t *testing.T, _ *s3sim.Server, p *process, stop func()) []byte {
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		begun, _ := filepath.Glob(filepath.Join(p.dir, "*r.json*"))
		if hidden, _ := filepath.Glob(filepath.Join(p.dir, ".*r.json*")); len(begun)+len(hidden) > 0 {
			break
		}
		if time.Since(began) > time.Minute {
			t.Fatal("no report is begun")
		}
	}
	stop()
	p.Wait()
	text, err := os.ReadFile(filepath.Join(p.dir, "r.json"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// cutPipe interrupts the program when it has begun to print, and reads on slowly.
func cutPipe(t *testing.T, _ *s3sim.Server, p *process, stop func()) []byte {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stdout = write
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	begin := make([]byte, 4096)
	n, err := io.ReadFull(read, begin)
	if err != nil {
		t.Fatal(err)
	}
	stop()
	time.Sleep(300 * time.Millisecond)
	rest, err := io.ReadAll(read)
	if err != nil {
		t.Fatal(err)
	}
	return append(begin[:n], rest...)
}

// cutUpload interrupts the program when the first part has been sent.
func cutUpload(t *testing.T, server *s3sim.Server, p *process, stop func()) []byte {
	started := make(chan struct{})
	first := server.Inject(s3sim.Fault{Op: "UploadPart", Times: 1, Before: func() { <-started; stop() }})
	slow := server.Inject(s3sim.Fault{Op: "UploadPart", Delay: 200 * time.Millisecond})
	defer first.Remove()
	defer slow.Remove()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	p.Wait()
	if first.Hits() != 1 {
		t.Errorf("%d parts were sent", first.Hits())
	}
	info, _ := server.Get("the-reports", "r.json")
	return server.Read("the-reports", "r.json", 0, info.Size)
}
