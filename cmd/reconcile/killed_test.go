package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

var kills = flag.Int("kills", 2, "how often TestKilledRuns kills the program, for each kind of journal")

// killServer has small objects and some that are copied by parts, by both
// layouts, none of them in the archive.
func killServer(t *testing.T) (server *s3sim.Server, parts int) {
	t.Helper()
	const mib = 1 << 20
	server = smallServer(t, 20)
	put := func(key string, o s3sim.Object) {
		o.StorageClass, o.Restore, o.RestoreExpiry = "GLACIER", "restored", time.Now().Add(48*time.Hour)
		o.Tags, o.Metadata, o.ContentType = map[string]string{"k": "v"}, map[string]string{"m": "n"}, "application/x-hdf"
		server.Put("the-glacier", key, o)
	}
	for i := range 3 {
		put(fmt.Sprintf("cut-%d.hdf", i), s3sim.Object{Size: 60 * mib, ContentSeed: uint64(1000 + i)})
		sizes := []int64{9 * mib, 7 * mib, 11 * mib, 5 * mib, 8 * mib, mib}
		put(fmt.Sprintf("kept-%d.hdf", i), s3sim.Object{Size: 41 * mib, ContentSeed: uint64(2000 + i), PartSizes: sizes, NoChecksum: true})
		parts += 12 + len(sizes)
	}
	server.SetLatency("CreateMultipartUpload", 10*time.Millisecond)
	server.SetLatency("CompleteMultipartUpload", 10*time.Millisecond)
	server.SetLatency("UploadPartCopy", 15*time.Millisecond)
	server.SetLatency("CopyObject", 5*time.Millisecond)
	return server, parts
}

// TestKilledRuns: however often the program is killed, and whenever, the next
// run with the same journal goes on: in the end everything has arrived as it
// was, no upload is open, the journal is empty and the last report is true.
// What somebody else has in the bucket is never touched.
func TestKilledRuns(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"folder", "bucket"} {
		t.Run(kind, func(t *testing.T) {
			server, parts := killServer(t)
			journal := "s3://the-reports/journal/"
			if kind == "folder" {
				journal = filepath.Join(t.TempDir(), "journal")
			}
			stranger := besideRuns(server)
			args := runWith("--journal", journal, "--multipart-threshold", "5MiB", "--part-size", "5MiB", "--concurrency", "4")
			for range *kills {
				emptyArchive(server, stranger) // so that there is something left to be killed in
				p := startProcess(t, server, args...)
				time.Sleep(time.Duration(30+rand.IntN(250)) * time.Millisecond)
				p.Process.Kill()
				p.Wait()
				if kind == "bucket" {
					server.Delete("the-reports", "journal/lock") // dead, and would keep the next run out for two minutes
				}
			}
			p, code := runWithin(t, server, append(args, "--report", "./r.json", "--report-rows", "all")...)
			if code != exit.OK {
				t.Fatalf("the last run: code %d\n%s", code, &p.stderr)
			}
			checkArrived(t, server)
			text, _ := os.ReadFile(filepath.Join(p.dir, "r.json"))
			complete, count := reportSummary(t, text)
			if all := server.Len("the-glacier"); !complete || count("copied")+count("present") != all {
				t.Errorf("complete %v, copied %d, present %d of %d", complete, count("copied"), count("present"), all)
			}
			checkStranger(t, server, stranger, *kills)
			checkJournalEmpty(t, server, kind, journal)
			t.Logf("%d kills, %d parts copied, %d in one round", *kills, server.Requests()["UploadPartCopy"], parts)
		})
	}
}

// besideRuns is somebody else in the archive bucket, who writes objects and opens
// uploads of keys that are being copied all the time.
func besideRuns(server *s3sim.Server) *s3sim.Stranger {
	x := server.Stranger("the-archive")
	x.Write("a-stranger.hdf", 1000)
	x.Open("cut-0.hdf", 5<<20)
	x.Open("kept-0.hdf", 0)
	x.Busy("CopyObject", "cut-1.hdf", 0.05, 1)
	x.Busy("UploadPartCopy", "kept-1.hdf", 0.02, 2)
	x.Busy("CompleteMultipartUpload", "cut-2.hdf", 0.3, 3)
	return x
}

// emptyArchive removes the copies where all are there.
func emptyArchive(server *s3sim.Server, stranger *s3sim.Stranger) {
	theirs := stranger.Keys()
	if server.Len("the-archive") < server.Len("the-glacier")+len(theirs) {
		return
	}
	for _, key := range server.Keys("the-archive") {
		if !slices.Contains(theirs, key) {
			server.Delete("the-archive", key)
		}
	}
}

