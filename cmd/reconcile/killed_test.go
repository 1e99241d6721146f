package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
	"reconcile/internal/s3store"
)

var kills = flag.Int("kills", 6, "how often TestKilledRuns kills the program, for each kind of journal")

// killServer has small objects and some that are copied by parts, by both
// layouts, none of them in the archive.
func killServer(t *testing.T) (server *s3sim.Server, parts int) {
	t.Helper()
	const mib = 1 << 20
	server = smallServer(t, 60)
	put := func(key string, o s3sim.Object) {
		o.StorageClass, o.Restore, o.RestoreExpiry = "GLACIER", "restored", time.Now().Add(48*time.Hour)
		o.Tags, o.Metadata, o.ContentType = map[string]string{"k": "v"}, map[string]string{"m": "n"}, "application/x-hdf"
		server.Put("the-glacier", key, o)
	}
	for i := range 4 {
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
// Somebody else's upload is never touched.
func TestKilledRuns(t *testing.T) {
	for _, kind := range []string{"folder", "bucket"} {
		t.Run(kind, func(t *testing.T) {
			server, parts := killServer(t)
			journal := "s3://the-reports/journal/"
			if kind == "folder" {
				journal = filepath.Join(t.TempDir(), "journal")
			}
			foreign := openForeign(t, server)
			args := runWith("--journal", journal, "--multipart-threshold", "5MiB", "--part-size", "5MiB", "--concurrency", "4")
			for range *kills {
				if server.Len("the-archive") == server.Len("the-glacier") { // so that there is something left to be killed in
					for _, key := range server.Keys("the-archive") {
						server.Delete("the-archive", key)
					}
				}
				p := startProcess(t, server, args...)
				time.Sleep(time.Duration(30+rand.IntN(250)) * time.Millisecond)
				p.Process.Kill()
				p.Wait()
				if kind == "bucket" {
					server.Delete("the-reports", "journal/lock") // dead, and would keep the next run out for two minutes
				}
			}
			p, code := runProcess(t, server, append(args, "--report", "r.json", "--report-rows", "all")...)
			if code != exit.OK {
				t.Fatalf("the last run: code %d\n%s", code, &p.stderr)
			}
			checkArrived(t, server)
			text, _ := os.ReadFile(filepath.Join(p.dir, "r.json"))
			complete, count := reportSummary(t, text)
			if all := server.Len("the-glacier"); !complete || count("copied")+count("present") != all {
				t.Errorf("complete %v, copied %d, present %d of %d", complete, count("copied"), count("present"), all)
			}
			checkStranger(t, server, foreign, *kills)
			checkJournalEmpty(t, server, kind, journal)
			t.Logf("%d kills, %d parts copied, %d in one round", *kills, server.Requests()["UploadPartCopy"], parts)
		})
	}
}

// checkStranger wants somebody else's upload to be open as it was. Beside it
// may be uploads without parts, as many a kill as requests were in flight: those
// whose id the killed run had no time to record cannot be told from a stranger's.
func checkStranger(t *testing.T, server *s3sim.Server, foreign string, kills int) {
	t.Helper()
	unnamed, filled := openUploads(server)
	if len(filled) != 1 || filled[0] != foreign || unnamed > kills*16 {
		t.Errorf("uploads with parts: %v, somebody else's is %s; %d without a part after %d kills", filled, foreign, unnamed, kills)
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

// openForeign opens an upload as somebody else would, and copies a part of it,
// to a key that the run will copy.
func openForeign(t *testing.T, server *s3sim.Server) (id string) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", server.AccessKey())
	t.Setenv("AWS_SECRET_ACCESS_KEY", server.SecretKey())
	store, err := s3store.Open(context.Background(), s3store.Config{
		Default: s3store.Bucket{EndpointURL: server.URL(), Region: server.Region()},
	})
	if err != nil {
		t.Fatal(err)
	}
	source, err := store.Head(context.Background(), reconcile.Location{Bucket: "the-glacier", Key: "cut-0.hdf"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := store.CreateUpload(context.Background(), reconcile.UploadRequest{
		Source: source, Target: reconcile.Location{Bucket: "the-archive", Key: "cut-0.hdf"},
	})
	if err == nil {
		_, err = store.CopyPart(context.Background(), reconcile.PartRequest{
			Upload: u, Source: source.Object, Part: reconcile.Part{Number: 1, Size: 5 << 20},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}
