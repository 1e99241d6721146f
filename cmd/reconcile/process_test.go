package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

// process is the real program, started as a process of its own against an
// embedded S3.
type process struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
	dir            string
}

// startProcess starts the program. The test binary becomes the program when it
// is called by its name; see TestMain.
func startProcess(t *testing.T, server *s3sim.Server, args ...string) *process {
	t.Helper()
	p := newProcess(t, server, args...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// newProcess is a process that has not been started yet.
func newProcess(t *testing.T, server *s3sim.Server, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{dir: t.TempDir()}
	p.Cmd = &exec.Cmd{Path: self, Args: append([]string{"reconcile"}, args...), Dir: p.dir, Stdout: &p.stdout, Stderr: &p.stderr}
	p.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	if server != nil {
		p.Env = append(p.Env, "AWS_ENDPOINT_URL="+server.URL())
	}
	t.Cleanup(func() {
		if p.Process != nil {
			p.Process.Kill()
		}
	})
	return p
}

// code waits for the end and returns the exit code.
func (p *process) code() int {
	p.Wait()
	return p.ProcessState.ExitCode()
}

// lasted is how long ago the program said that it began. What the system takes
// to start a process is not in it.
func (p *process) lasted(t *testing.T) time.Duration {
	t.Helper()
	_, rest, _ := strings.Cut(p.stderr.String(), "time=")
	at, _, _ := strings.Cut(rest, " ")
	began, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatalf("no log line: %v\n%s", err, &p.stderr)
	}
	return time.Since(began)
}

func runProcess(t *testing.T, server *s3sim.Server, args ...string) (*process, int) {
	t.Helper()
	p := startProcess(t, server, args...)
	return p, p.code()
}

// smallServer has a glacier bucket with n restored objects, none of them in
// the archive.
func smallServer(t *testing.T, n int) *s3sim.Server {
	t.Helper()
	return pagedServer(t, n, 0)
}

// pagedServer is a smallServer whose listings have pages of so many entries; 0:
// as many as S3's.
func pagedServer(t *testing.T, n, page int) *s3sim.Server {
	t.Helper()
	server, err := s3sim.Start(s3sim.Config{Quirks: s3sim.Quirks{ListPage: page}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	for _, b := range []string{"the-glacier", "the-archive", "the-reports"} {
		server.CreateBucket(b)
	}
	for i := range n {
		server.Put("the-glacier", fmt.Sprintf("k%04d.hdf", i), s3sim.Object{
			Size: 10, ContentSeed: uint64(i), StorageClass: "GLACIER",
			Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour),
		})
	}
	return server
}

var runArgs = []string{"run", "--source", "the-glacier", "--protected", "the-archive", "--retry-delay", "0"}

// runWith returns runArgs and more.
func runWith(more ...string) []string { return append(append([]string{}, runArgs...), more...) }

// reportSummary reads a JSON report's completeness and counts.
func reportSummary(t *testing.T, text []byte) (complete bool, count func(string) int) {
	t.Helper()
	var doc struct {
		Run     struct{ Complete bool }
		Summary map[string]any
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return doc.Run.Complete, func(name string) int { n, _ := doc.Summary[name].(float64); return int(n) }
}

// TestExitCodes: each way a run can end has its exit code, and says on stderr
// what the operator has to know.
func TestExitCodes(t *testing.T) {
	t.Run("everything reconciled is 0, and stdout has only the report", func(t *testing.T) {
		p, code := runProcess(t, smallServer(t, 5), runWith("--report", "-")...)
		complete, count := reportSummary(t, p.stdout.Bytes())
		if code != exit.OK || !complete || count("copied") != 5 {
			t.Errorf("code %d, complete %v, copied %d\n%s", code, complete, count("copied"), &p.stderr)
		}
	})
	t.Run("a failed object is 3", func(t *testing.T) {
		server := smallServer(t, 5)
		server.Inject(s3sim.Fault{Op: "CopyObject", KeyPrefix: "k0003", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
		p, code := runWithin(t, server, runWith("--report", "-")...)
		complete, count := reportSummary(t, p.stdout.Bytes())
		if code != exit.Unsettled || !complete || count("copied") != 4 || count("failed") != 1 {
			t.Errorf("code %d, complete %v\n%s", code, complete, &p.stderr)
		}
	})
	incomplete := map[string]struct {
		args  []string
		fault *s3sim.Fault
		says  []string
	}{
		"a source that does not exist":   {[]string{"run", "--source", "no-such", "--protected", "the-archive"}, nil, []string{"s3://no-such"}},
		"an archive that does not exist": {[]string{"run", "--source", "the-glacier", "--protected", "no-archive"}, nil, []string{"s3://no-archive"}},
		"a source that may not be listed": {runArgs, &s3sim.Fault{Op: "ListObjectsV2", Bucket: "the-glacier", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"},
			[]string{"s3:ListBucket", "s3://the-glacier"}},
	}
	for name, c := range incomplete {
		t.Run(name+" is 1, and named", func(t *testing.T) {
			server := smallServer(t, 5)
			if c.fault != nil {
				server.Inject(*c.fault)
			}
			p, code := runWithin(t, server, append(append([]string{}, c.args...), "--report", "-")...)
			complete, _ := reportSummary(t, p.stdout.Bytes())
			if code != exit.Incomplete || complete {
				t.Errorf("code %d, complete %v", code, complete)
			}
			for _, want := range c.says {
				if !strings.Contains(p.stderr.String(), want) {
					t.Errorf("stderr does not say %q:\n%s", want, &p.stderr)
				}
			}
		})
	}
	t.Run("a server that is not there is 1", func(t *testing.T) {
		server := smallServer(t, 1)
		server.Close()
		if p, code := runWithin(t, server, runArgs...); code != exit.Incomplete {
			t.Errorf("code %d\n%s", code, &p.stderr)
		}
	})
	t.Run("a wrong secret is 1, and said so", func(t *testing.T) {
		server := smallServer(t, 1)
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "")
		p := startProcess(t, nil, runWith("--endpoint-url", server.URL(), "--region", "us-east-1")...)
		if code := p.code(); code != exit.Incomplete || !strings.Contains(p.stderr.String(), "credentials") {
			t.Errorf("code %d\n%s", code, &p.stderr)
		}
	})
	t.Run("a profile that does not exist is 2", func(t *testing.T) {
		if p, code := runProcess(t, smallServer(t, 1), runWith("--profile", "no-such-profile")...); code != exit.Usage {
			t.Errorf("code %d\n%s", code, &p.stderr)
		}
	})
}

// TestReportsAreDelivered: reports reach s3:// and local paths; one that
// cannot be delivered is kept locally and named, and that is exit code 1.
func TestReportsAreDelivered(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 3)
	p, code := runProcess(t, server, runWith("--report", "r.json", "--report", "s3://the-reports/2026/r.csv", "--report", "s3://no-reports/x/r.json")...)
	if code != exit.Incomplete {
		t.Errorf("code %d\n%s", code, &p.stderr)
	}
	local, err := os.ReadFile(filepath.Join(p.dir, "r.json"))
	if complete, count := reportSummary(t, local); err != nil || !complete || count("copied") != 3 {
		t.Errorf("the local report: %v, complete %v", err, complete)
	}
	info, ok := server.Get("the-reports", "2026/r.csv")
	if !ok || !strings.HasPrefix(string(server.Read("the-reports", "2026/r.csv", 0, info.Size)), "source_bucket,") {
		t.Error("the report did not reach s3://the-reports/2026/r.csv")
	}
	kept, _ := filepath.Glob(filepath.Join(p.dir, "*r-*.json"))
	if len(kept) != 1 || !strings.Contains(p.stderr.String(), filepath.Base(kept[0])) {
		t.Fatalf("kept %v, and stderr is\n%s", kept, &p.stderr)
	}
	text, _ := os.ReadFile(kept[0])
	if complete, _ := reportSummary(t, text); !complete {
		t.Error("the report that was kept is not whole")
	}
}

// TestSignals: SIGINT and SIGTERM end the program within 10 seconds by their
// own exit codes, with a true report and nothing left open.
func TestSignals(t *testing.T) {
	t.Parallel()
	for sig, want := range map[syscall.Signal]int{syscall.SIGINT: exit.Interrupted, syscall.SIGTERM: exit.Terminated} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			endsBySignal(t, sig, want)
		})
	}
}

func endsBySignal(t *testing.T, sig syscall.Signal, want int) {
	t.Helper()
	server := smallServer(t, 200)
	server.Put("the-glacier", "k0000-large.hdf", s3sim.Object{
		Size: 2 << 30, ContentSeed: 9, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour),
	})
	server.SetLatency("UploadPartCopy", time.Hour)
	server.SetLatency("CopyObject", 50*time.Millisecond)
	var p *process
	started, stopped := make(chan struct{}), time.Time{}
	server.Inject(s3sim.Fault{Op: "CopyObject", Skip: 50, Times: 1, Before: func() {
		<-started
		stopped = time.Now()
		p.Process.Signal(sig)
	}})
	// More requests at a time than the large object has parts: they hang.
	p = startProcess(t, server, runWith("--concurrency", "40", "--report", "r.json", "--report-rows", "all")...)
	close(started)
	if code := p.code(); code != want {
		t.Errorf("code %d\n%s", code, &p.stderr)
	}
	if took := time.Since(stopped); took > 10*time.Second {
		t.Errorf("it took %v to end", took)
	}
	text, err := os.ReadFile(filepath.Join(p.dir, "r.json"))
	if err != nil {
		t.Fatal(err)
	}
	complete, count := reportSummary(t, text)
	if complete || count("canceled") == 0 || count("scanned") != 201 {
		t.Errorf("complete %v, scanned %d, canceled %d", complete, count("scanned"), count("canceled"))
	}
	if got := server.Len("the-archive"); got != count("copied") {
		t.Errorf("%d objects in the archive, %d reported as copied", got, count("copied"))
	}
	if open := server.OpenUploads("the-archive"); len(open) > 0 {
		t.Errorf("left open: %v", open)
	}
}

