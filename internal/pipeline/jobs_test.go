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
	"reconcile/internal/restore"
	"reconcile/internal/retry"
	"reconcile/internal/s3sim"
	"reconcile/internal/s3store"
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
		j.Waiting.Jobs = batch.NewRestores(s3store.Repeating{Store: i.open(t), Retrier: again}, o, of, func(batch.Job) {})
		j.Waiting.ByJob, j.Waiting.ForJob = true, true
	}
}

// TestRecoverByJob: one job asks for everything but what a job cannot ask for;
// a task that has failed is a row with its cause.
func TestRecoverByJob(t *testing.T) {
	t.Parallel()
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
	if row.Status != reconcile.Failed || row.ErrorKind != "access_denied" || row.ErrorBucket != glacier || !strings.Contains(row.ErrMsg, "Access Denied") {
		t.Errorf("%+v", row)
	}
	if m.doc.count(t, "copied") != 61 || m.Summary.Requests["RestoreObject"] != 1 || m.Spent.Objects != 61 || m.Waiting.Again != 0 {
		t.Errorf("copied %d, %v, %+v", m.doc.count(t, "copied"), m.Summary.Requests, m.Spent)
	}
}

// TestRecoverByJobInWaves: one job after the other, each for what may lie
// restored and uncopied.
func TestRecoverByJobInWaves(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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

// TestRecoverByJobThatEndsMeanwhile: what a job has asked for since the source was
// listed is in no second job.
func TestRecoverByJobThatEndsMeanwhile(t *testing.T) {
	t.Parallel()
	i := byJob(t)
	i.gone(20)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	i.Inject(s3sim.Fault{Op: "DescribeJob", Times: 1, Kind: s3sim.CutAfter, AfterAct: cancel})
	if first := i.do(t, ctx, "recover", i.jobs(t)); first.err == nil {
		t.Error("not killed")
	}
	i.Inject(s3sim.Fault{Op: "GetObject", KeyPrefix: "r/restore-0001/jobs.json", Times: 1, Before: func() { i.Pass(15 * time.Minute) }})
	m := i.do(t, t.Context(), "recover", i.jobs(t))
	m.mustComplete(t, 20)
	i.mustBeHome(t)
	if jobs := i.Jobs(); len(jobs) != 1 || i.Accepted() != 20 {
		t.Errorf("%+v, %d restores", jobs, i.Accepted())
	}
}

// TestRecoverJobFails: a job that fails as a whole ends the run with its reason;
// the next run makes another one.
func TestRecoverJobFails(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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

// TestRecordWithoutJobs is none that can be gone on with.
func TestRecordWithoutJobs(t *testing.T) {
	t.Parallel()
	i := byJob(t)
	i.gone(1)
	i.Put("results", "r/restore-0001/jobs.json", s3sim.Object{Body: []byte(`{"record_version":1,"for":{"restores of":"` + glacier + `"},"operation":{"restore":{"days":5,"tier":"Standard"}}}`)})
	if m := i.do(t, t.Context(), "restore", i.jobs(t)); m.err == nil || !strings.Contains(m.err.Error(), "there is no job in it") || m.doc.count(t, "canceled") != 1 {
		t.Errorf("%v, %+v", m.err, m.doc.Summary)
	}
}

// TestRestoreByJobBesideAnother: two commands that ask for different objects at
// once have a job each, and each is told of its own objects.
func TestRestoreByJobBesideAnother(t *testing.T) {
	t.Parallel()
	i := byJob(t)
	for n := range 6 {
		i.Put(glacier, fmt.Sprintf("%c/k%d.hdf", 'a'+n%2, n), cold(100, uint64(n), "GLACIER"))
	}
	part := func(prefix string) func(*pipeline.Job) {
		return func(j *pipeline.Job) { i.jobs(t)(j); j.Scan.Prefix = prefix }
	}
	i.Inject(s3sim.Fault{Op: "S3InitiateRestoreObject", KeyPrefix: "b/k1", Kind: s3sim.Respond, Status: 404, Code: "NoSuchKey", Message: "gone"})
	i.Inject(s3sim.Fault{Op: "PutObject", KeyPrefix: "r/restore-0001/jobs.json", Times: 1, Before: func() {
		i.do(t, t.Context(), "restore", func(j *pipeline.Job) { part("a/")(j); j.Waiting.ForJob = false })
	}})
	m := i.do(t, t.Context(), "restore", part("b/"))
	m.mustComplete(t, 3)
	if m.doc.count(t, "requested") != 2 || m.rowOf(t, "b/k1.hdf").ErrorKind != "not_found" || len(i.Jobs()) != 2 || i.Accepted() != 5 || m.Spent.Objects != 2 {
		t.Errorf("%+v, %+v, %d restores, %+v", m.doc.Summary, i.Jobs(), i.Accepted(), m.Spent)
	}
}

// TestJobReportLacks: what the report of a job that has ended does not say, or
// says of another bucket, is not believed to have been asked for.
func TestJobReportLacks(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(string) string{
		"half of it":     func(s string) string { return strings.Join(strings.SplitAfter(s, "\n")[:5], "") },
		"another bucket": func(s string) string { return strings.Replace(s, glacier+",", "another,", 5) },
	} {
		i := byJob(t)
		i.gone(10)
		m := i.do(t, t.Context(), "restore", func(j *pipeline.Job) {
			i.jobs(t)(j)
			j.Waiting.Sleep = func(ctx context.Context, d time.Duration) error {
				defer i.rewriteReports(edit)
				return i.Sleep(ctx, d)
			}
		})
		m.mustComplete(t, 10)
		if m.doc.count(t, "requested") != 5 || m.doc.count(t, "failed") != 5 {
			t.Errorf("%s: %+v", name, m.doc.Summary)
		}
	}
}

// rewriteReports changes the files of completion reports, and takes their digests
// out of the manifests.
func (i *incident) rewriteReports(edit func(string) string) {
	i.Jobs() // up to now
	for _, key := range i.Keys("results") {
		text := string(i.Read("results", key, 0, 1<<20))
		switch {
		case strings.HasSuffix(key, ".csv") && strings.Contains(key, "/results/"):
			i.Put("results", key, s3sim.Object{Body: []byte(edit(text))})
		case strings.HasSuffix(key, "/manifest.json"):
			i.Put("results", key, s3sim.Object{Body: []byte(strings.ReplaceAll(text, "MD5Checksum", "Digest"))})
		}
	}
}

// TestJobEndsEarly: of a job that is cancelled half way its report says what it has
// asked for, and for what it could not.
func TestJobEndsEarly(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"restore", "recover"} {
		i := byJob(t)
		i.gone(20)
		i.Inject(s3sim.Fault{Op: "S3InitiateRestoreObject", KeyPrefix: "d01/k00001", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Message: "Access Denied"})
		store := i.open(t)
		m := i.do(t, t.Context(), command, func(j *pipeline.Job) {
			i.jobs(t)(j)
			j.Waiting.Sleep = func(ctx context.Context, d time.Duration) error {
				if job := i.Jobs()[0]; job.Succeeded > 5 {
					store.UpdateBatchJob(ctx, s3store.BatchJobRef{Account: "123456789012", ID: job.ID, Bucket: "results"}, s3store.BatchJobCancelled)
				}
				return i.Sleep(ctx, d)
			}
		})
		asked := map[string]string{"restore": "requested", "recover": "restoring"}[command]
		job := i.Jobs()[0]
		if m.err == nil || m.doc.count(t, asked) != job.Succeeded || m.doc.count(t, "failed") != job.Failed || job.Failed != 1 || m.doc.count(t, "canceled") == 0 || m.Spent.Objects != int64(job.Succeeded) {
			t.Errorf("%s: %v, %+v, %+v, %+v", command, m.err, m.doc.Summary, job, m.Spent)
		}
	}
}

// TestJobFeeWithinBudget: a job costs something beside its objects, once.
func TestJobFeeWithinBudget(t *testing.T) {
	t.Parallel()
	for budget, want := range map[float64]int{0.2: 0, 0.3: 5} {
		for _, command := range []string{"restore", "recover"} {
			i := byJob(t)
			i.gone(10)
			m := i.do(t, t.Context(), command, func(j *pipeline.Job) {
				i.jobs(t)(j)
				j.Restore.Budget = restore.Budget{Cost: budget, Job: 0.25, Price: func(reconcile.Object) float64 { return 0.01 }}
			})
			m.mustComplete(t, 10)
			if i.Accepted() != int64(want) || m.doc.count(t, "not_restored") != 10-want || len(i.Jobs()) != min(want, 1) {
				t.Errorf("%s, %v: %d restores, %+v, %+v", command, budget, i.Accepted(), m.doc.Summary, i.Jobs())
			}
		}
	}
}

// TestJobIsRefused: what no job could be made for costs nothing, and says why.
func TestJobIsRefused(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"restore", "recover"} {
		i := byJob(t)
		i.gone(10)
		i.Inject(s3sim.Fault{Op: "CreateJob", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Message: "not authorized to perform: iam:PassRole"})
		m := i.do(t, t.Context(), command, func(j *pipeline.Job) {
			i.jobs(t)(j)
			j.Restore.Budget = restore.Budget{Job: 0.25, Price: func(reconcile.Object) float64 { return 0.01 }}
		})
		if m.err == nil || !strings.Contains(m.err.Error(), "iam:PassRole") || m.doc.count(t, "canceled") != 10 || m.Spent.Objects != 0 || m.Spent.Cost > 1e-9 {
			t.Errorf("%s: %v, %+v, %+v", command, m.err, m.doc.Summary, m.Spent)
		}
	}
}

