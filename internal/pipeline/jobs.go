package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/restore"
)

// Jobs asks for restores by jobs of S3 Batch Operations, one at a time. What it
// knows stands in S3: a job that was begun is found again, and never made twice.
type Jobs interface {
	// Open finds a job of an earlier run that had not ended at the time when the
	// source began to be listed, and calls asked with each key of it. One that may not have been made yet is made if wanted, which
	// is called with its keys, says so.
	Open(ctx context.Context, listed time.Time, wanted func(each func(take func(key string) error) error) (bool, error), asked func(key string) error) (open bool, err error)
	// Submit makes a job for the objects whose keys each gives, in their order.
	Submit(ctx context.Context, of restore.Amount, each func(line func(key string, size int64) error) error) error
	// Look asks how the jobs stand. Of one that has ended told is called with what
	// became of each object, as far as is known: no Refusal for one that was asked
	// for.
	Look(ctx context.Context, told func(key string, why restore.Refusal) error) (restore.JobState, error)
}

// The pauses between two looks at a job, and how many in a row may fail.
const (
	jobPause     = 30 * time.Second
	jobPauseMost = 10 * time.Minute
	jobBlindMost = 3
)

// batching is a run's use of jobs.
type batching struct {
	jobs  Jobs
	byJob bool // ask from now on
	dir   string
	open  bool // there is a job that has not ended
	begun bool // that of an earlier run was not made before this one
	state restore.JobState

	earlier *restore.Keys // of a job of an earlier run
	told    *restore.Keys // what a job says of its objects, for the next pass: kind and cause, empty where it could ask for it
	refused bool          // one of them it could not ask for

	mu   sync.Mutex
	wave *restore.Keys // to be asked for by the next job
	of   restore.Amount

	unsent bool      // a wave has been taken, and is in no job yet
	lookAt time.Time // at the job
	pause  time.Duration
	blind  int // looks in a row that have failed
}

// openJobs finds the job of an earlier run, unless there are to be no jobs.
func (r *restoring) openJobs(ctx context.Context, listed time.Time) (err error) {
	if r.Waiting.Jobs == nil {
		return nil
	}
	b := &batching{jobs: r.Waiting.Jobs, byJob: r.Waiting.ByJob, dir: r.Scan.TempDir, earlier: restore.NewKeys(r.Scan.TempDir)}
	r.batch = b
	b.told, b.wave = restore.NewKeys(b.dir), restore.NewKeys(b.dir)
	b.open, err = b.jobs.Open(ctx, listed, func(each func(take func(key string) error) error) (bool, error) {
		b.begun, err = r.wants(each)
		return b.begun, err
	}, func(key string) error { return b.earlier.Add(key, "") })
	b.lookAt, b.pause = r.Copy.Now(), jobPause
	return err
}

// wants reports whether a job that an earlier run may not have got made asks for
// nothing but what is missing now, and is within the budget, which it then has
// taken.
func (r *restoring) wants(each func(take func(key string) error) error) (bool, error) {
	keys := restore.NewKeys(r.Scan.TempDir)
	defer keys.Close()
	if err := each(func(key string) error { return keys.Add(key, "") }); err != nil {
		return false, err
	}
	bill, now, n := r.asker.Bill(), r.Copy.Now(), int64(0)
	err := r.missing.Each(func(p restore.Pending) error {
		_, found, err := keys.Find(p.Source.Key)
		if found {
			n++
		}
		if found && restore.StateOf(p.Source, r.Restore.Days, now) == restore.Cold { // else it has been made, and come to it
			bill.Add(p.Source)
		}
		return err
	})
	switch {
	case err != nil:
		return false, err
	case n < keys.Len():
		r.Log.Warn("an earlier run has left a job that may not have been made, and that asks for more than is missing now: it is left alone", "objects", keys.Len(), "wanted", n)
		return false, nil
	}
	if err := bill.Reserve(); err != nil {
		r.Log.Warn("an earlier run has left a job that may not have been made, and that is over the budget: it is left alone", "objects", keys.Len(), "err", err)
		return false, nil
	}
	return true, nil
}

// refund takes back the fee of a job that could not be made.
func (b *batching) refund(asker *restore.Asker) {
	if b != nil && b.unsent {
		asker.UnreserveJob()
	}
}

func (b *batching) close() {
	if b != nil {
		b.earlier.Close()
		b.told.Close()
		b.wave.Close()
	}
}

// takes reports whether jobs ask for objects of a class. INTELLIGENT_TIERING
// takes no days, and would need a job of its own: it is asked for directly.
func (b *batching) takes(class string) bool {
	return b != nil && b.byJob && class != reconcile.ClassIntelligentTiering
}

