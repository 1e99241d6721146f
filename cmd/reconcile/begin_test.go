package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/job"
	"reconcile/internal/s3sim"
)

// TestJournalFolderThatCannotBe: a folder that cannot hold a journal is a
// mistake of the configuration, found before anything is sent: also before the
// lock is taken. A plan needs no journal.
func TestJournalFolderThatCannotBe(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 2)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o555); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below"), closed} {
		if dir == closed && os.Geteuid() == 0 {
			continue // nothing is closed to root
		}
		p, code := runWithin(t, server, runWith("--journal", dir, "--lock", "s3://the-reports/lock", "--report", "./r.json")...)
		if code != exit.Usage || !strings.Contains(p.stderr.String(), dir) || !strings.Contains(p.stderr.String(), "hint:") {
			t.Errorf("%s: code %d\n%s", dir, code, &p.stderr)
		}
		if _, err := os.Stat(filepath.Join(p.dir, "r.json")); err == nil {
			t.Error("nothing was touched, and there is a report")
		}
	}
	if text, _ := os.ReadFile(file); string(text) != "mine" {
		t.Errorf("the file holds %q", text)
	}
	if sent := server.Requests(); len(sent) > 0 {
		t.Errorf("sent %v", sent)
	}
	p, code := runWithin(t, server, append([]string{"plan", "--journal", file}, runArgs[1:]...)...)
	if code != exit.OK {
		t.Errorf("plan: code %d\n%s", code, &p.stderr)
	}
}

// TestJournalInUse: a folder that another run has is exit code 4; one with an
// entry of another version is 1, with a report, and the entry stays.
func TestJournalInUse(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 2)
	dir := filepath.Join(t.TempDir(), "journal")
	var second *process
	var secondCode int
	server.Inject(s3sim.Fault{Op: "CopyObject", Times: 1, Before: func() {
		second, secondCode = runWithin(t, server, runWith("--journal", dir)...)
	}})
	if p, code := runWithin(t, server, runWith("--journal", dir)...); code != exit.OK {
		t.Errorf("code %d\n%s", code, &p.stderr)
	}
	if secondCode != exit.Locked || !strings.Contains(second.stderr.String(), dir) {
		t.Errorf("the second run: code %d\n%s", secondCode, &second.stderr)
	}
	entry := filepath.Join(dir, "x.upload.json")
	if err := os.WriteFile(entry, []byte(`{"version":99}`), 0o666); err != nil {
		t.Fatal(err)
	}
	p, code := runWithin(t, server, runWith("--journal", dir, "--report", "-")...)
	if complete, _ := reportSummary(t, p.stdout.Bytes()); code != exit.Incomplete || complete || !strings.Contains(p.stderr.String(), "x.upload.json") {
		t.Errorf("code %d, complete %v\n%s", code, complete, &p.stderr)
	}
	if _, err := os.Stat(entry); err != nil {
		t.Error(err)
	}
}

