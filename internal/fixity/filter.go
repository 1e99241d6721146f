package fixity

import "hash/fnv"

// filter remembers which texts it was given, in a size that does not depend on
// their number: a Bloom filter of two bits a text. Most pairs of an audit are
// proved and in no report: they need not go through the sorts. It says yes of one
// in ten that it was not given where it has ten million.
type filter struct{ bits []uint64 }

// filterBits is how many bits it has: 8 MiB.
const filterBits = 1 << 26

func (f *filter) add(s string) {
	if f.bits == nil {
		f.bits = make([]uint64, filterBits/64)
	}
	a, b := hashes(s)
	f.bits[a/64] |= 1 << (a % 64)
	f.bits[b/64] |= 1 << (b % 64)
}

func (f *filter) mayHave(s string) bool {
	if f.bits == nil {
		return false
	}
	a, b := hashes(s)
	return f.bits[a/64]>>(a%64)&1 != 0 && f.bits[b/64]>>(b%64)&1 != 0
}

// hashes are two positions, of the halves of one hash.
func hashes(s string) (a, b uint64) {
	h := fnv.New64a()
	h.Write([]byte(s)) // never fails
	sum := h.Sum64()
	return sum % filterBits, (sum >> 32) * 0x9e3779b1 % filterBits
}