// add has an object asked for by the next job. The first one of a job pays the
// job's fee too. The error of the budget is of kind Budget.
func (b *batching) add(asker *restore.Asker, o reconcile.Object) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := asker.ReserveInJob(o, !b.unsent); err != nil {
		return err
	}
	b.unsent = true
	b.of.Objects++
	b.of.Bytes += o.Size
	return b.wave.AddSized(o.Key, o.Size)
}

// submit makes a job for what was added.
func (b *batching) submit(ctx context.Context, now time.Time) error {
	if b == nil || !b.unsent {
		return nil
	}
	if err := b.jobs.Submit(ctx, b.of, b.wave.EachSized); err != nil {
		return err
	}
	b.wave.Close()
	b.wave = restore.NewKeys(b.dir)
	b.unsent, b.open, b.of = false, true, restore.Amount{}
	b.lookAt, b.pause = now, jobPause
	return nil
}

// passed gives up what the job has told: a pass has taken account of it.
func (b *batching) passed() {
	if b != nil {
		b.told.Close()
		b.told, b.refused = restore.NewKeys(b.dir), false
	}
}

// tell keeps what a job says of an object.
func (b *batching) tell(key string, r restore.Refusal) error {
	if r == (restore.Refusal{}) {
		return b.told.Add(key, "")
	}
	b.refused = true
	return b.told.Add(key, string(r.Kind)+"\n"+r.Why)
}

// look asks how the job stands, and logs it when it has got on; log may be nil.
func (b *batching) look(ctx context.Context, now time.Time, poll time.Duration, log *slog.Logger) error {
	state, err := b.jobs.Look(ctx, b.tell)
	if err != nil {
		if b.blind++; b.blind == jobBlindMost || ctx.Err() != nil {
			return err
		}
		b.lookAt = now.Add(b.pause)
		return nil
	}
	if log != nil && state != b.state {
		log.Info("restores are asked for by a job", "job_id", state.ID, "status", state.Status, "done", state.Done, "failed", state.Failed)
	}
	b.blind, b.state, b.open = 0, state, !state.Over
	if poll > 0 {
		b.pause = poll
	}
	b.lookAt = now.Add(b.pause)
	b.pause = min(b.pause*5/4, jobPauseMost)
	return state.Failure
}

// batched takes up an object that a job is known to have asked for, or to have
// failed to. done is true when nothing else is to be done about it now.
func (s *pass) batched(p *restore.Pending) (done bool, err error) {
	b := s.batch
	if b == nil {
		return false, nil
	}
	why, _, err := b.told.Find(p.Source.Key)
	if err != nil {
		return true, err
	}
	if why != "" {
		s.out.release(p.Source.Size)
		if p.Asked > 0 {
			s.asker.Unreserve(p.Source)
		}
		return true, s.finish(*p, refusedByJob(*p, why))
	}
	if !p.Due.IsZero() || restore.StateOf(p.Source, s.job.Restore.Days, s.now) != restore.Cold {
		return false, nil
	}
	_, found, err := b.earlier.Find(p.Source.Key)
	if !found || err != nil {
		return err != nil, err
	}
	s.out.add(p.Source.Size)
	if b.begun {
		s.asked(p)
	}
	s.underJob(p)
	return true, s.keep(*p)
}

// underJob notes that a job asks for an object.
func (s *pass) underJob(p *restore.Pending) {
	p.Batch, p.Tier, p.Since, p.Held = true, s.job.Restore.Tier, s.now, false
	p.Due = s.next(*p)
}

// askByJob has an object asked for by the next job.
func (s *pass) askByJob(p restore.Pending) error {
	if err := s.batch.add(s.asker, p.Source); err != nil {
		if reconcile.KindOf(err) != reconcile.Budget {
			return err
		}
		s.out.release(p.Source.Size)
		return s.finish(p, refused(outcomeOf(p), err))
	}
	s.asked(&p)
	s.underJob(&p)
	return s.keep(p)
}

// refusedByJob is the outcome of an object that a job could not ask for.
func refusedByJob(p restore.Pending, text string) reconcile.Outcome {
	kind, why, _ := strings.Cut(text, "\n")
	return failed(p, reconcile.Kind(kind), "the job could not ask for it: "+why)
}

// lookAtJob asks how the job stands, if it is time to. Its error ends the
// recovery: the job has failed as a whole, or nothing can be learnt of it.
func (r *recovery) lookAtJob(ctx context.Context) error {
	b, now := r.batch, r.job.Copy.Now()
	if b == nil || !b.open || now.Before(b.lookAt) {
		return nil
	}
	log := r.job.Log
	if r.job.Meter == nil {
		log = nil
	}
	if err := b.look(ctx, now, r.job.Waiting.Poll, log); err != nil {
		return fmt.Errorf("restores by S3 Batch Operations: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !b.open && (r.held || b.refused) {
		r.stirred = true
	}
	return nil
}
