package copier

import (
	"slices"
	"testing"

	"reconcile/internal/reconcile"
)

const (
	mib = int64(1) << 20
	gib = int64(1) << 30
	tib = int64(1) << 40
)

func TestChoose(t *testing.T) {
	full := func(a string) reconcile.Checksum {
		return reconcile.Checksum{Algorithm: a, Type: reconcile.FullObject}
	}
	none, crc, sha := reconcile.Checksum{}, full("CRC64NVME"), full("SHA256")
	composite := reconcile.Checksum{Algorithm: "CRC32", Type: reconcile.Composite}
	const plain, parts = "0123", "0123-4"
	tests := []struct {
		size     int64
		etag     string
		checksum reconcile.Checksum
		auto     way
		preserve way
		fast     way
	}{
		{0, plain, none, wayCopy, wayCopy, wayCopy},
		{256 * mib, plain, crc, wayCopy, wayCopy, wayCopy},
		{256*mib + 1, plain, crc, wayCut, wayCut, wayCut},
		{256*mib + 1, plain, full("CRC32"), wayCut, wayCut, wayCut},
		{256*mib + 1, plain, full("CRC32C"), wayCut, wayCut, wayCut},
		{256*mib + 1, plain, none, wayCopy, wayCopy, wayCut},
		{256*mib + 1, plain, sha, wayCopy, wayCopy, wayCut},
		{5 * gib, plain, none, wayCopy, wayCopy, wayCut},
		{5*gib + 1, plain, none, wayCut, wayCut, wayCut},
		{5*gib + 1, plain, sha, wayCut, wayCut, wayCut},
		{20 * mib, parts, crc, wayCopy, wayPreserve, wayCopy},
		{20 * mib, parts, none, wayPreserve, wayPreserve, wayCopy},
		{20 * mib, parts, composite, wayPreserve, wayPreserve, wayCopy},
		{5 * gib, parts, crc, wayCopy, wayPreserve, wayCut},
		{5*gib + 1, parts, crc, wayPreserve, wayPreserve, wayCut},
		{5*gib + 1, parts, none, wayPreserve, wayPreserve, wayCut},
	}
	for _, tt := range tests {
		o := reconcile.Object{Size: tt.size, ETag: tt.etag, Checksum: tt.checksum}
		for layout, want := range map[Layout]way{LayoutAuto: tt.auto, LayoutPreserve: tt.preserve, LayoutFast: tt.fast} {
			if got := choose(o, layout, DefaultThreshold); got != want {
				t.Errorf("%d bytes, %s, %+v, %s: way %d, want %d", tt.size, tt.etag, tt.checksum, layout, got, want)
			}
		}
	}
	if choose(reconcile.Object{Size: 5*gib + 1}, LayoutFast, 100*gib) != wayCut {
		t.Error("a threshold over 5 GiB must not lead to a CopyObject that S3 refuses")
	}
}

// S3's limits hold for every size up to its largest object.
func TestCut(t *testing.T) {
	tests := []struct {
		size, partSize int64
		parts          int
		first          int64
	}{
		{0, 0, 1, 0},
		{1, 0, 1, 1},
		{128 * mib, 0, 1, 128 * mib},
		{128*mib + 1, 0, 2, 128 * mib},
		{10 * mib, 1, 2, 5 * mib},
		{10000 * 128 * mib, 0, 10000, 128 * mib},
		{10000*128*mib + 1, 0, 9923, 129 * mib},
		{10000*5*mib + 1, 5 * mib, 8334, 6 * mib},
		{48*tib + 800*gib, 0, 0, 0},
		{10000 * 5 * gib, 0, 10000, 5 * gib},
		{20 * gib, 10 * gib, 4, 5 * gib},
	}
	for _, tt := range tests {
		sizes := cut(tt.size, tt.partSize)
		if tt.parts > 0 && (len(sizes) != tt.parts || sizes[0] != tt.first) {
			t.Errorf("cut(%d, %d): %d parts of %d; want %d of %d", tt.size, tt.partSize, len(sizes), sizes[0], tt.parts, tt.first)
		}
		var sum int64
		for _, size := range sizes {
			sum += size
		}
		if sum != tt.size || !copyable(sizes) {
			t.Errorf("cut(%d, %d): %d parts, %d bytes, last %d", tt.size, tt.partSize, len(sizes), sum, sizes[len(sizes)-1])
		}
	}
}

func TestCopyable(t *testing.T) {
	many := slices.Repeat([]int64{5 * mib}, 10001)
	tests := []struct {
		sizes []int64
		want  bool
	}{
		{[]int64{0}, true},
		{[]int64{5 * mib, 1}, true},
		{[]int64{5*mib - 1, 5 * mib}, false},
		{[]int64{5 * gib, 5 * gib}, true},
		{[]int64{5 * mib, 5*gib + 1}, false},
		{many[:10000], true},
		{many, false},
	}
	for _, tt := range tests {
		if got := copyable(tt.sizes); got != tt.want {
			t.Errorf("copyable of %d parts: %v", len(tt.sizes), got)
		}
	}
}

func TestUniform(t *testing.T) {
	tests := []struct {
		total, first, last int64
		n                  int
		want               []int64
	}{
		{12, 5, 2, 3, []int64{5, 5, 2}},
		{10, 5, 5, 2, []int64{5, 5}},
		{13, 5, 2, 3, nil},
		{3, 2, 1, 2, []int64{2, 1}},
	}
	for _, tt := range tests {
		got, ok := uniform(tt.total, tt.first, tt.last, tt.n)
		if !slices.Equal(got, tt.want) || ok != (tt.want != nil) {
			t.Errorf("uniform(%d, %d, %d, %d) = %v", tt.total, tt.first, tt.last, tt.n, got)
		}
	}
}

func TestPartsOf(t *testing.T) {
	got := partsOf([]int64{5, 7, 1})
	want := []reconcile.Part{{Number: 1, Offset: 0, Size: 5}, {Number: 2, Offset: 5, Size: 7}, {Number: 3, Offset: 12, Size: 1}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
