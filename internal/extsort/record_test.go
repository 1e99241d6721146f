package extsort

import (
	"bytes"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

type inner struct {
	Text  string
	Match [3]uint8
}

type sample struct {
	First, Second string
	embedded
	Whole   int64
	Small   int
	Yes, No bool
	At      time.Time
	Size    *int64
	None    *inner
	Texts   []string
	Inner   []inner
}

type embedded struct{ Status status }

type status string

func samples() []sample {
	size := int64(math.MinInt64)
	return []sample{
		{},
		{First: "\x00", Second: "\x01\x01", Whole: math.MaxInt64, Small: -1, Yes: true, At: time.Unix(-1, 999999999).UTC()},
		{
			First: "a\xff\x00é", embedded: embedded{"\x01\x02\x00"}, Size: &size, Texts: []string{"", "\x00\x00", "x"},
			Inner: []inner{{}, {"t", [3]uint8{0, 1, 255}}}, At: time.Date(9999, 12, 31, 23, 59, 59, 1, time.UTC), None: &inner{Text: "n"},
		},
	}
}

// TestRecords: a value comes back as it was, and a record that is cut, or has
// more, is an error.
func TestRecords(t *testing.T) {
	t.Parallel()
	for _, want := range samples() {
		record := Append(nil, &want)
		var got sample
		if err := Parse(record, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v came back as %+v, %v", want, got, err)
		}
		for n := range record {
			if err := Parse(record[:n], new(sample)); err != ErrRecord {
				t.Fatalf("%+v cut to %d of %d bytes: %v", want, n, len(record), err)
			}
		}
		if err := Parse(append(record, 0), new(sample)); err != ErrRecord {
			t.Errorf("with a byte more: %v", err)
		}
		if rest, err := Cut(append(record, "rest"...), new(sample)); err != nil || string(rest) != "rest" {
			t.Errorf("%q, %v", rest, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a map has been taken")
		}
	}()
	Append(nil, &map[string]int{})
}

// TestOrder: records are in the order of their texts, one after the other,
// whatever bytes these have.
func TestOrder(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		b := make([]byte, rng.IntN(4))
		for i := range b {
			b[i] = "\x00\x01\x02\xff"[rng.IntN(4)]
		}
		return string(b)
	}
	for range 20_000 {
		a, b := [2]string{text(), text()}, [2]string{text(), text()}
		x, y := Append(nil, &a), Append(nil, &b)
		if got, want := bytes.Compare(x, y), slices.Compare(a[:], b[:]); got != want {
			t.Fatalf("%q and %q: %d, want %d", a, b, got, want)
		}
		first, rest, ok := CutText(x)
		second, rest, also := CutText(rest)
		if string(first) != a[0] || string(second) != a[1] || !ok || !also || len(rest) > 0 {
			t.Fatalf("%q is cut to %q, %q, %q", a, first, second, rest)
		}
	}
	numbers := []int64{math.MinInt64, -1 << 56, -1 << 55, -65537, -65536, -257, -256, -255, -2, -1, 0, 1, 255, 256, 65535, 65536, 1 << 55, 1 << 56, math.MaxInt64}
	for i, n := range numbers[1:] {
		if a, b := AppendNumber(nil, numbers[i]), AppendNumber(nil, n); bytes.Compare(a, b) >= 0 {
			t.Errorf("%d and %d: %x, %x", numbers[i], n, a, b)
		}
		if f := NewFields(AppendNumber(nil, n)); f.Number() != n || f.End() != nil {
			t.Errorf("%d comes back as something else", n)
		}
	}
	if _, _, ok := CutText([]byte("no end")); ok {
		t.Error("a text without an end")
	}
}

// TestPutAs: values come back in the order of their texts, from memory and disk.
func TestPutAs(t *testing.T) {
	t.Parallel()
	s := newSorter(t, Options{Memory: 100})
	for _, first := range strings.Split("d b a c e", " ") {
		if err := s.Put(&sample{First: first, Second: strings.Repeat(first, 50)}); err != nil {
			t.Fatal(err)
		}
	}
	all := ""
	if err := s.Each(As(func(v sample) error { all += v.First; return nil })); err != nil || all != "abcde" {
		t.Errorf("%q, %v", all, err)
	}
	broken := newSorter(t, Options{})
	add(t, broken, []byte("x"))
	if err := broken.Each(As(func(sample) error { t.Error("taken"); return nil })); err != ErrRecord {
		t.Errorf("%v", err)
	}
}

// FuzzParse: whatever a record is, it is an error or a value that comes back.
func FuzzParse(f *testing.F) {
	for _, v := range samples() {
		f.Add(Append(nil, &v))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		var v, again sample
		if Parse(record, &v) != nil {
			return
		}
		if err := Parse(Append(nil, &v), &again); err != nil || !reflect.DeepEqual(v, again) {
			t.Errorf("%+v came back as %+v, %v", v, again, err)
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	v := samples()[2]
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = Append(buf[:0], &v)
		var got sample
		if err := Parse(buf, &got); err != nil {
			b.Fatal(err)
		}
	}
}
