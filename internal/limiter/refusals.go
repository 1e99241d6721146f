package limiter

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"reconcile/internal/reconcile"
)

const (
	// systematic is how many refusals of one kind without a success among them
	// are no chance any more.
	systematic = 30
	// refusedFolders is how many folders are tried after that: a policy may
	// refuse some and not others.
	refusedFolders = 32
)

// Refusals stops what a service refuses systematically, for one reason: a
// missing right or a wrong key would otherwise cost as many requests as there
// are objects. The zero value has seen nothing; it is safe for concurrent use.
type Refusals struct {
	mu   sync.Mutex
	seen map[Attempt]*refusal
}

// Attempt is what is tried with many objects: a HEAD, a restore request, or a
// copy by one way.
type Attempt struct{ Bucket, What string }

// refusal counts the failures of one kind of attempt.
type refusal struct {
	served  bool   // once it has succeeded: then nothing is systematic
	code    string // of the failures; another one begins anew
	count   int
	cause   error
	folders map[string]bool // of the keys that were refused
}

// Systematic reports whether err is a refusal that may well be the same for every
// object: a missing right, a bucket that is not there, a request the service
// does not take.
func Systematic(err error) (code string, ok bool) {
	var e *reconcile.Error
	if !errors.As(err, &e) || e.Status < 400 || e.Status >= 500 {
		return "", false
	}
	code = e.Code
	if code == "" {
		code = fmt.Sprint(e.Status)
	}
	switch e.Kind {
	case reconcile.AccessDenied, reconcile.Other:
		return code, true
	}
	return code, code == "NoSuchBucket"
}

// Note learns from how an attempt ended. first says that with this refusal the
// attempt has become hopeless.
func (r *Refusals) Note(a Attempt, key string, err error) (first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[Attempt]*refusal{}
	}
	row := r.seen[a]
	if row == nil {
		row = &refusal{folders: map[string]bool{}}
		r.seen[a] = row
	}
	code, asked := Systematic(err)
	switch {
	case err == nil:
		*row = refusal{served: true}
		return false
	case row.served || !asked:
		return false
	case code != row.code:
		*row = refusal{code: code, folders: map[string]bool{}}
	}
	row.count++
	row.cause = err
	if len(row.folders) < refusedFolders {
		row.folders[folder(key)] = true
	}
	return row.count == systematic
}

// Hopeless returns why an attempt with a key need not be made.
func (r *Refusals) Hopeless(a Attempt, key string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	row := r.seen[a]
	if row == nil || row.served || row.count < systematic {
		return nil
	}
	if len(row.folders) < refusedFolders && !row.folders[folder(key)] {
		return nil
	}
	return notTried{a, row.count, row.cause}
}

// folder is a key up to its first slash.
func folder(key string) string {
	name, _, _ := strings.Cut(key, "/")
	if name == key {
		return ""
	}
	return name
}

// notTried is the failure of an object that nothing was sent for.
type notTried struct {
	Attempt
	refused int
	cause   error
}

func (n notTried) Error() string {
	return fmt.Sprintf("not tried, since %d of %d on s3://%s were refused: %v", n.refused, n.refused, n.Bucket, n.cause)
}

func (n notTried) Unwrap() error { return n.cause }
