package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
)

// TestReportEvery: while a recovery waits, its reports are there, say that they
// are not complete and where everything is; the last one replaces them, and is in
// the chain of manifests where they were.
func TestReportEvery(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64 // the server's clock
	s := seedServerWith(t, s3sim.Config{
		Now:          func() time.Time { return time.Now().Add(time.Duration(passed.Load())) },
		RestoreDelay: func(string, string) time.Duration { return time.Hour },
	})
	for n := range 3 {
		s.Put(seedGlacier, fmt.Sprintf("k%d.hdf", n), s3sim.Object{Size: 10, StorageClass: "GLACIER"})
	}
	dir := t.TempDir()
	where := []string{"--source", seedGlacier, "--protected", "my-protected", "--endpoint-url", s.URL(), "--report-rows", "all"}
	reconcile := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := run(context.Background(), append([]string{"reconcile"}, args...), strings.NewReader(""), &out, &out)
		return code, out.String()
	}
	if code, out := reconcile(append([]string{"restore", "--status", "--report", dir + "/before.json"}, where...)...); code != exit.OK {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	ended := make(chan string, 1)
	go func() {
		code, out := reconcile(append([]string{"recover", "--yes", "--poll-interval", "20ms", "--report-every", "20ms",
			"--report", dir + "/back.json", "--report", dir + "/back.csv", "--report", "s3://my-public/back.json"}, where...)...)
		ended <- fmt.Sprintf("exit code %d\n%s", code, out)
	}()
	sofar := waitFor(t, dir+"/back.json", ended, func(r askedReport) bool { return string(r.Summary["restoring"]) == "3" })
	if sofar.Run.Complete || len(sofar.Objects) != 3 || string(sofar.Summary["scanned"]) != "3" || sofar.Plan.Actual == nil || sofar.Plan.Actual.Objects != 3 {
		t.Errorf("so far: %+v", sofar)
	}
	passed.Store(int64(2 * time.Hour))
	if out := <-ended; !strings.HasPrefix(out, "exit code 0") {
		t.Fatal(out)
	}
	last := waitFor(t, dir+"/back.json", ended, func(askedReport) bool { return true })
	if !last.Run.Complete || string(last.Summary["copied"]) != "3" || string(last.Summary["scanned"]) != "3" {
		t.Errorf("at the end: %+v", last)
	}
	if code, out := reconcile("verify-report", dir+"/back.json", dir+"/back.csv", dir+"/before.json"); code != exit.OK || strings.Contains(out, "not given") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	before, after := manifestOf(t, dir+"/before.json"), manifestOf(t, dir+"/back.json")
	if after.Previous == nil || after.Previous.RunID != before.RunID() {
		t.Errorf("the last report follows %+v, want run %s", after.Previous, before.RunID())
	}
}

// waitFor reads a report until it is as it should be.
func waitFor(t *testing.T, name string, ended <-chan string, as func(askedReport) bool) (r askedReport) {
	t.Helper()
	for range 1000 {
		r = askedReport{}
		if text, err := os.ReadFile(name); err == nil {
			if err := json.Unmarshal(text, &r); err != nil {
				t.Fatalf("half a report: %v", err)
			}
			if as(r) {
				return r
			}
		}
		select {
		case out := <-ended:
			t.Fatalf("it ended: %s", out)
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatalf("the report does not come to that: %+v", r)
	return r
}

func manifestOf(t *testing.T, name string) *report.Manifest {
	t.Helper()
	text, err := os.ReadFile(name + report.ManifestSuffix)
	if err != nil {
		t.Fatal(err)
	}
	m, err := report.DecodeManifest(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
