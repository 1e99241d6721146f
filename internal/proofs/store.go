package proofs

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/storage"
)

// Options says where proofs are kept.
type Options struct {
	Folder storage.Folder
	Run    string // id of the run, which is in the names of its files
	// Scope is the same for two audits that look at the same in the same way: one
	// goes on where the other was interrupted.
	Scope string
	Now   func() time.Time
	Log   *slog.Logger
	Files int // that are joined to one where there are more; 0: 64
}

const (
	// The names of the files begin and end like this. A folder may have others,
	// which are neither read nor removed.
	prefix, suffix = "proofs-", ".csv.gz"
	// resumeWithin is how long an audit that was interrupted can be gone on with;
	// after that everything is looked at anew.
	resumeWithin = 7 * 24 * time.Hour
	manyFiles    = 64
	// What is found out is written when that much of it waits, compressed, or when
	// it has waited for a hundredth of the audit's time, and a second: a process
	// that is killed loses no more than that.
	maxWaiting = 4 << 20
	minWaiting = time.Second
)

// session is what the folder has of one scope.
type session struct {
	Since    time.Time `json:"since"` // when the audit began that goes on
	Last     time.Time `json:"last"`  // when it was gone on with
	Complete bool      `json:"complete"`
}

// Store keeps what an audit finds out, in files of a folder. It is safe for
// concurrent use.
type Store struct {
	opt     Options
	began   time.Time
	session session

	mu      sync.Mutex
	waiting *bytes.Buffer
	zip     *gzip.Writer
	rows    *report.RowWriter
	n       int       // rows that wait
	since   time.Time // that the first of them does
	files   int
	err     error // the first that kept something from being written

	stop, stopped chan struct{}
	giveUp        context.CancelFunc // of a write that is under way
}

// Open reads what a folder knows into a set, and returns a Store for what will be
// found out. Files that cannot be read are told of in the log, and are as if they
// were not there.
func Open(ctx context.Context, set *Set, o Options) (*Store, error) {
	s := &Store{opt: o, began: o.Now(), stop: make(chan struct{}), stopped: make(chan struct{})}
	if err := s.resume(ctx); err != nil {
		return nil, err
	}
	set.begin(s.GoesOn())
	names, err := s.load(ctx, set)
	if err != nil {
		return nil, err
	}
	set.Sort()
	if len(names) > cmp.Or(o.Files, manyFiles) {
		s.join(ctx, set, names)
	}
	s.fresh()
	writing, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	s.giveUp = giveUp
	go s.watch(writing)
	return s, nil
}

// GoesOn is when the audit began that this one goes on with; zero: with none.
func (s *Store) GoesOn() time.Time {
	if s.session.Since.Equal(s.session.Last) {
		return time.Time{}
	}
	return s.session.Since
}

// resume finds out whether an audit of the same scope was interrupted.
func (s *Store) resume(ctx context.Context) error {
	was, now := session{}, s.began
	body, err := s.opt.Folder.Open(ctx, s.marker())
	switch {
	case errors.Is(err, storage.ErrNotFound):
	case err != nil:
		return err
	default:
		err := json.NewDecoder(body).Decode(&was)
		body.Close()
		if err != nil {
			s.opt.Log.Warn("what was interrupted is not known: everything is looked at anew", "file", s.opt.Folder.URL(s.marker()), "err", err)
			was = session{}
		}
	}
	s.session = session{Since: now, Last: now}
	if !was.Complete && !was.Since.IsZero() && now.Sub(was.Last) < resumeWithin {
		s.session.Since = was.Since
	}
	return s.mark(ctx)
}

func (s *Store) marker() string { return "audit-" + s.opt.Scope + ".json" }

func (s *Store) mark(ctx context.Context) error {
	text, err := json.Marshal(s.session)
	if err == nil {
		_, err = s.opt.Folder.Write(ctx, s.marker(), "application/json", func(w io.Writer) error { _, err := w.Write(text); return err })
	}
	return err
}

// load reads all files of proofs, and returns the names of those that it has
// read.
func (s *Store) load(ctx context.Context, set *Set) (names []string, err error) {
	var all []string
	err = s.opt.Folder.Each(ctx, func(name string) error {
		if strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix) && !strings.Contains(name, "/") {
			all = append(all, name)
		}
		return nil
	})
	for _, name := range all {
		if err != nil {
			return nil, err
		}
		failed := s.read(ctx, set, name)
		switch {
		case failed == nil:
			names = append(names, name)
		case errors.Is(failed, storage.ErrNotFound): // another audit has joined it to others
		case ctx.Err() != nil:
			err = context.Cause(ctx)
		default:
			s.opt.Log.Warn("proofs cannot be read, and are asked for again", "file", s.opt.Folder.URL(name), "err", failed)
		}
	}
	return names, err
}