// TestJobLeftBehind: a job that could not be made, because a right was missing, is
// made by a later run only if that wants all of it, and can pay for it.
func TestJobLeftBehind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prefix      string
		budget      float64
		jobs, asked int
	}{
		"the same":      {"", 1, 1, 10},
		"a part of it":  {"d01/k00001", 1, 1, 1},
		"no money":      {"", 0.3, 1, 5},
		"nothing of it": {"another/", 1, 0, 0},
	} {
		i := byJob(t)
		i.gone(10)
		refused := i.Inject(s3sim.Fault{Op: "CreateJob", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Message: "not authorized to perform: iam:PassRole"})
		tune := func(j *pipeline.Job) {
			i.jobs(t)(j)
			j.Restore.Budget = restore.Budget{Cost: 1, Job: 0.25, Price: func(reconcile.Object) float64 { return 0.01 }}
		}
		i.do(t, t.Context(), "restore", tune)
		refused.Remove()
		m := i.do(t, t.Context(), "restore", func(j *pipeline.Job) {
			tune(j)
			j.Scan.Prefix, j.Restore.Budget.Cost = c.prefix, c.budget
		})
		if len(i.Jobs()) != c.jobs || i.Accepted() != int64(c.asked) || m.Spent.Objects != int64(c.asked) || m.Spent.Cost > c.budget+1e-9 {
			t.Errorf("%s: %v, %+v, %d restores, %+v", name, m.err, i.Jobs(), i.Accepted(), m.Spent)
		}
	}
}

