package parquet

import (
	"encoding/binary"
	"errors"
)

var errShort = errors.New("its values end too early")

// hybrid decodes the hybrid of runs and bit-packed groups that levels,
// dictionary indexes and booleans are written in.
// https://parquet.apache.org/docs/file-format/data-pages/encodings/#run-length-encoding--bit-packing-hybrid-rle--3
type hybrid struct {
	b     []byte
	width uint // bits of a value, up to 32

	run    uint64 // values left of a run
	value  uint32 // of the run
	packed uint64 // values left of bit-packed groups
	bits   uint64 // read and not taken yet
	filled uint   // how many bits
}

// next returns the next value. Bit-packed groups hold 8 values each, so that
// the last one may have more than there are: the caller knows how many to ask
// for.
func (h *hybrid) next() (uint32, error) {
	for h.run == 0 && h.packed == 0 {
		if err := h.head(); err != nil {
			return 0, err
		}
	}
	if h.run > 0 {
		h.run--
		return h.value, nil
	}
	h.packed--
	for h.filled < h.width {
		if len(h.b) == 0 {
			return 0, errShort
		}
		h.bits |= uint64(h.b[0]) << h.filled
		h.b, h.filled = h.b[1:], h.filled+8
	}
	v := uint32(h.bits & (1<<h.width - 1))
	h.bits >>= h.width
	h.filled -= h.width
	return v, nil
}

// head reads the header of a run or of groups.
func (h *hybrid) head() error {
	v, n := binary.Uvarint(h.b)
	if n <= 0 {
		return errShort
	}
	h.b = h.b[n:]
	if v&1 == 1 {
		h.packed, h.bits, h.filled = v>>1*8, 0, 0
		return nil
	}
	h.run, h.value = v>>1, 0
	size := int(h.width+7) / 8
	if h.run == 0 { // some writers write empty runs, without a value
		return nil
	}
	if len(h.b) < size {
		return errShort
	}
	for i := range size {
		h.value |= uint32(h.b[i]) << (8 * i)
	}
	h.b = h.b[size:]
	return nil
}

// prefixed returns the hybrid that stands behind its length of 4 bytes, and
// what follows it.
func prefixed(b []byte, width uint) (*hybrid, []byte, error) {
	if len(b) < 4 {
		return nil, nil, errShort
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, errShort
	}
	return &hybrid{b: b[4 : 4+n], width: width}, b[4+n:], nil
}