// TestDeadline: a run that cannot be through in time ends before its deadline,
// with exit code 3 and a report in which the rest is canceled.
func TestDeadline(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 300)
	server.SetLatency("CopyObject", 100*time.Millisecond)
	p, code := runProcess(t, server, runWith("--deadline", "4s", "--concurrency", "2", "--report", "-", "--report-rows", "all")...)
	if took := p.lasted(t); code != exit.Unsettled || took > 8*time.Second {
		t.Errorf("code %d after %v\n%s", code, took, &p.stderr)
	}
	complete, count := reportSummary(t, p.stdout.Bytes())
	if complete || count("scanned") != 300 || count("canceled") == 0 || count("copied") != server.Len("the-archive") {
		t.Errorf("complete %v, scanned %d, copied %d of %d, canceled %d",
			complete, count("scanned"), count("copied"), server.Len("the-archive"), count("canceled"))
	}
	if !strings.Contains(p.stderr.String(), "deadline") {
		t.Errorf("stderr does not speak of the deadline:\n%s", &p.stderr)
	}
}

// TestLock: a second run is kept out with exit code 4 and told who holds the
// lock, and gets it once the first is through.
func TestLock(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 3)
	lock := runWith("--lock", "s3://the-reports/lock", "--report", "./r.json")
	var second *process
	var secondCode int
	server.Inject(s3sim.Fault{Op: "CopyObject", Times: 1, Before: func() {
		second, secondCode = runWithin(t, server, lock...)
	}})
	if p, code := runWithin(t, server, lock...); code != exit.OK {
		t.Fatalf("the first run: code %d\n%s", code, &p.stderr)
	}
	if secondCode != exit.Locked || !strings.Contains(second.stderr.String(), "another run holds s3://the-reports/lock") {
		t.Errorf("the second run: code %d\n%s", secondCode, &second.stderr)
	}
	if _, err := os.Stat(filepath.Join(second.dir, "r.json")); err == nil {
		t.Error("a run that was kept out has written a report")
	}
	if p, code := runWithin(t, server, lock...); code != exit.OK {
		t.Errorf("the third run: code %d\n%s", code, &p.stderr)
	}
}

