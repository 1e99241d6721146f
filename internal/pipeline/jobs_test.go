package pipeline_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"reconcile/internal/batch"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
	"reconcile/internal/s3sim"
)

// byJob is an incident whose restores jobs ask for.
func byJob(t *testing.T) *incident {
	t.Helper()
	c := newClock()
	i := &incident{newArchive(t, s3sim.Config{Now: c.Now, RestoreDelay: s3sim.PublishedDelay, JobTimes: func(string) s3sim.JobTimes {
		return s3sim.JobTimes{Preparing: time.Minute, Active: 10 * time.Minute, Completing: time.Minute}
	}}), c}
	i.CreateBucket("results")
	return i
}

// jobs has a run ask by jobs. Each call is another run's.
func (i *incident) jobs(t *testing.T) func(*pipeline.Job) {
	return func(j *pipeline.Job) {
		o := batch.Options{Account: "123456789012", Role: "arn:aws:iam::123456789012:role/r", Results: reconcile.Location{Bucket: "results", Key: "r/"}}
		of := batch.RestoresOf{Run: fmt.Sprintf("run%d", time.Now().UnixNano()), Source: glacier, Days: j.Restore.Days, Tier: j.Restore.Tier}
		again := retry.New(retry.Options{Attempts: 3, Delay: time.Millisecond, Patience: time.Minute})
		j.Waiting.Jobs = batch.NewRestores(i.open(t), again, o, of, func(batch.Job) {})
		j.Waiting.ByJob, j.Waiting.ForJob = true, true
	}
}

// TestRecoverByJob: one job asks for everything but what a job cannot ask for;
// a task that has failed is a row with its cause.
func TestRecoverByJob(t *testing.T) {
	i := byJob(t)
	i.gone(60)
	i.Put(glacier, "a b+c%20d.hdf", cold(10, 77, "GLACIER"))
	i.Put(glacier, "tiered.hdf", s3sim.Object{Size: 10, ContentSeed: 8, StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "ARCHIVE_ACCESS"})
	i.Inject(s3sim.Fault{Op: "S3InitiateRestoreObject", KeyPrefix: "d01/k00001", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Message: "Access Denied"})
	m := i.do(t, t.Context(), "recover", i.jobs(t))
	m.mustComplete(t, 62)
	if jobs := i.Jobs(); len(jobs) != 1 || jobs[0].Operation != "S3InitiateRestoreObject" || jobs[0].Total != 61 || i.Accepted() != 61 {
		t.Errorf("%+v, %d restores", jobs, i.Accepted())
	}
	row := m.rowOf(t, "d01/k00001.hdf")
	if row.Status != reconcile.Failed || row.ErrorKind != "access_denied" || !strings.Contains(row.ErrMsg, "Access Denied") {
		t.Errorf("%+v", row)
	}
	if m.doc.count(t, "copied") != 61 || m.Summary.Requests["RestoreObject"] != 1 || m.Spent.Objects != 61 || m.Waiting.Again != 0 {
		t.Errorf("copied %d, %v, %+v", m.doc.count(t, "copied"), m.Summary.Requests, m.Spent)
	}
}

// TestRecoverByJobInWaves: one job after the other, each for what may lie
// restored and uncopied.
func TestRecoverByJobInWaves(t *testing.T) {
	i := byJob(t)
	for n := range 40 {
		i.Put(glacier, fmt.Sprintf("k%02d.hdf", n), cold(100, uint64(n), "GLACIER"))
	}
	m := i.do(t, t.Context(), "recover", func(j *pipeline.Job) { i.jobs(t)(j); j.Waiting.MaxOut = 1000 })
	m.mustComplete(t, 40)
	i.mustBeHome(t)
	for _, job := range i.Jobs() {
		if job.Total > 10 {
			t.Errorf("%+v", job)
		}
	}
	if n := len(i.Jobs()); n < 4 || n > 8 || i.Accepted() != 40 || m.Waiting.Again != 0 {
		t.Errorf("%d jobs, %d restores, %+v", n, i.Accepted(), m.Waiting)
	}
}

