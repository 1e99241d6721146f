package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

var recoverKills = flag.Int("recover.kills", 3, "how often TestKilledRecoveries kills the program")

// coldServer has n small archived objects and two that are copied by parts, none
// of which is in the archive. A restore takes a second.
func coldServer(t *testing.T, n int) *s3sim.Server {
	t.Helper()
	s, err := s3sim.Start(s3sim.Config{
		RestoreDelay: func(string, string) time.Duration { return time.Second },
		JobTimes: func(string) s3sim.JobTimes {
			return s3sim.JobTimes{Preparing: 100 * time.Millisecond, Active: 500 * time.Millisecond, Completing: 100 * time.Millisecond}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for _, bucket := range []string{"the-glacier", "the-archive", "the-reports"} {
		s.CreateBucket(bucket)
	}
	for k := range n {
		s.Put("the-glacier", fmt.Sprintf("k%03d.hdf", k), s3sim.Object{Size: 100, ContentSeed: uint64(k), StorageClass: "GLACIER", ContentType: "application/x-hdf"})
	}
	for k := range 2 {
		s.Put("the-glacier", fmt.Sprintf("large-%d.hdf", k), s3sim.Object{Size: 40 << 20, ContentSeed: uint64(1000 + k), StorageClass: "GLACIER", ContentType: "application/x-hdf"})
	}
	s.SetLatency("RestoreObject", 5*time.Millisecond)
	s.SetLatency("CopyObject", 5*time.Millisecond)
	s.SetLatency("UploadPartCopy", 10*time.Millisecond)
	return s
}

func recoverWith(more ...string) []string {
	return append([]string{"recover", "--source", "the-glacier", "--protected", "the-archive", "--yes", "--poll-interval", "100ms",
		"--multipart-threshold", "5MiB", "--part-size", "5MiB", "--concurrency", "4", "--report", "./r.json", "--report-rows", "all"}, more...)
}

// jobFlags are what a job needs.
var jobFlags = []string{"--account", "123456789012", "--role", "arn:aws:iam::123456789012:role/r", "--results", "s3://the-reports/r/"}

// mustBeRecovered wants everything in the archive, and every restore paid for
// once: what was asked for again is what was in flight when a process was killed,
// or what two asked for at the same time.
func mustBeRecovered(t *testing.T, s *s3sim.Server, p *process, kills int) {
	t.Helper()
	checkArrived(t, s)
	text, _ := os.ReadFile(filepath.Join(p.dir, "r.json"))
	complete, count := reportSummary(t, text)
	all := s.Len("the-glacier")
	if !complete || count("copied")+count("present") != all {
		t.Errorf("complete %v, copied %d, present %d of %d", complete, count("copied"), count("present"), all)
	}
	if asked := s.Requests()["RestoreObject"]; s.Accepted() != int64(all) || asked > int64(all+kills*4) {
		t.Errorf("%d restores were paid for, %d asked for, of %d objects", s.Accepted(), asked, all)
	}
}

// TestKilledRecoveries: killed (SIGKILL) three times at whatever moment, and
// begun again with nothing but the buckets and the journal, everything arrives as
// it was, nothing is paid for twice, and what somebody else has in the archive is
// as he left it.
func TestKilledRecoveries(t *testing.T) {
	t.Parallel()
	const each = 3
	for _, via := range []string{"direct", "batch"} {
		for done := 0; done < *recoverKills; done += each {
			s := coldServer(t, 40)
			stranger := s.Stranger("the-archive")
			stranger.Write("a-stranger.hdf", 1000)
			stranger.Open("large-0.hdf", 5<<20)
			args := recoverWith(append(jobFlags, "--via", via, "--journal", filepath.Join(t.TempDir(), "journal"))...)
			for range each {
				p := startProcess(t, s, args...)
				time.Sleep(time.Duration(20+rand.IntN(1000)) * time.Millisecond)
				p.Process.Kill()
				p.Wait()
			}
			p, code := runWithin(t, s, args...)
			if code != exit.OK {
				t.Fatalf("the last run: exit code %d\n%s", code, &p.stderr)
			}
			mustBeRecovered(t, s, p, each)
			checkStranger(t, s, stranger, each)
			if jobs := s.Jobs(); len(jobs) > 1 || (via == "batch") != (len(jobs) == 1) {
				t.Errorf("%s: %+v", via, jobs)
			}
			t.Logf("%s: %d kills, %d restore requests", via, done+each, s.Requests()["RestoreObject"])
			s.Close()
		}
	}
}

// TestTwoRecoveries: two at once do no harm, and both say that all is
// there; one job asks for both.
func TestTwoRecoveries(t *testing.T) {
	t.Parallel()
	for via, jobs := range map[string]int{"direct": 0, "batch": 1} {
		s := coldServer(t, 40)
		args := recoverWith(append(jobFlags, "--via", via)...)
		for _, p := range sideBySide(t, s, exit.OK, args, args) {
			mustBeRecovered(t, s, p, 42/4+1)
		}
		if open := s.OpenUploads("the-archive"); len(open) > 0 || len(s.Jobs()) != jobs {
			t.Errorf("%s: left open %+v; %+v", via, open, s.Jobs())
		}
	}
}
