package s3sim

import "encoding/binary"

// period is after how many bytes synthetic content repeats itself. It is a
// prime, so that parts of any usual size that are swapped, doubled or shifted
// give different bytes: with a power of two, a copy that took the wrong part
// would look right.
const period = 65521

// fillSynthetic writes the bytes at [off, off+len(dst)) of the synthetic
// content of seed.
func fillSynthetic(dst []byte, seed uint64, off int64) {
	first := dst[:min(len(dst), period)]
	fillWords(first, seed, int(off%period))
	for done := len(first); done < len(dst); done *= 2 {
		copy(dst[done:], dst[:done]) // done is a multiple of period here
	}
}

// fillWords generates dst from position pos of the repeating block.
func fillWords(dst []byte, seed uint64, pos int) {
	var word [8]byte
	for len(dst) > 0 {
		index := pos / 8
		binary.LittleEndian.PutUint64(word[:], mix(seed, uint64(index)))
		n := copy(dst, word[pos%8:min(8, period-index*8)])
		dst = dst[n:]
		if pos += n; pos == period {
			pos = 0
		}
	}
}

// mix is the index-th output of the SplitMix64 generator started at seed.
func mix(seed, index uint64) uint64 {
	z := seed + (index+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
