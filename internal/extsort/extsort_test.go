package extsort

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
)

func init() { debug.SetGCPercent(400) } // memory is no matter here

var long = flag.Int("long", 1, "how many times as many random rounds there are")

func newSorter(t testing.TB, o Options) *Sorter {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	s := New(o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func add(t testing.TB, s *Sorter, records ...[]byte) {
	t.Helper()
	for _, r := range records {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
}

// read returns all records, pulled one by one.
func read(t testing.TB, s *Sorter) [][]byte {
	t.Helper()
	r, err := s.Reader()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for {
		record, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes.Clone(record))
	}
}

// crowd returns records of all lengths, empty and equal ones among them.
func crowd(rng *rand.Rand, n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = make([]byte, rng.IntN(20)*rng.IntN(20))
		for k := range all[i] {
			all[i][k] = byte(rng.IntN(4) * 85)
		}
	}
	return all
}

func same(a, b [][]byte) bool {
	return slices.EqualFunc(a, b, bytes.Equal)
}

// TestSorts: what comes back is what slices makes of it, whatever the memory,
// each time it is asked for.
func TestSorts(t *testing.T) {
	for seed := range uint64(10 * *long) {
		rng := rand.New(rand.NewPCG(seed, 1))
		all := crowd(rng, rng.IntN(500))
		for _, memory := range []int{1, 1000, 10_000, 0} {
			s := newSorter(t, Options{Memory: memory})
			add(t, s, all...)
			want := slices.SortedFunc(slices.Values(all), bytes.Compare)
			if s.Len() != int64(len(all)) {
				t.Errorf("%d of %d", s.Len(), len(all))
			}
			if !same(read(t, s), want) {
				t.Fatalf("seed %d, memory %d: Next: another order", seed, memory)
			}
			var each [][]byte
			err := s.Each(func(r []byte) error { each = append(each, bytes.Clone(r)); return nil })
			if err != nil || !same(each, want) {
				t.Fatalf("seed %d, memory %d: Each: another order, %v", seed, memory, err)
			}
		}
	}
}

// TestReaders: several read at once, each at its own pace.
func TestReaders(t *testing.T) {
	s := newSorter(t, Options{Memory: 8 << 10})
	all := crowd(rand.New(rand.NewPCG(5, 5)), 5000)
	add(t, s, all...)
	s.Sort()
	slices.SortFunc(all, bytes.Compare)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if !same(read(t, s), all) {
				t.Error("another order")
			}
		})
	}
	group.Wait()
	if err := s.Add(nil); err != errSorted || s.Len() != int64(len(all)) {
		t.Errorf("late: %v, %d records", err, s.Len())
	}
}