// TestJobMadeAndForgotten: of a job that was made, of which a killed run could not
// tell, the next one makes no second, though it has come to some objects by then.
func TestJobMadeAndForgotten(t *testing.T) {
	t.Parallel()
	i := byJob(t)
	i.gone(20)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	i.Inject(s3sim.Fault{Op: "CreateJob", Times: 1, Kind: s3sim.CutAfter, AfterAct: cancel})
	i.do(t, ctx, "recover", i.jobs(t))
	i.Pass(6 * time.Minute)
	m := i.do(t, t.Context(), "recover", i.jobs(t))
	m.mustComplete(t, 20)
	i.mustBeHome(t)
	if len(i.Jobs()) != 1 || i.Accepted() != 20 {
		t.Errorf("%+v, %d restores", i.Jobs(), i.Accepted())
	}
}

// TestJobOfAnotherRole: a job that was refused because of its role is not made with
// that role once the role has been corrected.
func TestJobOfAnotherRole(t *testing.T) {
	i := byJob(t)
	i.gone(5)
	i.Inject(s3sim.Fault{Op: "CreateJob", Times: 1, Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Message: "not authorized to perform: iam:PassRole"})
	i.do(t, t.Context(), "restore", i.jobs(t))
	m := i.do(t, t.Context(), "restore", func(j *pipeline.Job) {
		i.jobs(t)(j)
		j.Waiting.Jobs.(*batch.Restores).Role = "arn:aws:iam::123456789012:role/corrected"
	})
	m.mustComplete(t, 5)
	if jobs := i.Jobs(); len(jobs) != 1 || !strings.HasSuffix(jobs[0].Role, "/corrected") || i.Accepted() != 5 {
		t.Errorf("%+v", jobs)
	}
}
