package copier

import (
	"slices"

	"reconcile/internal/reconcile"
)

// Layout says how an object is cut into parts when it is copied.
type Layout string

// The layouts.
const (
	LayoutAuto     Layout = "auto"     // keep what can be proved, cut the rest for speed
	LayoutPreserve Layout = "preserve" // every multipart source keeps its part boundaries
	LayoutFast     Layout = "fast"     // cut for speed alone
)

// Limits of S3. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const (
	maxCopySize = 5 << 30 // bytes one CopyObject, or one part, takes
	maxParts    = 10000
	minPartSize = 5 << 20 // bytes, but for the last part
)

const (
	usualPartSize = 128 << 20
	mebibyte      = 1 << 20
)

// way is how one object is going to be copied.
type way uint8

const (
	wayCopy     way = iota // one CopyObject
	wayPreserve            // by parts, at the source's own boundaries
	wayCut                 // by parts, at ours
)

// choose picks the way for a source.
//
// A composite ETag is worth keeping: as long as the copy has the same part
// boundaries, every later audit can prove it from the listings alone. A plain
// ETag is kept by CopyObject only. So a source that offers no full-object
// checksum to prove the copy by keeps its layout, and one that has such a
// checksum is copied the way that needs the fewest requests, or, when it is a
// large single-part object, in parallel parts.
func choose(o reconcile.Object, l Layout, threshold int64) way {
	large := o.Size > min(threshold, maxCopySize)
	checksum := carried(o.Checksum)
	switch {
	case l == LayoutFast && large:
		return wayCut
	case l == LayoutFast:
		return wayCopy
	case o.Multipart() && (l == LayoutPreserve || o.Size > maxCopySize || !checksum):
		return wayPreserve
	case o.Multipart(), !large:
		return wayCopy
	case o.Size > maxCopySize || checksum:
		return wayCut
	}
	return wayCopy
}

// carried reports whether a copy by parts can have the same kind of checksum:
// only the CRCs can be computed over a whole object from its parts.
func carried(c reconcile.Checksum) bool {
	switch c.Algorithm {
	case "CRC64NVME", "CRC32", "CRC32C":
		return c.FullObject()
	}
	return false
}

// cut divides size bytes into the sizes of parts, all but the last of one size: the given one, or the one
// that was measured to be fastest, or what 10,000 parts make necessary.
func cut(size, partSize int64) []int64 {
	if partSize == 0 {
		partSize = usualPartSize
	}
	least := (size + maxParts - 1) / maxParts
	least = (least + mebibyte - 1) / mebibyte * mebibyte
	partSize = max(partSize, least, minPartSize)
	partSize = min(partSize, maxCopySize)
	sizes := make([]int64, 0, size/partSize+1)
	rest := size
	for ; rest > partSize; rest -= partSize {
		sizes = append(sizes, partSize)
	}
	return append(sizes, rest) // an empty object has one part
}

// copyable reports whether S3 takes parts of these sizes.
func copyable(sizes []int64) bool {
	for i, size := range sizes {
		if size > maxCopySize || size < minPartSize && i < len(sizes)-1 {
			return false
		}
	}
	return len(sizes) <= maxParts
}

// partsOf lays parts of the given sizes end to end.
func partsOf(sizes []int64) []reconcile.Part {
	parts := make([]reconcile.Part, len(sizes))
	var offset int64
	for i, size := range sizes {
		parts[i] = reconcile.Part{Number: int32(i + 1), Offset: offset, Size: size}
		offset += size
	}
	return parts
}

// uniform returns the sizes of n parts of which the first and the last are
// known, if the object's size agrees with all but the last being equal.
func uniform(total, first, last int64, n int) ([]int64, bool) {
	if first*int64(n-1)+last != total {
		return nil, false
	}
	sizes := slices.Repeat([]int64{first}, n)
	sizes[n-1] = last
	return sizes, true
}
