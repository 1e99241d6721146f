package copier_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"reconcile/internal/copier"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// annotating is a server with annotations, which the simulator has none of.
type annotating struct {
	copier.Store
	keys    map[string]bool // objects that have some
	refused error
	asked   atomic.Int64
}

func (s *annotating) Annotated(_ context.Context, l reconcile.Location) (bool, error) {
	s.asked.Add(1)
	return s.keys[l.Key], s.refused
}

// A copy by parts says that it does not carry its source's annotations, where it
// has any; nobody is asked for one by CopyObject, which carries them.
func TestAnnotationsByParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	s := &annotating{Store: w.store, keys: map[string]bool{"small": true, "parts": true}}
	w.store = s
	w.small("small", 1)
	w.byParts("parts", 2, 6, 6)
	w.byParts("without", 3, 6, 6)
	c := w.copier()
	out := w.runWith(t.Context(), c, w.decide("small"), w.decide("parts"), w.decide("without"))
	for key, want := range map[string]bool{"small": false, "parts": true, "without": false} {
		w.expect(out[key], reconcile.Copied, "")
		if is := out[key].Compared.String(); strings.Contains(is, "annotations=differ") != want || strings.Contains(is, "annotations") != want {
			t.Errorf("%s: %s", key, is)
		}
	}
	notes := strings.Join(c.Notes(), "\n")
	if s.asked.Load() != 2 || !strings.HasPrefix(notes, "1 copies by parts are without the annotations") {
		t.Errorf("asked %d times; notes %q", s.asked.Load(), notes)
	}
}

// Who may not ask is told once, and copies all the same.
func TestAnnotationsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, s3sim.Config{})
	s := &annotating{Store: w.store, refused: &reconcile.Error{Op: "ListObjectAnnotations", Kind: reconcile.AccessDenied, Status: 403, Code: "AccessDenied"}}
	w.store, w.opts.Concurrency = s, 1
	w.byParts("a", 1, 6, 6)
	w.byParts("b", 2, 6, 6)
	c := w.copier()
	for _, o := range w.runWith(t.Context(), c, w.decide("a"), w.decide("b")) {
		w.expect(o, reconcile.Copied, "")
	}
	if notes := strings.Join(c.Notes(), "\n"); s.asked.Load() != 1 || !strings.HasPrefix(notes, "of 2 copies by parts nobody knows") {
		t.Errorf("asked %d times; notes %q", s.asked.Load(), notes)
	}
}