// checkStranger wants everything of somebody else's as he left it. Beside his
// uploads may be some without parts, as many a kill as requests were in flight:
// those whose id the killed run had no time to record cannot be told from a
// stranger's.
func checkStranger(t *testing.T, server *s3sim.Server, stranger *s3sim.Stranger, kills int) {
	t.Helper()
	if missing := stranger.Missing(); len(missing) > 0 {
		t.Errorf("the stranger misses %v", missing)
	}
	unnamed := 0
	for _, u := range server.OpenUploads("the-archive") {
		switch {
		case stranger.Has(u.UploadID):
		case u.Parts > 0:
			t.Errorf("left open: %+v", u)
		default:
			unnamed++
		}
	}
	if unnamed > kills*16 {
		t.Errorf("%d uploads without a part after %d kills", unnamed, kills)
	}
}

// openUploads counts the open uploads without parts, and names the others.
func openUploads(server *s3sim.Server) (empty int, filled []string) {
	for _, u := range server.OpenUploads("the-archive") {
		if u.Parts == 0 {
			empty++
			continue
		}
		filled = append(filled, u.UploadID)
	}
	return empty, filled
}

// checkArrived wants every object in the archive as it is in the source.
func checkArrived(t *testing.T, server *s3sim.Server) {
	t.Helper()
	for _, key := range server.Keys("the-glacier") {
		want, _ := server.Get("the-glacier", key)
		got, _ := server.Get("the-archive", key)
		if !server.SameContent("the-glacier", key, "the-archive", key) || got.ContentType != want.ContentType ||
			fmt.Sprint(got.Tags, got.Metadata) != fmt.Sprint(want.Tags, want.Metadata) || got.StorageClass != "STANDARD" {
			t.Errorf("%s did not arrive as it was: %+v", key, got)
		}
	}
}

func checkJournalEmpty(t *testing.T, server *s3sim.Server, kind, journal string) {
	t.Helper()
	left, _ := filepath.Glob(filepath.Join(journal, "*.upload.json"))
	if kind == "bucket" {
		left = server.Keys("the-reports")
	}
	for _, name := range left {
		if filepath.Base(name) != "lock" {
			t.Errorf("left in the journal: %s", name)
		}
	}
}

// TestTakenOver: who goes on after a dead run says so in log and report: from
// whom, and what that had left.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ args, notes []string }{
		"lock and journal": {[]string{"--lock", "s3://the-reports/lock", "--journal", "s3://the-reports/journal/"}, []string{"the lock was taken over from run ", " had left "}},
		"journal alone":    {[]string{"--journal", "s3://the-reports/journal/"}, []string{"the journal was taken over from run ", " had left "}},
		"lock alone":       {[]string{"--lock", "s3://the-reports/lock"}, []string{"the lock was taken over from run "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := smallServer(t, 0)
			server.Put("the-glacier", "large.hdf", s3sim.Object{
				Size: 30 << 20, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour),
			})
			args := runWith(append(c.args, "--multipart-threshold", "5MiB", "--part-size", "5MiB", "--concurrency", "4")...)
			killWithOpenUpload(t, server, args...)
			dead := ""
			for _, key := range server.Keys("the-reports") {
				if !strings.HasSuffix(key, "lock") {
					continue
				}
				info, _ := server.Get("the-reports", key)
				body := server.Read("the-reports", key, 0, info.Size)
				server.Put("the-reports", key, s3sim.Object{Body: body, LastModified: time.Now().Add(-time.Hour)}) // an hour passes
				var holder struct{ Run string }
				if err := json.Unmarshal(body, &holder); err != nil {
					t.Fatal(err)
				}
				dead = holder.Run
			}
			p, code := runWithin(t, server, append(args, "--report", "-")...)
			var doc struct{ Run struct{ Notes []string } }
			if err := json.Unmarshal(p.stdout.Bytes(), &doc); err != nil || code != exit.OK || dead == "" {
				t.Fatalf("code %d, %v, dead %q\n%s", code, err, dead, &p.stderr)
			}
			notes := strings.Join(doc.Run.Notes, "\n")
			for _, want := range c.notes {
				if !strings.Contains(notes, want) || !strings.Contains(p.stderr.String(), want) {
					t.Errorf("%q is not in the notes\n%s\nor on stderr\n%s", want, notes, &p.stderr)
				}
			}
			if n := strings.Count(notes, dead); n != len(c.notes) || len(doc.Run.Notes) != n {
				t.Errorf("%s is named %d times in %q", dead, n, notes)
			}
		})
	}
}