// TestDisk: only what does not fit is spilled, and nothing of it stays, not
// even a name.
func TestDisk(t *testing.T) {
	dir := t.TempDir()
	all := crowd(rand.New(rand.NewPCG(3, 3)), 20_000)
	small, large := newSorter(t, Options{Dir: dir, Memory: 32 << 10}), newSorter(t, Options{Dir: filepath.Join(dir, "none")})
	add(t, small, all...)
	add(t, large, all...)
	if n, size := small.Spilled(); n < 40 || size < int64(n)*30<<10 {
		t.Errorf("%d runs of %d bytes", n, size)
	}
	if n, size := large.Spilled(); n != 0 || size != 0 {
		t.Errorf("%d runs of %d bytes", n, size)
	}
	if !same(read(t, small), read(t, large)) {
		t.Error("another order")
	}
	for range 2 {
		if err := small.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestClosed(t *testing.T) {
	s := newSorter(t, Options{Memory: 16})
	add(t, s, []byte("spilled at once"), []byte("b"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(nil); err != errClosed || s.Len() != 0 {
		t.Errorf("%v, %d records", err, s.Len())
	}
	if err := s.Each(func([]byte) error { return nil }); err != errClosed {
		t.Errorf("%v", err)
	}
}

// TestSpillFails: the error stays, and what was taken before can be read.
func TestSpillFails(t *testing.T) {
	s := newSorter(t, Options{Dir: filepath.Join(t.TempDir(), "none"), Memory: 1 << 10, Name: "rows"})
	var first error
	for i := range 500 {
		err := s.Add(fmt.Append(nil, i))
		if first != nil && err != first {
			t.Fatalf("%v, then %v", first, err)
		}
		first = err
	}
	if !errors.Is(first, os.ErrNotExist) || !strings.HasPrefix(first.Error(), "spill rows: ") {
		t.Errorf("%v", first)
	}
	got := read(t, s)
	if len(got) == 0 || len(got) == 500 || int64(len(got)) != s.Len() || !slices.IsSortedFunc(got, bytes.Compare) {
		t.Errorf("%d records, %d counted", len(got), s.Len())
	}
	if err := s.Add(nil); err != first {
		t.Errorf("after reading: %v", err)
	}
}

// TestFullDisk: a run that could not be written whole is none; its records are
// still in memory.
func TestFullDisk(t *testing.T) {
	s := newSorter(t, Options{Memory: 1 << 10})
	all := crowd(rand.New(rand.NewPCG(9, 9)), 100)
	for _, r := range all {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
		if n, _ := s.Spilled(); n == 3 {
			break
		}
	}
	taken := s.Len()
	readable, err := os.Open(os.DevNull) // a file that cannot be written
	if err != nil {
		t.Fatal(err)
	}
	defer readable.Close()
	whole := s.file
	s.file = readable
	for err == nil {
		err = s.Add([]byte("one more"))
	}
	s.file = whole
	if runs, _ := s.Spilled(); runs != 3 || s.Len() <= taken || !strings.HasPrefix(err.Error(), "spill records: ") {
		t.Errorf("%d runs, %d records after %d, %v", runs, s.Len(), taken, err)
	}
	if got := read(t, s); int64(len(got)) != s.Len() {
		t.Errorf("%d records, %d counted", len(got), s.Len())
	}
}

// TestDamage: a file that is not what was written is an error, never fewer
// records.
func TestDamage(t *testing.T) {
	damages := map[string]func(f *os.File, end int64) error{
		"cut":          func(f *os.File, end int64) error { return f.Truncate(end - 10) },
		"cut to a run": func(f *os.File, end int64) error { return f.Truncate(0) },
		"a length": func(f *os.File, _ int64) error {
			_, err := f.WriteAt([]byte{0xff, 0xff, 0xff, 0xff}, 0)
			return err
		},
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			s := newSorter(t, Options{Memory: 1 << 10, Name: "rows"})
			for i := range 200 {
				add(t, s, fmt.Append(nil, "record ", i))
			}
			if err := damage(s.file, s.end()); err != nil {
				t.Fatal(err)
			}
			n := int64(0)
			err := s.Each(func([]byte) error { n++; return nil })
			if err == nil || n >= s.Len() || !errors.Is(err, errBroken) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%d of %d records, %v", n, s.Len(), err)
			}
		})
	}
}

func TestEachStops(t *testing.T) {
	enough := errors.New("enough")
	s := newSorter(t, Options{})
	add(t, s, []byte("b"), []byte("a"), []byte("c"))
	var got []byte
	err := s.Each(func(r []byte) error {
		if got = append(got, r...); len(got) == 2 {
			return enough
		}
		return nil
	})
	if err != enough || string(got) != "ab" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestErrorStays: a reader that has failed gives no further record.
func TestErrorStays(t *testing.T) {
	s := newSorter(t, Options{Memory: 64 << 10, Name: "rows"})
	add(t, s, crowd(rand.New(rand.NewPCG(4, 4)), 5000)...)
	r, err := s.Reader()
	if err != nil {
		t.Fatal(err)
	}
	s.file.Close()
	s.file = nil
	n := int64(0)
	for ; err == nil; n++ {
		_, err = r.Next()
	}
	if n >= s.Len() || !errors.Is(err, os.ErrClosed) || !strings.HasPrefix(err.Error(), "read spilled rows: ") {
		t.Errorf("%d of %d records, %v", n, s.Len(), err)
	}
	if record, again := r.Next(); again != err || record != nil {
		t.Errorf("%v, then %v", err, again)
	}
}

func BenchmarkSort(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	record := bytes.Repeat([]byte("k"), 100)
	for b.Loop() {
		s := newSorter(b, Options{})
		for range 1_000_000 {
			for i := range 8 {
				record[20+i] = byte(rng.Uint32())
			}
			add(b, s, record)
		}
		n := 0
		if err := s.Each(func([]byte) error { n++; return nil }); err != nil || n != 1_000_000 {
			b.Fatal(n, err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*1e6/b.Elapsed().Seconds(), "records/s")
}