// TestRecoverByJobKilled between any two steps: the next run goes on, with no
// second job, and nothing is asked for twice.
func TestRecoverByJobKilled(t *testing.T) {
	for _, at := range []s3sim.Fault{
		{Op: "PutObject", KeyPrefix: "r/restore-0001/manifests/"},
		{Op: "PutObject", KeyPrefix: "r/restore-0001/jobs.json"},
		{Op: "CreateJob"},
		{Op: "PutObject", KeyPrefix: "r/restore-0001/jobs.json", Skip: 1},
		{Op: "DescribeJob"},
		{Op: "DescribeJob", Skip: 3},
		{Op: "CopyObject", Skip: 5},
	} {
		i := byJob(t)
		i.gone(20)
		ctx, cancel := context.WithCancel(t.Context())
		at.Times, at.Kind, at.AfterAct = 1, s3sim.CutAfter, cancel
		i.Inject(at)
		first := i.do(t, ctx, "recover", i.jobs(t))
		if first.err == nil {
			t.Errorf("%s %s: not killed", at.Op, at.KeyPrefix)
		}
		m := i.do(t, t.Context(), "recover", i.jobs(t))
		m.mustComplete(t, 20)
		i.mustBeHome(t)
		if jobs := i.Jobs(); len(jobs) != 1 || i.Accepted() != 20 || first.Summary.Requests["RestoreObject"]+m.Summary.Requests["RestoreObject"] != 0 {
			t.Errorf("%s %s: %+v, %d restores", at.Op, at.KeyPrefix, jobs, i.Accepted())
		}
		cancel()
	}
}

// TestRecoverJobFails: a job that fails as a whole ends the run with its reason;
// the next run makes another one.
func TestRecoverJobFails(t *testing.T) {
	i := byJob(t)
	i.gone(5)
	h := i.Inject(s3sim.Fault{Op: "RunJob", Kind: s3sim.Respond, Status: 400, Code: "ManifestError", Message: "no right to read it", Times: 1})
	m := i.do(t, t.Context(), "recover", i.jobs(t))
	if m.err == nil || !strings.Contains(m.err.Error(), "ManifestError: no right to read it") || m.doc.count(t, "canceled") != 5 {
		t.Errorf("%v, %+v", m.err, m.doc.Summary)
	}
	h.Remove()
	m = i.do(t, t.Context(), "recover", i.jobs(t))
	m.mustComplete(t, 5)
	i.mustBeHome(t)
	if len(i.Jobs()) != 2 || i.Accepted() != 5 {
		t.Errorf("%+v", i.Jobs())
	}
}

// TestRestoreByJob: waited for, what could not be asked for is told; asked again
// while the job goes on, nothing is.
func TestRestoreByJob(t *testing.T) {
	i := byJob(t)
	i.gone(20)
	i.Put(glacier, "short.hdf", i.warm(10, 5, 10*time.Hour))
	quick := func(j *pipeline.Job) { i.jobs(t)(j); j.Waiting.ForJob = false }
	m := i.do(t, t.Context(), "restore", quick)
	m.mustComplete(t, 21)
	if m.doc.count(t, "requested") != 21 || m.Summary.Requests["RestoreObject"] != 1 || i.Accepted() != 0 {
		t.Errorf("%+v %v", m.doc.Summary, m.Summary.Requests)
	}
	i.Inject(s3sim.Fault{Op: "S3InitiateRestoreObject", KeyPrefix: "d01/k00001", Kind: s3sim.Respond, Status: 404, Code: "NoSuchKey", Message: "gone"})
	m = i.do(t, t.Context(), "restore", i.jobs(t))
	m.mustComplete(t, 21)
	if m.doc.count(t, "requested") != 19 || m.rowOf(t, "d01/k00001.hdf").ErrorKind != "not_found" || len(i.Jobs()) != 1 || i.Accepted() != 19 {
		t.Errorf("%+v, %+v, %d restores", m.doc.Summary, i.Jobs(), i.Accepted())
	}
}
