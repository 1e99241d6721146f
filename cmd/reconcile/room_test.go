package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reconcile/internal/exit"
)

// TestTemporaryFolder: that there is no folder for temporary files is found
// before anything is touched, and none is needed where a report's will do.
func TestTemporaryFolder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		report string
		code   int
	}{
		"only in S3":      {"s3://the-reports/r.json", exit.Usage},
		"a folder beside": {"r.json", exit.OK},
	} {
		server := smallServer(t, 3)
		p := newProcess(t, server, runWith("--report", "s3://the-reports/r.csv", "--report", c.report)...)
		p.Env = append(p.Env, "TMPDIR="+filepath.Join(p.dir, "none"))
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		code := p.code()
		_, delivered := server.Get("the-reports", "r.csv")
		if code != c.code || delivered != (code == exit.OK) || (server.Len("the-archive") == 3) != delivered {
			t.Errorf("%s: code %d, delivered %v, %d copied\n%s", name, code, delivered, server.Len("the-archive"), &p.stderr)
		}
		if code == exit.Usage && (len(server.Requests()) > 0 || !strings.Contains(p.stderr.String(), "TMPDIR")) {
			t.Errorf("sent %v\n%s", server.Requests(), &p.stderr)
		}
		if left, _ := filepath.Glob(filepath.Join(p.dir, ".reconcile-*")); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	}
}

// TestTemporaryFolderBeyondMemory: more rows than fit in memory go to the folder
// that was found, too.
func TestTemporaryFolderBeyondMemory(t *testing.T) {
	t.Parallel()
	const rows = 7_500 // some 20 MiB, of which 16 are kept in memory
	server := reportServer(t, rows)
	p := newProcess(t, server, runWith("--report", "s3://the-reports/r.csv", "--report", "r.json", "--report-rows", "all", "--quiet")...)
	p.Env = append(p.Env, "TMPDIR="+filepath.Join(p.dir, "none"))
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	code := p.code()
	text, _ := os.ReadFile(filepath.Join(p.dir, "r.json"))
	complete, count := reportSummary(t, text)
	if _, delivered := server.Get("the-reports", "r.csv"); code != exit.OK || !complete || count("present") != rows || !delivered {
		t.Errorf("code %d, complete %v, %d present, delivered %v\n%s", code, complete, count("present"), delivered, &p.stderr)
	}
}

// TestFewOpenFiles: a process that may have few files open sends fewer requests
// at a time, and none of them fails for it.
func TestFewOpenFiles(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 300)
	p := newProcess(t, server)
	self, _ := os.Executable()
	p.Path = "/bin/bash"
	p.Args = []string{"bash", "-c", fmt.Sprintf(`ulimit -n 64; exec -a reconcile %q %s`, self, strings.Join(runWith("--report", "r.json", "--concurrency", "200"), " "))}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	code := p.code()
	text, _ := os.ReadFile(filepath.Join(p.dir, "r.json"))
	if complete, count := reportSummary(t, text); code != exit.OK || !complete || count("copied") != 300 {
		t.Errorf("code %d, copied %d\n%s", code, count("copied"), &p.stderr)
	}
}
