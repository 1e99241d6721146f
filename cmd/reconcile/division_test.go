package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

// TestLockOfDivisions: shards of one division run beside one another under one
// --lock; a shard and a run over the whole source, or shards of two divisions,
// do not. Once a run is through, its lock keeps nobody out.
func TestLockOfDivisions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		first, second string // --shard; none: the whole source
		code          int
	}{
		{"0/2", "1/2", exit.OK},
		{"0/2", "none", exit.Locked},
		{"none", "1/2", exit.Locked},
		{"0/2", "1/3", exit.Locked},
		{"1/2", "1/2", exit.Locked},
		{"none", "none", exit.Locked},
	} {
		t.Run(strings.ReplaceAll(c.first+" "+c.second, "/", "of"), func(t *testing.T) {
			t.Parallel()
			server := smallServer(t, 6)
			args := func(shard string) []string { return runWith("--lock", "s3://the-reports/lock", "--shard", shard) }
			var second *process
			code := -1
			server.Inject(s3sim.Fault{Op: "ListObjectsV2", Bucket: "the-glacier", Times: 1, Before: func() { second, code = runWithin(t, server, args(c.second)...) }})
			if p, first := runWithin(t, server, args(c.first)...); first != exit.OK {
				t.Errorf("the first: code %d\n%s", first, &p.stderr)
			}
			if code != c.code || code == exit.Locked && !strings.Contains(second.stderr.String(), "another run holds s3://the-reports/lock") {
				t.Errorf("the second: code %d, want %d\n%s", code, c.code, &second.stderr)
			}
			for _, shard := range []string{"none", "0/2", "2/3"} {
				if p, code := runWithin(t, server, args(shard)...); code != exit.OK {
					t.Errorf("afterwards, %s: code %d\n%s", shard, code, &p.stderr)
				}
			}
		})
	}
}

// TestLockWhoseBucketMayNotBeListed: the right to list is not asked for; that
// other divisions cannot be seen is said.
func TestLockWhoseBucketMayNotBeListed(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 2)
	server.Inject(s3sim.Fault{Op: "ListObjectsV2", Bucket: "the-reports", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	p, code := runWithin(t, server, runWith("--lock", "s3://the-reports/lock")...)
	if code != exit.OK || !strings.Contains(p.stderr.String(), "cannot be seen") {
		t.Errorf("code %d\n%s", code, &p.stderr)
	}
}

// TestJournalOfAnotherDivision: what a killed shard has left open is gone on
// with or aborted by a run over the whole source, or by a shard of another
// division, and the other way round; and it says whose it was.
func TestJournalOfAnotherDivision(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"folder", "bucket"} {
		for _, c := range []struct{ killed, next []string }{
			{[]string{"0/1"}, []string{"none"}}, // 0/1 is the whole under another name
			{[]string{"0/2"}, []string{"none"}},
			{[]string{"0/2"}, []string{"0/3", "1/3", "2/3"}},
			{[]string{"none"}, []string{"0/2", "1/2"}},
		} {
			t.Run(kind+strings.ReplaceAll(fmt.Sprint(c), "/", "of"), func(t *testing.T) {
				t.Parallel()
				server := smallServer(t, 0)
				for i := range 3 {
					server.Put("the-glacier", fmt.Sprintf("large-%d.hdf", i), s3sim.Object{
						Size: 30 << 20, ContentSeed: uint64(i), StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour),
					})
				}
				journal := "s3://the-reports/journal/"
				if kind == "folder" {
					journal = filepath.Join(t.TempDir(), "journal")
				}
				args := func(shard string) []string {
					return runWith("--journal", journal, "--multipart-threshold", "5MiB", "--part-size", "5MiB", "--shard", shard, "--concurrency", "4")
				}
				for _, shard := range c.killed {
					killWithOpenUpload(t, server, args(shard)...)
				}
				for _, key := range server.Keys("the-reports") {
					if strings.HasSuffix(key, "lock") {
						server.Delete("the-reports", key) // dead, and would keep the next run out for two minutes
					}
				}
				left := len(server.OpenUploads("the-archive"))
				said := ""
				for _, shard := range c.next {
					p, code := runWithin(t, server, args(shard)...)
					if said += p.stderr.String(); code != exit.OK {
						t.Errorf("%s: code %d\n%s", shard, code, &p.stderr)
					}
				}
				// One without a part is one whose id the killed run could not record.
				if empty, filled := openUploads(server); left == 0 || len(filled) > 0 || empty > 4*len(c.killed) || server.Len("the-archive") != 3 {
					t.Errorf("%d uploads were left, and %v are open still, %d without a part\n%s", left, filled, empty, said)
				}
				if !strings.Contains(said, "had left") {
					t.Errorf("nobody says what was left:\n%s", said)
				}
				checkJournalEmpty(t, server, kind, journal)
			})
		}
	}
}

// killWithOpenUpload kills a run that is copying parts.
func killWithOpenUpload(t *testing.T, server *s3sim.Server, args ...string) {
	t.Helper()
	var p *process
	started, killed := make(chan struct{}), make(chan struct{})
	fault := server.Inject(s3sim.Fault{Op: "UploadPartCopy", Skip: 2, Times: 1, Before: func() {
		<-started
		close(killed) // first: who waits for the process may be quicker than this
		p.Process.Kill()
	}})
	defer fault.Remove()
	p = startProcess(t, server, args...)
	close(started)
	p.Wait()
	select {
	case <-killed:
	default:
		t.Fatalf("the run was through before it could be killed\n%s", &p.stderr)
	}
}