// TestQuietIsNotSilent: a quiet run that leaves something to look at says so
// and why in one line, and in another what to do about it.
func TestQuietIsNotSilent(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 2)
	server.Inject(s3sim.Fault{Op: "CopyObject", KeyPrefix: "k0001", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	p, code := runWithin(t, server, runWith("--quiet")...)
	want := regexp.MustCompile(`^reconcile: error: not everything is reconciled: 1 of 2 copies refused: .*AccessDenied.*; 1 copied\nreconcile: hint: .*\n$`)
	if got := p.stderr.String(); code != exit.Unsettled || !want.MatchString(got) {
		t.Errorf("code %d, stderr %q", code, got)
	}
}

// TestExcludedKeys: what a list names is never copied, and a list that cannot
// be fetched ends the run with a report.
func TestExcludedKeys(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 3)
	server.Put("the-reports", "withdrawn.txt", s3sim.Object{Body: []byte("k0001.hdf\n")})
	p, code := runWithin(t, server, runWith("--exclude-keys", "s3://the-reports/withdrawn.txt", "--report", "-")...)
	_, count := reportSummary(t, p.stdout.Bytes())
	if _, there := server.Get("the-archive", "k0001.hdf"); code != exit.OK || there || count("excluded") != 1 || count("copied") != 2 {
		t.Errorf("code %d, copied %d, excluded %d, there %v\n%s", code, count("copied"), count("excluded"), there, &p.stderr)
	}
	p, code = runWithin(t, server, runWith("--exclude-keys", "s3://the-reports/none.txt", "--report", "-")...)
	if complete, _ := reportSummary(t, p.stdout.Bytes()); code != exit.Incomplete || complete {
		t.Errorf("code %d, complete %v\n%s", code, complete, &p.stderr)
	}
}

