// Package journal remembers multipart uploads across runs, so that a run that
// was killed leaves nothing behind for good: the next run with the same
// journal resumes its uploads or aborts them. It knows of no S3 operation; it
// keeps small entries in a folder or under a prefix of a bucket. It is a
// package of its own because copier decides what is remembered and cmd decides
// where, and neither may hold the other's half.
//
// The intention is recorded before an upload is opened and its id right after:
// a kill between the two leaves an entry without an id, by which the next run
// names the upload that may be open.
package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"reconcile/internal/reconcile"
)

// entryVersion is the version of an entry's form. An entry of another one is
// left alone and ends the opening: it may belong to an open upload.
const entryVersion = 1

// ErrUnknownEntry says that a journal has an entry that this version of the
// program does not understand.
var ErrUnknownEntry = errors.New("journal entry is not of this version of the program: it is left alone, and may belong to an open upload")

// Suffix ends the names of entries.
const Suffix = ".upload.json"

// backend keeps entries by name. A put replaces the entry as a whole.
type backend interface {
	list(ctx context.Context) (map[string][]byte, error)
	put(ctx context.Context, name string, body []byte) error
	remove(ctx context.Context, name string) error
	close() error
}

// Journal is an open journal. It is safe for concurrent use.
type Journal struct {
	backend backend

	mu   sync.Mutex
	left map[string]reconcile.Pending // by name, from earlier runs, not yet taken over
}

// entry is a Pending as it is kept.
type entry struct {
	Version int `json:"version"`
	reconcile.Pending
}

// open reads what earlier runs have left.
func open(ctx context.Context, b backend) (*Journal, error) {
	kept, err := b.list(ctx)
	if err != nil {
		return nil, err
	}
	j := &Journal{backend: b, left: map[string]reconcile.Pending{}}
	for name, body := range kept {
		var e entry
		if err := json.Unmarshal(body, &e); err != nil || e.Version != entryVersion || e.Target.Key == "" {
			return nil, fmt.Errorf("%s: %w", name, ErrUnknownEntry)
		}
		j.left[name] = e.Pending
	}
	return j, nil
}

// name is the entry of a target. A key may be longer than a file name, and
// hold what no file name can.
func name(target reconcile.Location) string {
	sum := sha256.Sum256([]byte(target.Bucket + "/" + target.Key))
	return hex.EncodeToString(sum[:16]) + Suffix
}

// Left returns the uploads that earlier runs have left and this one has not
// taken over, in the order of their targets.
func (j *Journal) Left() []reconcile.Pending {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []reconcile.Pending
	for _, p := range j.left {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b reconcile.Pending) int {
		return strings.Compare(a.Target.Bucket+"/"+a.Target.Key, b.Target.Bucket+"/"+b.Target.Key)
	})
	return all
}

// Find returns the upload an earlier run has left for target.
func (j *Journal) Find(target reconcile.Location) (reconcile.Pending, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	p, ok := j.left[name(target)]
	return p, ok
}

// Record remembers p in place of what was remembered for its target. When it
// returns nil, the entry outlasts a kill.
func (j *Journal) Record(ctx context.Context, p reconcile.Pending) error {
	body, err := json.MarshalIndent(entry{entryVersion, p}, "", "  ")
	if err != nil {
		return err
	}
	if err := j.backend.put(ctx, name(p.Target), body); err != nil {
		return fmt.Errorf("record the upload of %s in the journal: %w", p.Target, err)
	}
	j.take(p.Target)
	return nil
}

// Forget removes what is remembered for target: its upload is completed or
// aborted.
func (j *Journal) Forget(ctx context.Context, target reconcile.Location) error {
	if err := j.backend.remove(ctx, name(target)); err != nil {
		return fmt.Errorf("take the upload of %s out of the journal: %w", target, err)
	}
	j.take(target)
	return nil
}

func (j *Journal) take(target reconcile.Location) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.left, name(target))
}

// Close gives the journal back to the next run.
func (j *Journal) Close() error { return j.backend.close() }
