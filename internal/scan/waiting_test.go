package scan

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
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

// silentStore holds n archived objects about which the listing says nothing.
func silentStore(n int) (*store, []string) {
	s, all := newStore(1000), keys(n)
	s.put("source", each(all, archived)...)
	return s, all
}

// More undecided objects than memory is meant for wait in a temporary file,
// which is gone afterwards; all of them leave, in order.
func TestManyWaitInAFile(t *testing.T) {
	for _, n := range []int{waitingInMemory - 1, waitingInMemory, waitingInMemory + 1, 3 * waitingInMemory} {
		s, all := silentStore(n)
		o := options(t)
		var got []reconcile.Decision
		most := 0
		err := New(s, o).Run(t.Context(), func(d reconcile.Decision) error {
			if len(got)%1000 == 0 {
				most = max(most, filesIn(t, o.TempDir))
			}
			got = append(got, d)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		checkKeys(t, got, all)
		checkSilent(t, got, n, true)
		if want := n > waitingInMemory; (most == 1) != want || most > 1 {
			t.Errorf("%d waiting: %d files while they leave", n, most)
		}
		if left := filesIn(t, o.TempDir); left != 0 {
			t.Errorf("%d waiting: %d files left behind", n, left)
		}
	}
}

// The file is removed too where the scan is ended early: by whoever takes the
// decisions, or by a listing.
func TestFileIsRemovedOnFailure(t *testing.T) {
	refused := errors.New("takes no more")
	s, _ := silentStore(2 * waitingInMemory)
	o := options(t)
	n := 0
	err := New(s, o).Run(t.Context(), func(reconcile.Decision) error {
		if n++; n > waitingInMemory+10 {
			return refused
		}
		return nil
	})
	if err != refused || filesIn(t, o.TempDir) != 0 {
		t.Errorf("%v, %d files left", err, filesIn(t, o.TempDir))
	}

	failAt(s, "source", 8)
	got, err := run(t, s, o)
	if !errors.Is(err, reconcile.AccessDenied) || filesIn(t, o.TempDir) != 0 {
		t.Errorf("%v, %d files left", err, filesIn(t, o.TempDir))
	}
	checkKeys(t, got, keys(7000))
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
	s, all := silentStore(waitingInMemory + 500)
	o := options(t)
	o.TempDir = filepath.Join(o.TempDir, "missing")
	got, err := run(t, s, o)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	left := sourceKeys(got)
	slices.Sort(left)
	if !slices.Equal(left, all) { // the failure is in the last page
		t.Errorf("%d decisions about %d objects", len(left), len(all))
	}
	checkCanceled(t, got)
}

// Up to that number nothing touches the disk.
func TestFewWaitInMemory(t *testing.T) {
	s, all := silentStore(waitingInMemory)
	o := options(t)
	o.TempDir = filepath.Join(o.TempDir, "missing")
	checkKeys(t, mustRun(t, s, o), all)
}

// A decision comes back from the file as it was: with rivals, times, and keys
// that are no UTF-8.
func TestDecisionsSurviveTheFile(t *testing.T) {
	w := newWaiting(t.TempDir())
	defer w.close()
	var want []reconcile.Decision
	for i := range 2*waitingInMemory + 3 {
		d := reconcile.Decision{Source: archived("k\xff\x00é"), Need: reconcile.NeedRestoreState}
		d.Source.LastModified = now.Add(time.Duration(i))
		d.Source.Size = int64(i)
		if i%2 == 0 {
			d.Target, d.Listed, d.Rivals = restored("t"), true, []string{"r", "\xfe"}
			d.Target.Checksum = reconcile.Checksum{Algorithm: "CRC32", Type: reconcile.FullObject}
		}
		want = append(want, d)
		if err := w.add(d); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	err := w.drain(func(d reconcile.Decision) error {
		if !reflect.DeepEqual(d, want[n]) {
			t.Fatalf("%d came back as\n%+v\n%+v", n, d, want[n])
		}
		n++
		return nil
	})
	if err != nil || n != len(want) {
		t.Errorf("%d of %d came back: %v", n, len(want), err)
	}
}