// TestSlowPartsInterrupted: a signal or a deadline that comes while the parts
// of a copy are slow makes canceled rows, not failed ones, and an incomplete
// report.
func TestSlowPartsInterrupted(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"signal": exit.Interrupted, "deadline": exit.Unsettled} {
		t.Run(name, func(t *testing.T) {
			server := smallServer(t, 0)
			for i := range 4 {
				server.Put("the-glacier", fmt.Sprintf("large-%d.hdf", i), s3sim.Object{
					Size: 30 << 20, ContentSeed: uint64(i), StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour),
				})
			}
			server.SetLatency("UploadPartCopy", 700*time.Millisecond)
			args := runWith("--multipart-threshold", "5MiB", "--part-size", "5MiB", "--concurrency", "4", "--report", "r.json", "--report-rows", "all")
			if name == "deadline" {
				args = append(args, "--deadline", "2s")
			}
			var p *process
			started := make(chan struct{})
			if name == "signal" {
				server.Inject(s3sim.Fault{Op: "UploadPartCopy", Skip: 5, Times: 1, Before: func() {
					<-started
					p.Process.Signal(os.Interrupt)
				}})
			}
			p = startProcess(t, server, args...)
			close(started)
			if code := p.code(); code != want {
				t.Errorf("code %d, want %d\n%s", code, want, &p.stderr)
			}
			text, _ := os.ReadFile(filepath.Join(p.dir, "r.json"))
			complete, count := reportSummary(t, text)
			if complete || count("failed") > 0 || count("canceled") == 0 {
				t.Errorf("complete %v, failed %d, canceled %d", complete, count("failed"), count("canceled"))
			}
			if open := server.OpenUploads("the-archive"); len(open) > 0 {
				t.Errorf("left open: %v", open)
			}
		})
	}
}

// TestReaderGoesAway: a reader of standard output or of the log that goes away
// takes neither the run nor the other reports with it.
func TestReaderGoesAway(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 100)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read.Close()
	self, _ := os.Executable()
	dir := t.TempDir()
	p := &process{dir: dir}
	p.Cmd = &exec.Cmd{Path: self, Dir: dir, Stdout: write, Stderr: write,
		Args: append([]string{"reconcile"}, runWith("--report", "-", "--report", "later.json", "--report-rows", "all")...)}
	p.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+server.AccessKey(), "AWS_SECRET_ACCESS_KEY="+server.SecretKey(),
		"AWS_REGION="+server.Region(), "AWS_ENDPOINT_URL="+server.URL(), "AWS_EC2_METADATA_DISABLED=true", "GORACE=atexit_sleep_ms=0")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	if code := p.code(); code != exit.Incomplete {
		t.Errorf("code %d", code)
	}
	text, err := os.ReadFile(filepath.Join(dir, "later.json"))
	if err != nil {
		t.Fatal(err)
	}
	if complete, count := reportSummary(t, text); !complete || count("copied") != 100 {
		t.Errorf("complete %v, copied %d", complete, count("copied"))
	}
	kept, _ := filepath.Glob(filepath.Join(dir, "stdout-*.json"))
	if len(kept) != 1 {
		t.Errorf("the report that standard output did not take was kept as %v", kept)
	}
}

