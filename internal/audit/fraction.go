package audit

import "hash/fnv"

// Fraction is the part of the keys whose hash is Index modulo Count. The zero
// value is all of them.
type Fraction struct{ Index, Count int }

// Has reports whether a key belongs to the part.
func (f Fraction) Has(key string) bool {
	if f.Count <= 1 {
		return true
	}
	h := fnv.New64a()
	h.Write([]byte(key)) // never fails
	return h.Sum64()%uint64(f.Count) == uint64(f.Index)
}