// TestWhatARunNeedsInABucket: a lock or a journal in a bucket that is not
// there, or that may not be written to, ends the run with exit code 1 and names
// it, and the report says that the run is not complete.
func TestWhatARunNeedsInABucket(t *testing.T) {
	t.Parallel()
	denied := &s3sim.Fault{Op: "PutObject", KeyPrefix: "j/", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"}
	unread := &s3sim.Fault{Op: "ListObjectsV2", Bucket: "the-reports", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"}
	for name, c := range map[string]struct {
		args  []string
		fault *s3sim.Fault
		says  []string
	}{
		"lock, no bucket":         {[]string{"--lock", "s3://no-such/lock"}, nil, []string{"s3://no-such/lock", "NoSuchBucket"}},
		"lock, no right":          {[]string{"--lock", "s3://the-reports/j/lock"}, denied, []string{"s3:PutObject", "s3://the-reports/j/lock"}},
		"journal, no bucket":      {[]string{"--journal", "s3://no-such/j/"}, nil, []string{"s3://no-such/j/", "NoSuchBucket"}},
		"journal, no right":       {[]string{"--journal", "s3://the-reports/j"}, denied, []string{"s3:PutObject", "s3://the-reports/j/lock"}},
		"journal, not listable":   {[]string{"--journal", "s3://the-reports/j"}, unread, []string{"s3:ListBucket", "s3://the-reports"}},
		"lock on what is no lock": {[]string{"--lock", "s3://the-reports/foreign"}, nil, []string{"s3://the-reports/foreign", "left alone"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := smallServer(t, 2)
			server.Put("the-reports", "foreign", s3sim.Object{Body: []byte("mine")})
			if c.fault != nil {
				server.Inject(*c.fault)
			}
			p, code := runWithin(t, server, runWith(append(c.args, "--report", "-")...)...)
			if code != exit.Incomplete {
				t.Errorf("code %d\n%s", code, &p.stderr)
			}
			if complete, _ := reportSummary(t, p.stdout.Bytes()); complete || !strings.Contains(p.stdout.String(), c.says[0]) {
				t.Errorf("complete %v; the report is %s", complete, &p.stdout)
			}
			for _, want := range c.says {
				if !strings.Contains(p.stderr.String(), want) {
					t.Errorf("stderr does not say %q:\n%s", want, &p.stderr)
				}
			}
			if n := server.Len("the-archive"); n != 0 {
				t.Errorf("%d objects were copied", n)
			}
			if text := server.Read("the-reports", "foreign", 0, 100); string(text) != "mine" {
				t.Errorf("overwritten by %q", text)
			}
		})
	}
}

// TestPassingTroubleAtTheLock: what passes does not keep a run from its lock,
// and nothing of its own keeps the next one out.
func TestPassingTroubleAtTheLock(t *testing.T) {
	t.Parallel()
	for _, kind := range []s3sim.FaultKind{s3sim.SlowDown, s3sim.InternalError, s3sim.CutBefore, s3sim.CutAfter, s3sim.EmptyOK, s3sim.EmptyOKAfterActing} {
		server := smallServer(t, 2)
		for skip := range 2 {
			server.Inject(s3sim.Fault{Op: "PutObject", Skip: 2 * skip, Times: 1, Kind: kind})
		}
		for range 2 {
			if p, code := runWithin(t, server, runWith("--lock", "s3://the-reports/lock")...); code != exit.OK {
				t.Errorf("fault %d: code %d\n%s", kind, code, &p.stderr)
			}
		}
	}
}

// TestLockWithBareETags: on a server that takes If-Match without quotes only, a
// lock is held, given back and taken over from a dead run, and reports are
// replaced; on one that ignores a condition the run ends at its beginning.
func TestLockWithBareETags(t *testing.T) {
	t.Parallel()
	for quirk, quirks := range map[string]s3sim.Quirks{"bare": {RefuseIfMatch: true}, "If-Match": {IgnoreIfMatch: true}} {
		server, err := s3sim.Start(s3sim.Config{Quirks: quirks})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { server.Close() })
		for _, b := range []string{"the-glacier", "the-archive", "the-reports"} {
			server.CreateBucket(b)
		}
		server.Put("the-glacier", "k.hdf", s3sim.Object{Size: 10, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour)})
		args := runWith("--lock", "s3://the-reports/lock", "--report", "s3://the-reports/r.json")
		for night := range 3 {
			if night == 2 {
				server.Put("the-reports", "lock", s3sim.Object{Body: []byte(`{"run":"dead","ttl_seconds":60}`), LastModified: time.Now().Add(-time.Hour)})
			}
			p, code := runWithin(t, server, args...)
			switch {
			case quirk == "bare" && (code != exit.OK || night == 2 && !strings.Contains(p.stderr.String(), "taken over from run dead")):
				t.Errorf("night %d: code %d\n%s", night, code, &p.stderr)
			case quirk != "bare" && (code != exit.Incomplete || server.Len("the-archive") > 0 || !strings.Contains(p.stderr.String(), "ignores conditional writes")):
				t.Errorf("%s, night %d: code %d\n%s", quirk, night, code, &p.stderr)
			}
		}
	}
}

