package batch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/restore"
	"reconcile/internal/storage"
)

// Restores asks for restores by jobs, one at a time. Each job has a folder of its
// own below the results, with a record of its own: restore-0001/, restore-0002/
// and so on. The last one that is there says whether a job goes on.
type Restores struct {
	Options
	store Store
	about RestoresOf
	made  func(Job) // called with each job that is created

	n    int    // of the last folder that has a record
	held []held // jobs of this run, and those that it goes on with
}

// held is a job with where it is remembered.
type held struct {
	ledger *Ledger
	record *Record
	read   bool  // it has ended, and its report has been read
	state  State // when it was last asked for
}

// restoresFolder begins the names of these folders.
const restoresFolder = "restore-"

// RestoresOf says what is restored.
type RestoresOf struct {
	Run    string // id of the run, for the names of manifests
	Source string // bucket
	Days   int
	Tier   string

	TempDir string // for keys, where they are many; empty: the system's
}

// NewRestores returns the jobs whose results have a prefix. Nothing is sent yet.
func NewRestores(s Store, o Options, of RestoresOf, made func(Job)) *Restores {
	return &Restores{Options: o, store: s, about: of, made: made}
}

func (r *Restores) operation() Operation {
	return Operation{Restore: &Restore{Days: r.about.Days, Tier: r.about.Tier}}
}

func (r *Restores) purpose() map[string]string {
	return map[string]string{"restores of": r.about.Source}
}

// folder is the ledger of the folder with a number.
func (r *Restores) folder(n int) (*Ledger, error) {
	o := r.Options
	o.Results.Key += fmt.Sprintf(restoresFolder+"%04d/", n)
	return NewLedger(r.store, o)
}

// Open finds the last job. One of which is not known whether it was created,
// because the command was killed or refused, is created now if this run wants all
// of it: wanted is called with its keys. If it had not ended when the source began
// to be listed, asked is called with the key of each of its objects: the listing
// may show one as archived that the job has asked for since.
func (r *Restores) Open(ctx context.Context, listed time.Time, wanted func(each func(take func(key string) error) error) (bool, error), asked func(key string) error) (open bool, err error) {
	last, other, err := r.last(ctx)
	if err != nil || last.ledger == nil {
		return false, err
	}
	if other == nil && last.record.Jobs[0].ID == "" {
		yes, err := wanted(func(take func(key string) error) error { return last.keys(ctx, take) })
		if !yes || err != nil {
			return false, err
		}
		err = last.create(ctx, r.made)
		if err != nil {
			return false, err
		}
	}
	if other != nil && (len(last.record.Jobs) == 0 || last.record.Jobs[0].ID == "") { // and was never made, as far as is known
		return false, nil
	}
	states, err := last.ledger.States(ctx, last.record)
	switch {
	case err != nil:
		return false, err
	case Over(states) && (other != nil || states[0].Failure() != nil || states[0].Ended.Before(listed.Truncate(time.Second))): // S3 tells whole seconds
		return false, nil
	case other != nil:
		return false, fmt.Errorf("a job has not ended: %w", other)
	}
	r.held = append(r.held, last)
	return true, last.keys(ctx, asked)
}

// last finds the last folder that has a record. other says that its job is of
// something else.
func (r *Restores) last(ctx context.Context) (last held, other *MismatchError, err error) {
	for {
		l, err := r.folder(r.n + 1)
		if err != nil {
			return last, nil, err
		}
		var differs *MismatchError
		record, err := l.Open(ctx, r.purpose(), r.operation())
		if err != nil && !errors.As(err, &differs) {
			return last, nil, err
		}
		if record == nil {
			return last, other, nil
		}
		r.n, last, other = r.n+1, held{ledger: l, record: record}, differs
	}
}

func (h *held) create(ctx context.Context, made func(Job)) error {
	return h.ledger.Create(ctx, h.record, made)
}

