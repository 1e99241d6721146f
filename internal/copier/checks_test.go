package copier_test

import (
	"slices"
	"strings"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// checks hold what a run has said, and left, against the server.
type checks struct {
	buckets
	// unanswered is how many uploads without parts may be open: their opening
	// was not answered, and they cannot be told from somebody else's.
	unanswered int
	stranger   *s3sim.Stranger // somebody else in the archive bucket; nil: nobody
}

// beside puts somebody else into the archive bucket, who has objects of his own,
// and uploads of these keys, with a part and without. At the end of the test he
// has to find everything as he left it.
func (w *checks) beside(keys ...string) {
	if w.stranger != nil {
		return
	}
	w.stranger = w.Stranger(archive)
	for _, key := range append(keys, "k") {
		w.stranger.Write(key+"-stranger", 1000)
		w.stranger.Open(key, 0)
		w.stranger.Open(key, 5*mib)
	}
	w.t.Cleanup(func() {
		if missing := w.stranger.Missing(); len(missing) > 0 {
			w.t.Errorf("the stranger misses %v", missing)
		}
	})
}

// expect checks status, error kind and that the outcome agrees with what is on
// the server, and that nothing was left open.
func (w *checks) expect(o reconcile.Outcome, s reconcile.Status, k reconcile.Kind) {
	w.t.Helper()
	if o.Status != s || o.ErrorKind != k {
		w.t.Errorf("%s: %s/%s %q, want %s/%s", o.Source.Key, o.Status, o.ErrorKind, o.Message, s, k)
	}
	w.truth(o)
	w.nothingOpen()
}

// truth checks an outcome against the server.
func (w *checks) truth(o reconcile.Outcome) {
	w.t.Helper()
	key := o.Source.Key
	same := w.SameContent(glacier, key, archive, key)
	info, there := w.Get(archive, key)
	switch {
	case o.Success() != same && o.Status != reconcile.Canceled && o.ErrorKind != reconcile.Changed && o.ErrorKind != reconcile.NotFound:
		w.t.Errorf("%s: %s %q, but source and target being the same is %v", key, o.Status, o.Message, same)
	case o.Status == reconcile.Canceled && there:
		w.t.Errorf("%s: canceled %q, but it is there", key, o.Message)
	case o.Status == reconcile.Copied && info.StorageClass != reconcile.ClassStandard:
		w.t.Errorf("%s: arrived in class %s", key, info.StorageClass)
	case o.Status == reconcile.Copied && (o.Proof == "" || o.Method == ""):
		w.t.Errorf("%s: copied with proof %q, method %q", key, o.Proof, o.Method)
	case o.Success() != (o.Message == ""):
		w.t.Errorf("%s: %s with message %q", key, o.Status, o.Message)
	}
}

// uploads are those that are open, but for the stranger's.
func (w *checks) uploads() []s3sim.Upload {
	return slices.DeleteFunc(w.OpenUploads(archive), func(u s3sim.Upload) bool { return w.stranger != nil && w.stranger.Has(u.UploadID) })
}

func (w *checks) nothingOpen() {
	w.t.Helper()
	open := w.uploads()
	empty := slices.DeleteFunc(slices.Clone(open), func(u s3sim.Upload) bool { return u.Parts > 0 })
	if len(open) > len(empty) || len(empty) > w.unanswered {
		w.t.Errorf("open uploads: %v", open)
	}
}

// sent checks the requests since the last reset, all of them.
func (w *buckets) sent(want map[string]int64) {
	w.t.Helper()
	got := w.Requests()
	for op := range want {
		if _, ok := got[op]; !ok {
			got[op] = 0
		}
	}
	for op, n := range got {
		if n != want[op] {
			w.t.Errorf("%d %s, want %d; all: %v", n, op, want[op], got)
		}
	}
}

func (w *checks) says(o reconcile.Outcome, parts ...string) {
	w.t.Helper()
	for _, part := range parts {
		if !strings.Contains(o.Message, part) {
			w.t.Errorf("message %q does not say %q", o.Message, part)
		}
	}
}

func counted(outcomes map[string]reconcile.Outcome) map[reconcile.Status]int {
	n := map[reconcile.Status]int{}
	for _, o := range outcomes {
		n[o.Status]++
	}
	return n
}

func sameSizes(a, b []int64) bool { return slices.Equal(a, b) }
