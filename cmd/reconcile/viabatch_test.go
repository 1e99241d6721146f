package main

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
)

// byBatch are the flags of jobs.
func byBatch(more ...string) []string {
	return append([]string{"--source", seedGlacier, "--account", "123456789012", "--role", "arn:aws:iam::123456789012:role/r", "--results", "s3://results/r/"}, more...)
}

// TestRecoverViaBatch: one job asks for what is missing, and what it could not
// ask for is a row with the cause.
func TestRecoverViaBatch(t *testing.T) {
	t.Parallel()
	s := incidentServer(t, 0)
	s.CreateBucket("results")
	s.Inject(s3sim.Fault{Op: "S3InitiateRestoreObject", KeyPrefix: "deep", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Message: "Access Denied"})
	code, r, out := asks(t, s, "", append([]string{"recover", "--via", "batch", "--yes", "--poll-interval", "20ms", "--region", "us-east-1"}, byBatch()...)...)
	if jobs := s.Jobs(); code != exit.Unsettled || len(jobs) != 1 || jobs[0].Total != 3 || s.Requests()["RestoreObject"] != 0 {
		t.Fatalf("exit code %d, %+v\n%s", code, jobs, out)
	}
	for _, row := range r.Objects {
		if want := map[bool]string{true: "failed", false: "copied"}[row.SourceKey == "deep.hdf"]; row.SourceKey != "there.hdf" && string(row.Status) != want {
			t.Errorf("%s: %s %s", row.SourceKey, row.Status, row.ErrMsg)
		}
	}
	c := costOf(t, r)
	standard := c.Tiers["Standard"]
	if amountOf(t, standard, "S3 Batch Operations, jobs") != 0.25 || amountOf(t, standard, "S3 Batch Operations, objects") != 0.000003 || c.Tiers["Expedited"].Total != nil {
		t.Errorf("%+v", c)
	}
	if planned := *r.Plan.Planned.Cost; planned < 0.25 || planned > *standard.Total {
		t.Errorf("planned are %v of %v, and the job costs 0.25", planned, *standard.Total)
	}
	// 5 minutes after it was asked for, and 9 hours.
	if took := standard.LastArrival.Sub(*standard.FirstArrival); r.Plan.Via != "batch" || r.Plan.Planned.Objects != 3 || r.Plan.Actual.Objects != 2 || took != 9*time.Hour-5*time.Minute {
		t.Errorf("%+v, %v", r.Plan, took)
	}
}

// TestRestoreViaBatch: the command ends when the job has been made, and given
// again with --wait says what came of it; there is no second job.
func TestRestoreViaBatch(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64 // the server's clock
	s := seedServerWith(t, s3sim.Config{
		Now:          func() time.Time { return time.Now().Add(time.Duration(passed.Load())) },
		JobTimes:     func(string) s3sim.JobTimes { return s3sim.JobTimes{Active: time.Hour} },
		RestoreDelay: func(string, string) time.Duration { return 100 * time.Hour },
	})
	s.CreateBucket("results")
	for _, key := range []string{"a.hdf", "b c.hdf"} {
		s.Put(seedGlacier, key, gib("GLACIER"))
	}
	args := append([]string{"restore", "--via", "batch", "--yes", "--poll-interval", "50ms"}, byBatch()...)
	for _, wait := range []bool{false, true} {
		if wait {
			args = append(args, "--wait")
			s.Inject(s3sim.Fault{Op: "DescribeJob", Skip: 2, Times: 1, Before: func() { passed.Store(int64(2 * time.Hour)) }})
		}
		code, r, out := asks(t, s, "", args...)
		want := report.BatchJob{ID: s.Jobs()[0].ID, Bucket: seedGlacier, Operation: "S3InitiateRestoreObject", Status: "New", Objects: 2}
		if wait {
			want.Status, want.Done = "Complete", 2
		}
		if got := r.Run.BatchJobs; !slices.Equal(got, []report.BatchJob{want}) || !strings.Contains(out, "job "+want.ID+" for s3://"+seedGlacier+": "+want.Status) {
			t.Errorf("%+v, want %+v\n%s", got, want, out)
		}
		if code != exit.OK || len(r.Objects) != 2 || r.Objects[0].Status != "requested" || len(s.Jobs()) != 1 {
			t.Fatalf("exit code %d, %+v, %+v\n%s", code, r.Objects, s.Jobs(), out)
		}
	}
	if s.Accepted() != 2 || s.Requests()["RestoreObject"] != 0 {
		t.Errorf("%d restores, %v", s.Accepted(), s.Requests())
	}
}

// TestViaAuto: by number and price.
func TestViaAuto(t *testing.T) {
	t.Parallel()
	s := seedServer(t, 0)
	via := func(more ...string) string {
		_, r, _ := asks(t, s, "", append([]string{"plan", "--command", "restore", "--region", "us-east-1", "--restore-status", "list"}, byBatch(more...)...)...)
		return r.Plan.Via
	}
	for n := range 999 {
		s.Put(seedGlacier, fmt.Sprintf("%04d", n), gib("GLACIER"))
	}
	if got := via(); got != "direct" {
		t.Errorf("999 objects: %s", got)
	}
	s.Put(seedGlacier, "1000", gib("GLACIER"))
	if got := via(); got != "batch" { // $0.251 of $10.05 and more
		t.Errorf("1000 objects: %s", got)
	}
	if got := via("--tier", "Bulk", "--days", "1"); got != "direct" { // $0.251 of $0.77
		t.Errorf("Bulk: %s", got)
	}
	if got := via("--tier", "Expedited"); got != "direct" {
		t.Errorf("Expedited: %s", got)
	}
}

// TestViaRefused: what a job needs is asked for before anything is sent.
func TestViaRefused(t *testing.T) {
	t.Parallel()
	s := seedServer(t, 0)
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"--source", seedGlacier}, "no --account"},
		{byBatch("--tier", "Expedited"), "no Expedited"},
		{[]string{"--source", seedGlacier, "--account", "123456789012", "--role", "arn:aws:iam::123456789012:role/r", "--results", "s3://" + seedGlacier + "/r/"}, "never written"},
	} {
		code, _, out := asks(t, s, "", append([]string{"recover", "--via", "batch", "--yes"}, tt.args...)...)
		if code != exit.Usage || !strings.Contains(out, tt.says) {
			t.Errorf("%v: exit code %d\n%s", tt.args, code, out)
		}
	}
}