// TestLostLock: a run whose lock somebody has taken copies nothing more, and
// says in its report and on stderr why it is not complete: exit code 1.
func TestLostLock(t *testing.T) {
	defer func(ttl time.Duration) { job.LockTTL = ttl }(job.LockTTL)
	job.LockTTL = 3 * time.Second
	server := smallServer(t, 400)
	server.SetLatency("CopyObject", 50*time.Millisecond)
	stolen := make(chan struct{})
	server.Inject(s3sim.Fault{Op: "CopyObject", Times: 1, Before: func() {
		server.Put("the-reports", "lock", s3sim.Object{Body: []byte(`{"run":"thief","ttl_seconds":60}`)})
		close(stolen)
	}})
	server.Inject(s3sim.Fault{Op: "CopyObject", Skip: 20, Delay: 1500 * time.Millisecond}) // so that it is not through before it knows
	var code int
	var out, log strings.Builder
	code = inProcess(t, server, &out, &log, runWith("--lock", "s3://the-reports/lock", "--report", "-", "--concurrency", "4", "--report-rows", "all"))
	<-stolen
	complete, count := reportSummary(t, []byte(out.String()))
	if code != exit.Incomplete || complete || count("canceled") == 0 || count("copied") != server.Len("the-archive") {
		t.Errorf("code %d, complete %v, copied %d, canceled %d, %d in the archive", code, complete, count("copied"), count("canceled"), server.Len("the-archive"))
	}
	for where, text := range map[string]string{"report": out.String(), "stderr": log.String()} {
		if !strings.Contains(text, "the lock was lost") {
			t.Errorf("the %s does not say why:\n%.600s", where, text)
		}
	}
	if text := server.Read("the-reports", "lock", 0, 100); !strings.Contains(string(text), "thief") {
		t.Errorf("the lock was taken back: %s", text)
	}
}

// inProcess runs the program within the test, against the server.
func inProcess(t *testing.T, server *s3sim.Server, stdout, stderr io.Writer, args []string) int {
	t.Helper()
	args = append(append([]string{"reconcile"}, args...), "--endpoint-url", server.URL())
	return run(t.Context(), args, strings.NewReader(""), stdout, stderr)
}

// runWithin is runProcess within the test, for what does not depend on a process
// of its own. It begins relative paths, those with a dot in front, at p.dir.
func runWithin(t *testing.T, server *s3sim.Server, args ...string) (*process, int) {
	t.Helper()
	p := &process{dir: t.TempDir()}
	args = slices.Clone(args)
	for i, a := range args {
		if rest, ok := strings.CutPrefix(a, "./"); ok {
			args[i] = filepath.Join(p.dir, rest)
		}
	}
	return p, inProcess(t, server, &p.stdout, &p.stderr, args)
}

// sideBySide runs command lines at the same time, as runWithin does, each of
// which must end with that exit code.
func sideBySide(t *testing.T, server *s3sim.Server, want int, lines ...[]string) []*process {
	t.Helper()
	all := make([]*process, len(lines))
	var wg sync.WaitGroup
	for i, args := range lines {
		wg.Go(func() {
			p, code := runWithin(t, server, args...)
			if code != want {
				t.Errorf("%v: code %d\n%s", args, code, &p.stderr)
			}
			all[i] = p
		})
	}
	wg.Wait()
	return all
}

// TestOddDeadlines: a deadline that leaves no time for anything ends the run
// in the way of every deadline, also with a lock and a journal; 0 is none.
func TestOddDeadlines(t *testing.T) {
	t.Parallel()
	for _, deadline := range []string{"1ms", "1us", "30ms"} {
		server := smallServer(t, 50)
		began := time.Now()
		p, code := runWithin(t, server, runWith("--deadline", deadline, "--lock", "s3://the-reports/lock", "--journal", "./j", "--report", "-", "--report-rows", "all")...)
		complete, count := reportSummary(t, p.stdout.Bytes())
		if complete && code == exit.OK {
			continue // it was fast enough
		}
		if code != exit.Unsettled || complete || count("copied") > server.Len("the-archive") || !strings.Contains(p.stderr.String(), "deadline") {
			t.Errorf("%s: code %d, complete %v, copied %d of %d\n%s", deadline, code, complete, count("copied"), server.Len("the-archive"), &p.stderr)
		}
		first := p.stderr.String()
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%s: it took %v", deadline, took)
		}
		may := strings.Contains(first, "the lock was not given back, and will expire") // the deadline left no time for it
		if p, code := runWithin(t, server, runWith("--deadline", "0", "--lock", "s3://the-reports/lock")...); code != exit.OK && !(may && code == exit.Locked) {
			t.Errorf("deadline 0: code %d\n%s\nafter %s\n%s", code, &p.stderr, deadline, first)
		}
	}
	if p, code := runWithin(t, smallServer(t, 1), runWith("--deadline", "-1s")...); code != exit.Usage {
		t.Errorf("a negative deadline: code %d\n%s", code, &p.stderr)
	}
}