// keys reads the manifest of the job.
func (h *held) keys(ctx context.Context, take func(key string) error) error {
	for _, j := range h.record.Jobs {
		body, err := h.ledger.folder.Open(ctx, j.Manifest)
		if err != nil {
			return err
		}
		defer body.Close()
		lines := bufio.NewReader(body)
		for {
			line, err := lines.ReadString('\n')
			if err == io.EOF && line == "" {
				break
			}
			if err != nil && err != io.EOF {
				return err
			}
			_, key, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ",")
			if err := take(decoded(key)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Submit makes a job for the objects whose keys each gives, in their order. Where
// another command was faster its job is gone on with, and a job asks for what that
// one does not.
func (r *Restores) Submit(ctx context.Context, of restore.Amount, each func(line func(key string, size int64) error) error) error {
	for of.Objects > 0 {
		h, ours, err := r.submit(ctx, of, each)
		if err != nil {
			return err
		}
		if r.held = append(r.held, h); ours {
			break
		}
		rest := restore.NewKeys(r.about.TempDir)
		defer rest.Close()
		if of, err = h.lacks(ctx, each, rest); err != nil {
			return err
		}
		each = rest.EachSized
	}
	for i := range r.held {
		if err := r.held[i].create(ctx, r.made); err != nil {
			return err
		}
	}
	return nil
}

// submit writes down a job in the next folder. ours is false where another command
// was faster: then it is that one's.
func (r *Restores) submit(ctx context.Context, of restore.Amount, each func(line func(key string, size int64) error) error) (h held, ours bool, err error) {
	l, err := r.folder(r.n + 1)
	if err != nil {
		return h, false, err
	}
	j := Job{
		Bucket: r.about.Source, Objects: of.Objects, Bytes: of.Bytes,
		Description: fmt.Sprintf("reconcile: restore %d objects of s3://%s by %s", of.Objects, r.about.Source, r.about.Tier),
	}
	j, err = l.Manifest(ctx, r.about.Run, j, func(line func(key, version string) error) error {
		return each(func(key string, _ int64) error { return line(key, "") })
	})
	if err != nil {
		return h, false, err
	}
	record, err := l.Begin(ctx, r.purpose(), r.operation(), []Job{j})
	if err != nil {
		return h, false, err
	}
	r.n++
	return held{ledger: l, record: record}, record.Jobs[0].Manifest == j.Manifest, nil
}

// lacks adds to rest what each gives and the job does not ask for.
func (h *held) lacks(ctx context.Context, each func(line func(key string, size int64) error) error, rest *restore.Keys) (of restore.Amount, err error) {
	has := restore.NewKeys(rest.Dir)
	defer has.Close()
	if err := h.keys(ctx, func(key string) error { return has.Add(key, "") }); err != nil {
		return of, err
	}
	err = each(func(key string, size int64) error {
		_, found, err := has.Find(key)
		if found || err != nil {
			return err
		}
		of.Objects++
		of.Bytes += size
		return rest.AddSized(key, size)
	})
	return of, err
}

// Look asks how the jobs stand. Of one that has ended told is called with what
// became of each object, as far as its report says: no Refusal for one that is
// asked for, by the job or by somebody else.
func (r *Restores) Look(ctx context.Context, told func(key string, why restore.Refusal) error) (restore.JobState, error) {
	sum := restore.JobState{Over: true}
	for i := range r.held {
		if r.held[i].read {
			continue
		}
		s, err := r.held[i].look(ctx, told)
		if err != nil {
			return restore.JobState{}, err
		}
		sum = sum.Plus(s)
	}
	return sum, nil
}

// States are the jobs of this run and those that it goes on with, as they stood
// when they were last asked for.
func (r *Restores) States() (all []State) {
	for i := range r.held {
		s := r.held[i].state
		if s.Job = r.held[i].record.Jobs[0]; s.Status == "" && s.Job.ID != "" { // nobody has asked since it was made
			s.Status = "New"
		}
		all = append(all, s)
	}
	return all
}

func (h *held) look(ctx context.Context, told func(key string, why restore.Refusal) error) (restore.JobState, error) {
	states, err := h.ledger.States(ctx, h.record)
	if err != nil {
		return restore.JobState{}, err
	}
	s := states[0]
	h.state = s
	state := restore.JobState{ID: s.Job.ID, Status: string(s.Status), Done: s.Done, Failed: s.BatchJobState.Failed, Over: s.Status.Over(), Failure: s.Failure()}
	if !state.Over {
		return state, nil
	}
	err = h.ledger.Report(ctx, s, func(_ *Report, row *Row) error {
		switch {
		case row.Bucket != s.Bucket: // not of this job
			return nil
		case row.OK || row.underWay():
			return told(row.Key, restore.Refusal{})
		}
		return told(row.Key, restore.Refusal{Kind: row.Kind(), Why: row.Why()})
	})
	if state.Failure != nil && errors.Is(err, storage.ErrNotFound) { // the failure says enough
		err = nil
	}
	h.read = err == nil
	return state, err
}

// underWay reports whether a task has failed because the restore was asked for
// before.
func (r *Row) underWay() bool {
	return r.HTTP == http.StatusConflict || r.Code == reconcile.CodeRestoreInProgress || strings.Contains(r.Message, reconcile.CodeRestoreInProgress)
}
