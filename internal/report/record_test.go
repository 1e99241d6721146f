package report

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"reconcile/internal/reconcile"
)

// crowd returns outcomes with repeated keys and equal ones among them.
func crowd(rng *rand.Rand, n int) []reconcile.Outcome {
	all := make([]reconcile.Outcome, n)
	statuses := reconcile.Statuses()
	for i := range all {
		o := outcome(fmt.Sprintf("k/%d", rng.IntN(n)), statuses[rng.IntN(len(statuses))])
		o.Source.Size, o.Attempts = int64(rng.IntN(3)), rng.IntN(2)
		o.Target.Bucket = []string{"", "protected", "public"}[rng.IntN(3)]
		all[i] = o
	}
	return all
}

// TestAnyOrder: whatever the order of Add and the memory, the bytes are the
// same.
func TestAnyOrder(t *testing.T) {
	for seed := range uint64(5 * *long) {
		rng := rand.New(rand.NewPCG(seed, 0))
		all := crowd(rng, 200)
		want := map[Format]string{}
		for round := range 4 {
			r := newReport(t, Options{MemoryLimit: 1 << (8 + 4*round)})
			add(t, r, all...)
			for _, f := range []Format{JSON, CSV} {
				got := encoded(t, r, f)
				if round > 0 && got != want[f] {
					t.Fatalf("seed %d, round %d: another %s", seed, round, f)
				}
				want[f] = got
			}
			rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		}
	}
}

// TestOrderIsLess: rows come in the order of Outcome.Less.
func TestOrderIsLess(t *testing.T) {
	all := crowd(rand.New(rand.NewPCG(7, 7)), 400)
	records := make([][]byte, len(all))
	for i := range all {
		row := RowOf(all[i])
		records[i] = row.AppendRecord(nil)
		for j, o := range all[:i] {
			c := bytes.Compare(records[i], records[j])
			if sourceLost(all[i]) || sourceLost(o) {
				continue
			}
			if all[i].Less(o) && c >= 0 || o.Less(all[i]) && c <= 0 {
				t.Fatalf("%+v\n%+v: %d", all[i], o, c)
			}
		}
	}
}

// sourceLost: the outcome has a source bucket and no source key, which no
// orphan should.
func sourceLost(o reconcile.Outcome) bool { return o.Source.Key == "" && o.Source.Bucket != "" }

// TestSpill: rows in little memory are the report they are in much, and
// nothing of them stays on disk.
func TestSpill(t *testing.T) {
	all := crowd(rand.New(rand.NewPCG(3, 3)), 5_000**long)
	dir := t.TempDir()
	small := newReport(t, Options{TempDir: dir, MemoryLimit: 24 << 10})
	large := newReport(t, Options{MemoryLimit: 1 << 30})
	add(t, small, all...)
	add(t, large, all...)
	if n, _ := small.rows.Spilled(); n < 12**long {
		t.Errorf("only %d runs", n)
	}
	if n, _ := large.rows.Spilled(); n != 0 {
		t.Error("the large one spilled, too")
	}
	for _, f := range []Format{JSON, CSV} {
		if encoded(t, small, f) != encoded(t, large, f) {
			t.Errorf("%s differs", f)
		}
	}
	if err := small.Close(); err != nil {
		t.Error(err)
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestSpillFails: the error stays, the counts go on, and the report says what
// it lacks.
func TestSpillFails(t *testing.T) {
	r := newReport(t, Options{TempDir: filepath.Join(t.TempDir(), "none"), MemoryLimit: 1 << 10})
	var first error
	for i := range 50 {
		err := r.Add(outcome(fmt.Sprint("k", i), reconcile.Copied))
		if first != nil && err != first {
			t.Fatalf("%v, then %v", first, err)
		}
		first = err
	}
	if !errors.Is(first, os.ErrNotExist) || r.Summary().Scanned != 50 {
		t.Fatalf("%v, %d counted", first, r.Summary().Scanned)
	}
	var out strings.Builder
	run := testRun
	run.Error = "stopped"
	err := r.Write(t.Context(), run, nil, nil, []Destination{{Path: "-", Format: JSON}}, Sinks{Stdout: &out})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Write: %v", err)
	}
	head, rows := decode(t, out.String())
	about := head["run"].(map[string]any)
	if text := about["error"].(string); about["complete"] != false || !strings.Contains(text, fmt.Sprintf("%d rows are missing: ", 50-len(rows))) || !strings.HasSuffix(text, "; stopped") {
		t.Errorf("%d rows: %v", len(rows), about)
	}
}

// TestConcurrentAdd is for the race detector.
func TestConcurrentAdd(t *testing.T) {
	r := newReport(t, Options{MemoryLimit: 16 << 10})
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 200 * *long {
				if err := r.Add(outcome(fmt.Sprintf("%d/%d", g, i), reconcile.Copied)); err != nil {
					t.Error(err)
				}
				if s := r.Summary(); s.Counts[reconcile.Copied] != s.Scanned {
					t.Error("a summary in between is torn")
				}
			}
		})
	}
	group.Wait()
	if _, rows := decode(t, encoded(t, r, JSON)); len(rows) != 1600**long {
		t.Errorf("%d rows", len(rows))
	}
	if err := r.Add(outcome("late", reconcile.Copied)); err != errSealed {
		t.Errorf("late: %v", err)
	}
}

func FuzzRecord(f *testing.F) {
	for _, s := range reconcile.Statuses() {
		row := RowOf(outcome("k", s))
		f.Add(row.AppendRecord(nil))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		row, err := DecodeRecord(record)
		if err != nil || row.Attempts < 0 || row.ElapsedMS < 0 || row.SizeBytes != nil && *row.SizeBytes < 0 {
			return
		}
		again, err := DecodeRecord(row.AppendRecord(nil))
		if err != nil || !reflect.DeepEqual(row, again) {
			t.Errorf("%+v came back as %+v, %v", row, again, err)
		}
	})
}
