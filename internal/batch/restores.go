package batch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"reconcile/internal/reconcile"
	"reconcile/internal/restore"
	"reconcile/internal/retry"
)

// Restores asks for restores by jobs, one at a time. Each job has a folder of its
// own below the results, with a record of its own: restore-0001/, restore-0002/
// and so on. The last one that is there says whether a job goes on.
type Restores struct {
	Options
	store Store
	again *retry.Retrier
	about RestoresOf
	made  func(Job) // called with each job that is created

	n      int     // of the last folder that has a record
	ledger *Ledger // of that folder; nil: there is none
	record *Record
}

// restoresFolder begins the names of these folders.
const restoresFolder = "restore-"

// RestoresOf says what is restored.
type RestoresOf struct {
	Run    string // id of the run, for the names of manifests
	Source string // bucket
	Days   int
	Tier   string
}

// NewRestores returns the jobs whose results have a prefix. Nothing is sent yet.
func NewRestores(s Store, r *retry.Retrier, o Options, of RestoresOf, made func(Job)) *Restores {
	return &Restores{Options: o, store: s, again: r, about: of, made: made}
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
	return NewLedger(r.store, r.again, o)
}

// Open finds the last job. One that was not created yet, because the command was
// killed, is created now. If it has not ended asked is called with the key of each
// of its objects.
func (r *Restores) Open(ctx context.Context, asked func(key string) error) (open bool, err error) {
	other, err := r.last(ctx)
	if err != nil || r.ledger == nil {
		return false, err
	}
	if other == nil {
		err = r.create(ctx)
	}
	if err != nil {
		return false, err
	}
	states, err := r.ledger.States(ctx, r.record)
	switch {
	case err != nil:
		return false, err
	case Over(states):
		return false, nil
	case other != nil:
		return false, fmt.Errorf("a job has not ended: %w", other)
	}
	return true, r.keys(ctx, asked)
}

// last finds the last folder that has a record. other says that its job is of
// something else.
func (r *Restores) last(ctx context.Context) (other *MismatchError, err error) {
	for {
		l, err := r.folder(r.n + 1)
		if err != nil {
			return nil, err
		}
		var differs *MismatchError
		record, err := l.Open(ctx, r.purpose(), r.operation())
		if err != nil && !errors.As(err, &differs) {
			return nil, err
		}
		if record == nil {
			return other, nil
		}
		r.n, r.ledger, r.record, other = r.n+1, l, record, differs
	}
}

func (r *Restores) create(ctx context.Context) error {
	return r.ledger.Create(ctx, r.record, r.made)
}

// keys reads the manifest of the last job.
func (r *Restores) keys(ctx context.Context, take func(key string) error) error {
	for _, j := range r.record.Jobs {
		body, err := r.ledger.folder.Open(ctx, j.Manifest)
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

// Submit makes a job for the objects whose keys each gives. Where another command
// was faster its job is gone on with.
func (r *Restores) Submit(ctx context.Context, of restore.Amount, each func(line func(key string) error) error) error {
	l, err := r.folder(r.n + 1)
	if err != nil {
		return err
	}
	j := Job{
		Bucket: r.about.Source, Objects: of.Objects, Bytes: of.Bytes,
		Description: fmt.Sprintf("reconcile: restore %d objects of s3://%s by %s", of.Objects, r.about.Source, r.about.Tier),
	}
	j, err = l.Manifest(ctx, r.about.Run, j, func(line func(key, version string) error) error {
		return each(func(key string) error { return line(key, "") })
	})
	if err != nil {
		return err
	}
	record, err := l.Begin(ctx, r.purpose(), r.operation(), []Job{j})
	if err != nil {
		return err
	}
	r.n, r.ledger, r.record = r.n+1, l, record
	return r.create(ctx)
}

// Look asks how the last job stands. Once it has ended failed is called with each
// object that it could not ask for; one that somebody else has asked for is none
// of them.
func (r *Restores) Look(ctx context.Context, failed func(key string, why restore.Refusal) error) (restore.JobState, error) {
	states, err := r.ledger.States(ctx, r.record)
	if err != nil {
		return restore.JobState{}, err
	}
	s := states[0]
	state := restore.JobState{ID: s.Job.ID, Status: string(s.Status), Done: s.Done, Failed: s.BatchJobState.Failed, Over: s.Status.Over(), Failure: s.Failure()}
	if !state.Over || state.Failure != nil {
		return state, nil
	}
	return state, r.ledger.Report(ctx, s, func(_ *Report, row *Row) error {
		if row.OK || row.underWay() {
			return nil
		}
		return failed(row.Key, restore.Refusal{Kind: row.Kind(), Why: row.Why()})
	})
}

// underWay reports whether a task has failed because the restore was asked for
// before.
func (r *Row) underWay() bool {
	return r.HTTP == http.StatusConflict || r.Code == reconcile.CodeRestoreInProgress || strings.Contains(r.Message, reconcile.CodeRestoreInProgress)
}
