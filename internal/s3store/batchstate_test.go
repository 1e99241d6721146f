package s3store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// TestDescribeBatchJob: a job that has failed as a whole says why; one that is
// gone, refused or answered by something else is an error.
func TestDescribeBatchJob(t *testing.T) {
	srv, s := sim(t, s3sim.Config{})
	job := testJob
	job.Manifest = reconcile.Location{Bucket: "protected", Key: "gone.csv"}
	id, err := s.CreateBatchJob(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	ref := BatchJobRef{Account: job.Account, ID: id, Bucket: "protected"}
	state, err := s.DescribeBatchJob(t.Context(), ref)
	if err != nil || state.Status != BatchJobFailed || len(state.Failures) != 1 || !strings.Contains(state.Failures[0], "gone.csv does not exist") {
		t.Errorf("%+v, %v", state, err)
	}
	again, err := s.CreateBatchJob(t.Context(), job)
	if err != nil || again != id {
		t.Errorf("the same token: %s after %s, %v", again, id, err)
	}
	job.Priority++
	if _, err = s.CreateBatchJob(t.Context(), job); err == nil || !strings.Contains(err.Error(), "IdempotencyException") {
		t.Errorf("the token of another request: %v", err)
	}
	ref.ID = "00000000-gone"
	if _, err = s.DescribeBatchJob(t.Context(), ref); !errors.Is(err, reconcile.NotFound) {
		t.Errorf("a job that is gone: %v", err)
	}
	srv.Inject(s3sim.Fault{Op: "DescribeJob", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Message: "no", Times: 1})
	if _, err = s.DescribeBatchJob(t.Context(), ref); !errors.Is(err, reconcile.AccessDenied) || !strings.Contains(err.Error(), "needs s3:DescribeJob") {
		t.Errorf("refused: %v", err)
	}
	for _, kind := range []s3sim.FaultKind{s3sim.EmptyOK, s3sim.Garbage} {
		srv.Inject(s3sim.Fault{Op: "DescribeJob", Kind: kind, Times: 1})
		if _, err = s.DescribeBatchJob(t.Context(), ref); err == nil || !reconcile.Retryable(err) {
			t.Errorf("an answer that is not S3's: %v", err)
		}
	}
	if err = s.UpdateBatchJob(t.Context(), BatchJobRef{Account: job.Account, ID: id, Bucket: "protected"}, BatchJobReady); err == nil || !strings.Contains(err.Error(), "JobStatusException") {
		t.Errorf("confirmed after its end: %v", err)
	}
}

// TestJobsWorkByTheClock: a job is prepared, active and complete in the time that
// it is said to take, and its tasks are spread over that time.
func TestJobsWorkByTheClock(t *testing.T) {
	now := time.Now()
	srv, s := sim(t, s3sim.Config{
		Now: func() time.Time { return now },
		JobTimes: func(string) s3sim.JobTimes {
			return s3sim.JobTimes{Preparing: time.Minute, Active: time.Hour, Completing: time.Minute}
		},
	})
	for _, key := range []string{"a", "b c", "d"} {
		srv.Put("glacier", key, s3sim.Object{Size: 5, StorageClass: "GLACIER"})
	}
	info := srv.Put("protected", "m.csv", s3sim.Object{Body: []byte("glacier,a\nglacier,b%20c\nglacier,d\nglacier,e\n")})
	job := testJob
	job.Operation, job.Confirm, job.ReportBucket = RestoreObjects{Days: 3, Tier: reconcile.TierStandard}, false, "protected"
	job.Manifest, job.ManifestETag = reconcile.Location{Bucket: "protected", Key: "m.csv"}, info.ETag
	id, err := s.CreateBatchJob(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after        time.Duration
		status       BatchJobStatus
		done, failed int64
	}{
		{0, "Preparing", 0, 0}, {time.Minute, "Active", 0, 0}, {31 * time.Minute, "Active", 2, 0},
		{61 * time.Minute, "Completing", 3, 1}, {62 * time.Minute, BatchJobComplete, 3, 1},
	} {
		began := now
		now = now.Add(step.after)
		state, err := s.DescribeBatchJob(t.Context(), BatchJobRef{job.Account, id, "protected"})
		if err != nil || state.Status != step.status || state.Done != step.done || state.Failed != step.failed {
			t.Errorf("after %v: %+v, %v; want %+v", step.after, state, err, step)
		}
		now = began
	}
	if info, _ := srv.Get("glacier", "b c"); info.Restore == "" {
		t.Error("nothing was restored")
	}
	manifest := string(srv.Read("protected", "p/results/job-"+id+"/manifest.json", 0, 1<<20))
	if strings.Count(manifest, `"TaskExecutionStatus"`) != 2 || !strings.Contains(manifest, "/results/") {
		t.Errorf("the report's manifest is %s", manifest)
	}
}