// TestExclusionListsThatCouldBeMisread: a list that is not what it seems ends
// the run before anything is copied; a byte order mark is no part of a key.
func TestExclusionListsThatCouldBeMisread(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, text string
		code       int
	}{
		"byte order mark":   {"l.txt", "\uFEFFk0000.hdf\r\nk0001.hdf\r\n", exit.OK},
		"array with a mark": {"l.json", "\uFEFF[\"k0000.hdf\",\"k0001.hdf\"]", exit.OK},
		"CR line ends":      {"l.txt", "k0000.hdf\rk0001.hdf\r", exit.OK},
		"JSON in a .txt":    {"l.txt", "[\"k0000.hdf\", \"k0001.hdf\"]", exit.OK},
		"quoted":            {"l.txt", "\"k0000.hdf\"\n\"k0001.hdf\"\n", exit.OK},
		"a manifest":        {"l.txt", "the-glacier,k0000.hdf\nthe-glacier,k0001.hdf\n", exit.OK},
		"a header":          {"l.csv", "bucket,key,size\nthe-glacier,k0000.hdf,1\n", exit.OK},
		"another's keys":    {"l.csv", "bucket,key\nsome-bucket,k0000.hdf\n", exit.Usage},
		"a trailing space":  {"l.txt", "k0000.hdf \n", exit.Usage},
		"UTF-16":            {"l.txt", "\xff\xfek\x000\x00", exit.Usage},
		"addresses":         {"l.txt", "s3://the-glacier/k0000.hdf\n", exit.Usage},
		"empty":             {"l.txt", "\n", exit.Usage},
		"null":              {"l.json", "null", exit.Usage},
		"two arrays":        {"l.json", `["k0000.hdf"] ["k0001.hdf"]`, exit.Usage},
		"no strings":        {"l.json", `[{"key":"k0000.hdf"}]`, exit.Usage},
	} {
		t.Run(name, func(t *testing.T) {
			server := smallServer(t, 3)
			path := writeFile(t, c.file, c.text)
			p, code := runWithin(t, server, runWith("--exclude-keys", path)...)
			if code != c.code {
				t.Errorf("code %d, want %d\n%s", code, c.code, &p.stderr)
			}
			if _, there := server.Get("the-archive", "k0000.hdf"); there {
				t.Error("a withdrawn object was brought back")
			}
		})
	}
}

// TestReportsThatWouldReplaceSomething: a report is refused where it would be
// written over the source, the lock, or a file the run was given.
func TestReportsThatWouldReplaceSomething(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 1)
	list := writeFile(t, "withdrawn.csv", "a\n")
	for _, args := range [][]string{
		{"--report", "s3://the-glacier/report.json"},
		{"--report", "s3://the-reports/lock.json", "--lock", "s3://the-reports/lock.json"},
		{"--report", list, "--exclude-keys", list},
	} {
		if p, code := runWithin(t, server, runWith(args...)...); code != exit.Usage || server.Len("the-archive") > 0 {
			t.Errorf("%v: code %d\n%s", args, code, &p.stderr)
		}
	}
	for _, report := range []string{"r.json", "r.csv", "r.html", "s3://the-reports/r.json", "s3://the-reports/r.csv"} {
		if !strings.HasPrefix(report, "s3://") {
			report = filepath.Join(t.TempDir(), report)
		}
		args := append(runArgs[1:len(runArgs):len(runArgs)], "--report", report)
		if p, code := runWithin(t, server, append([]string{"run"}, args...)...); code != exit.OK {
			t.Fatalf("%s: code %d\n%s", report, code, &p.stderr)
		}
		want, plan := exit.Usage, runWithin // before anything is touched
		if strings.HasPrefix(report, "s3://") {
			want, plan = exit.Incomplete, runProcess // which keeps its report in its folder
		}
		if p, code := plan(t, server, append([]string{"plan"}, args...)...); code != want || !strings.Contains(p.stderr.String(), "the report of a run, which a plan does not replace") {
			t.Errorf("a plan onto the %s of a run: code %d\n%s", report, code, &p.stderr)
		}
	}
}
