package scan

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

func filesIn(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// undecidedStore holds n archived objects with long keys, about which the listing
// says nothing.
func undecidedStore(n int) (*store, []string) {
	s, all := newStore(1000), keys(n)
	for i := range all {
		all[i] += longName
	}
	s.put("source", each(all, archived)...)
	return s, all
}

// undecidedObjects are more than memory is meant for.
const undecidedObjects = undecidedMemory / 800

var longName = strings.Repeat("/a-long-name", 70)

// More undecided objects than memory is meant for wait on disk, and nothing is
// left of that afterwards; all of them leave, each once.
func TestManyWaitOnDisk(t *testing.T) {
	s, all := undecidedStore(undecidedObjects)
	o := options(t)
	scanner := New(once(s), o)
	var got []reconcile.Decision
	err := scanner.Run(t.Context(), func(d reconcile.Decision) error {
		if runs, _ := scanner.undecided.rows.Spilled(); runs == 0 {
			t.Fatal("nothing was spilled")
		}
		got = append(got, d)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	checkKeys(t, got, all)
	checkSilent(t, got, undecidedObjects, true)
	if left := filesIn(t, o.TempDir); left != 0 {
		t.Errorf("%d files left behind", left)
	}
}

// Nothing is left either where the scan is ended early: by whoever takes the
// decisions, or by a listing.
func TestFileIsRemovedOnFailure(t *testing.T) {
	refused := errors.New("takes no more")
	s, all := undecidedStore(undecidedObjects)
	o := options(t)
	n := 0
	err := New(once(s), o).Run(t.Context(), func(reconcile.Decision) error {
		if n++; n > undecidedObjects/2 {
			return refused
		}
		return nil
	})
	if err != refused || filesIn(t, o.TempDir) != 0 {
		t.Errorf("%v, %d files left", err, filesIn(t, o.TempDir))
	}

	failAt(s, "source", 5)
	o.Streams = 1
	got, err := run(t, s, o)
	if !errors.Is(err, reconcile.AccessDenied) || filesIn(t, o.TempDir) != 0 {
		t.Errorf("%v, %d files left", err, filesIn(t, o.TempDir))
	}
	checkKeys(t, got, all[:4000])
	checkCanceled(t, got)
}

func checkCanceled(t *testing.T, all []reconcile.Decision) {
	t.Helper()
	for _, d := range all {
		if d.Need != reconcile.NeedNothing || d.Status != reconcile.Canceled || d.Reason == "" {
			t.Fatalf("%s: need %d, %q %q, want canceled with a reason", d.Source.Key, d.Need, d.Status, d.Reason)
		}
	}
}

// Where no file can be made the scan fails, says so, and every object listed
// still leaves: nothing is lost from sight.
func TestNoRoomToWait(t *testing.T) {
	s, all := undecidedStore(undecidedObjects)
	o := options(t)
	o.Streams = 1
	o.TempDir = filepath.Join(o.TempDir, "missing")
	got, err := run(t, s, o)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if len(got)%1000 != 0 || len(got) == 0 {
		t.Errorf("%d decisions are no whole pages", len(got))
	}
	checkKeys(t, got, all[:len(got)])
	checkCanceled(t, got)
}

// A few touch no disk.
func TestFewWaitInMemory(t *testing.T) {
	s, all := undecidedStore(1000)
	o := options(t)
	o.TempDir = filepath.Join(o.TempDir, "missing")
	checkKeys(t, mustRun(t, s, o), all)
}

// An object comes back from the file as it was: with times, and keys that are
// no UTF-8.
func TestObjectsSurviveTheFile(t *testing.T) {
	w := newUndecided(t.TempDir())
	defer w.close()
	var want []reconcile.Object
	for i := range 2 * undecidedObjects {
		o := archived(fmt.Sprintf("%09d\xff\x00é%s", i, longName))
		o.Bucket, o.LastModified, o.Size = "b", now.Add(time.Duration(i)), int64(i)
		if i%2 == 0 {
			o.Checksum = reconcile.Checksum{Algorithm: "CRC32", Type: reconcile.FullObject}
		}
		want = append(want, o)
	}
	for _, i := range rand.Perm(len(want)) {
		if err := w.add(want[i]); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	err := w.drain(func(o reconcile.Object) error {
		if !reflect.DeepEqual(o, want[n]) {
			t.Fatalf("%d came back as\n%+v\n%+v", n, o, want[n])
		}
		n++
		return nil
	})
	if err != nil || n != len(want) {
		t.Errorf("%d of %d came back: %v", n, len(want), err)
	}
}