func (s *Store) read(ctx context.Context, set *Set, name string) error {
	body, err := s.opt.Folder.Open(ctx, name)
	if err != nil {
		return err
	}
	defer body.Close()
	zip, err := gzip.NewReader(body)
	if err != nil {
		return err
	}
	return report.ReadCSV(zip, set.add)
}

// join writes the latest proofs of all files into one, and removes the others.
// What cannot be removed is read once more next time.
func (s *Store) join(ctx context.Context, set *Set, names []string) {
	_, err := s.opt.Folder.Write(ctx, prefix+s.opt.Run+"-all"+suffix, "application/gzip", func(w io.Writer) error {
		zip := gzip.NewWriter(w)
		rows, err := report.NewRowWriter(zip)
		if err == nil {
			err = set.each(rows.Write)
		}
		return errors.Join(err, rows.Flush(), zip.Close())
	})
	for _, name := range names {
		if err == nil {
			err = s.opt.Folder.Remove(ctx, name)
		}
	}
	if err != nil {
		s.opt.Log.Warn("the files of proofs were not joined to one", "err", err)
	}
}

// each calls take with the latest row of each key.
func (s *Set) each(take func(*report.Row) error) error {
	r, err := s.Reader()
	if err != nil {
		return err
	}
	for {
		if err := r.advance(); err != nil || r.end {
			return err
		}
		p, err := r.proof()
		if err != nil {
			return err
		}
		row := report.RowOf(p.Outcome)
		if err := take(&row); err != nil {
			return err
		}
	}
}

// Add keeps an outcome, where it is worth it. It never fails: what is not kept
// is asked for again.
func (s *Store) Add(o reconcile.Outcome) error {
	if !Worth(&o) {
		return nil
	}
	row := report.RowOf(o)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n == 0 {
		s.since = s.opt.Now()
	}
	s.n++
	s.fail(s.rows.Write(&row))
	return nil
}

func (s *Store) fail(err error) {
	if s.err == nil && err != nil {
		s.err = fmt.Errorf("proofs: %w", err)
		s.opt.Log.Warn("what is proved cannot be kept, and will be asked for again", "err", err)
	}
}

// fresh begins the next file. It needs the lock.
func (s *Store) fresh() {
	s.waiting, s.n = &bytes.Buffer{}, 0
	s.zip = gzip.NewWriter(s.waiting)
	rows, err := report.NewRowWriter(s.zip)
	s.rows = rows
	s.fail(err)
}

// watch writes what waits, from time to time.
func (s *Store) watch(ctx context.Context) {
	defer close(s.stopped)
	every := time.NewTicker(minWaiting / 4)
	defer every.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-every.C:
			if s.due() {
				s.write(ctx)
			}
		}
	}
}

func (s *Store) due() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opt.Now()
	return s.n > 0 && (s.waiting.Len() >= maxWaiting || now.Sub(s.since) >= max(minWaiting, now.Sub(s.began)/100))
}

// write makes a file of what waits.
func (s *Store) write(ctx context.Context) {
	s.mu.Lock()
	if s.n == 0 {
		s.mu.Unlock()
		return
	}
	s.fail(errors.Join(s.rows.Flush(), s.zip.Close()))
	text := s.waiting.Bytes()
	s.files++
	name := fmt.Sprintf("%s%s-%06d%s", prefix, s.opt.Run, s.files, suffix)
	s.fresh()
	s.mu.Unlock()
	_, err := s.opt.Folder.Write(ctx, name, "application/gzip", func(w io.Writer) error { _, err := w.Write(text); return err })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail(err)
}

// Close writes what is left. complete says that the audit has ended: the next one
// looks at everything anew. It takes no longer than ctx lasts. The error is the
// first that kept something from being written.
func (s *Store) Close(ctx context.Context, complete bool) error {
	close(s.stop)
	defer context.AfterFunc(ctx, s.giveUp)()
	<-s.stopped
	s.giveUp()
	s.write(ctx)
	if s.session.Complete = complete && s.err == nil; s.session.Complete {
		s.fail(s.mark(ctx))
	}
	return s.err
}
