package s3sim

import (
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
)

// The statuses of a job. New is left out: a job is being prepared at once.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-job-status.html
const (
	jobPreparing  = "Preparing"
	jobSuspended  = "Suspended"
	jobReady      = "Ready"
	jobActive     = "Active"
	jobCompleting = "Completing"
	jobComplete   = "Complete"
	jobCancelling = "Cancelling"
	jobCancelled  = "Cancelled"
	jobFailing    = "Failing"
	jobFailed     = "Failed"
)

// JobTimes is how long the stages of a job take by the server's clock.
type JobTimes struct{ Preparing, Active, Completing time.Duration }

// jobs are the jobs of S3 Batch Operations.
type jobs struct {
	mu     sync.Mutex
	all    []*batchJob
	opened atomic.Int64 // jobs that have not ended
}

// batchJob is one job. Its owner's lock guards it.
type batchJob struct {
	id, account string
	in          createJobRequest
	times       JobTimes
	status      string
	failures    [][2]string // code and reason
	created     time.Time
	started     time.Time // when it became active
	worked      time.Time // when its tasks had ended
	ended       time.Time
	tasks       []jobTask
	results     []taskResult // of the first tasks
	failed      int          // of these
}

// open reports whether the job has not ended.
func (j *batchJob) open() bool { return j.ended.IsZero() }

// create adds a job, or finds the one of an earlier request with its token.
func (q *jobs) create(s *Server, account string, in createJobRequest) (*batchJob, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range q.all {
		switch {
		case j.account != account || j.in.ClientRequestToken != in.ClientRequestToken:
		case !reflect.DeepEqual(j.in, in):
			return nil, errIdempotency
		default:
			return j, nil
		}
	}
	n := mix(0x10b5, s.ids.Add(1))
	j := &batchJob{
		id:      fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(n>>32), uint16(n>>16), n>>4&0xfff, n&0xfff, mix(n, n)&0xffffffffffff),
		account: account, in: in, status: jobPreparing, created: s.cfg.Now(),
	}
	if s.cfg.JobTimes != nil {
		j.times = s.cfg.JobTimes(in.Operation.name())
	}
	q.all = append(q.all, j)
	q.opened.Add(1)
	return j, nil
}

func (q *jobs) find(account, id string) (*batchJob, error) {
	for _, j := range q.all {
		if j.account == account && j.id == id {
			return j, nil
		}
	}
	return nil, errNoSuchJob
}

// advanceJobs brings every job to where it is by the server's clock. It is called
// before each request: what a job does, and when it ends, follows from the time.
// A fault's functions may send requests while a job is at work: these leave it
// alone.
func (s *Server) advanceJobs() {
	if s.jobs.opened.Load() == 0 || !s.jobs.mu.TryLock() {
		return
	}
	defer s.jobs.mu.Unlock()
	now := s.cfg.Now()
	for _, j := range s.jobs.all {
		if j.open() {
			j.advance(s, now)
		}
	}
}

// advance carries the job on as far as it is at a time.
func (j *batchJob) advance(s *Server, now time.Time) {
	for j.open() {
		if !j.step(s, now) {
			return
		}
	}
	s.jobs.opened.Add(-1)
}

// step takes the job to its next status, and reports whether there was one.
func (j *batchJob) step(s *Server, now time.Time) bool {
	switch j.status {
	case jobPreparing:
		return j.prepare(s, now)
	case jobReady:
		j.status = jobActive
		return true
	case jobActive:
		return j.work(s, now)
	case jobCompleting:
		if now.Before(j.worked.Add(j.times.Completing)) {
			return false
		}
		j.end(s, now, jobComplete)
		return true
	case jobFailing:
		j.end(s, now, jobFailed)
		return true
	case jobCancelling:
		j.end(s, now, jobCancelled)
		return true
	}
	return false
}

// prepare reads the manifest when its time has come.
func (j *batchJob) prepare(s *Server, now time.Time) bool {
	ready := j.created.Add(j.times.Preparing)
	if now.Before(ready) {
		return false
	}
	if f := s.strike("RunJob", j.in.Manifest.Location.ObjectArn); f != nil {
		e := f.apiError()
		j.fail(e.code, e.message)
		return true
	}
	if err := j.readManifest(s); err != nil {
		j.fail(err.code, err.message)
		return true
	}
	j.status, j.started = jobActive, ready
	if j.in.ConfirmationRequired {
		j.status = jobSuspended
	}
	return true
}

func (j *batchJob) fail(code, reason string) {
	j.status = jobFailing
	j.failures = append(j.failures, [2]string{code, reason})
}

// The share of failed tasks that ends a job, and after how many tasks it is
// looked at.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-job-status.html
const thresholdFrom = 1000

// work carries out the tasks that are due: they are spread evenly over the time
// that the job is active.
func (j *batchJob) work(s *Server, now time.Time) bool {
	if j.in.Operation.LambdaInvoke != nil {
		return false // there is nobody who could be called
	}
	due := len(j.tasks)
	if elapsed := now.Sub(j.started); elapsed < j.times.Active {
		due = int(int64(len(j.tasks)) * int64(elapsed/time.Millisecond) / max(int64(j.times.Active/time.Millisecond), 1))
	}
	for len(j.results) < due {
		r := j.carryOut(s, j.tasks[len(j.results)], now)
		j.results = append(j.results, r)
		if !r.succeeded() {
			j.failed++
		}
		if len(j.results) >= thresholdFrom && 2*j.failed > len(j.results) {
			j.fail("JobFailureThresholdExceeded", "More than 50% of the tasks failed")
			return true
		}
	}
	if now.Before(j.started.Add(j.times.Active)) {
		return false
	}
	j.status, j.worked = jobCompleting, j.started.Add(j.times.Active)
	return true
}

// end writes the report, as S3 does where at least one task was carried out.
func (j *batchJob) end(s *Server, now time.Time, status string) {
	j.status, j.ended = status, now
	if !j.in.Report.Enabled || len(j.results) == 0 {
		return
	}
	if err := j.writeReport(s); err != nil {
		j.status = jobFailed
		j.failures = append(j.failures, [2]string{err.code, err.message})
	}
}
