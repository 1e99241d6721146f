package inventory

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
)

// blockSize is how many bytes of sorted rows stand together in the file, about
// 5,000 rows. Of each block the first key is kept in memory; to find a key, one
// block is read.
const blockSize = 256 << 10

// block is a stretch of the file of sorted rows. In it a row is: how many bytes
// its key shares with the key before, how many follow, those, the length of the
// rest, the rest. The first key shares nothing.
type block struct {
	first  string // key
	offset int64
	size   uint32 // bytes
	sum    uint32 // CRC32C of the bytes
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// blockWriter writes blocks to a temporary file, which it makes when it is
// first needed.
type blockWriter struct {
	dir    string
	file   *tempFile
	blocks []block

	first string
	last  []byte // key
	buf   []byte
}

// add takes the next row in the order of the keys.
func (w *blockWriter) add(key, rest []byte) error {
	shared := 0
	if len(w.buf) == 0 {
		w.first = string(key)
	} else {
		shared = commonPrefix(w.last, key)
	}
	w.buf = binary.AppendUvarint(w.buf, uint64(shared))
	w.buf = binary.AppendUvarint(w.buf, uint64(len(key)-shared))
	w.buf = append(w.buf, key[shared:]...)
	w.buf = binary.AppendUvarint(w.buf, uint64(len(rest)))
	w.buf = append(w.buf, rest...)
	w.last = append(w.last[:0], key...)
	if len(w.buf) < blockSize {
		return nil
	}
	return w.flush()
}

func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// flush writes what there is as a block.
func (w *blockWriter) flush() (err error) {
	if len(w.buf) == 0 {
		return nil
	}
	if w.file == nil {
		if w.file, err = newTemp(w.dir); err != nil {
			return fmt.Errorf("write the sorted inventory: %w", err)
		}
	}
	if _, err := w.file.WriteAt(w.buf, w.file.size); err != nil {
		return fmt.Errorf("write the sorted inventory: %w", err)
	}
	w.blocks = append(w.blocks, block{
		first: w.first, offset: w.file.size, size: uint32(len(w.buf)), sum: crc32.Checksum(w.buf, castagnoli),
	})
	w.file.size += int64(len(w.buf))
	w.buf = w.buf[:0]
	return nil
}

func (w *blockWriter) close() error {
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}

// readBlock reads a block into buf, if it has the room, and returns it.
func readBlock(t *tempFile, b block, buf []byte) ([]byte, error) {
	if cap(buf) < int(b.size) {
		buf = make([]byte, b.size)
	}
	buf = buf[:b.size]
	if _, err := t.ReadAt(buf, b.offset); err != nil {
		return nil, fmt.Errorf("read the sorted inventory: %w", noEOF(err))
	}
	if crc32.Checksum(buf, castagnoli) != b.sum {
		return nil, fmt.Errorf("read the sorted inventory: %w", errRecord)
	}
	return buf, nil
}

// cutRow takes the first row off a block. key is that of the row before and
// is overwritten.
func cutRow(b, key []byte) (next, rest, left []byte, err error) {
	shared, b := cutNumber(b)
	suffix, b := cutBytes(b)
	rest, b = cutBytes(b)
	if shared > uint64(len(key)) || suffix == nil || rest == nil {
		return nil, nil, nil, errRecord
	}
	return append(key[:shared], suffix...), rest, b, nil
}

// cutNumber takes a number off b; a broken one is larger than all that can be.
func cutNumber(b []byte) (n uint64, left []byte) {
	n, k := binary.Uvarint(b)
	if k <= 0 {
		return math.MaxUint64, nil
	}
	return n, b[k:]
}

// cutBytes takes bytes with their length in front off b, nil where that is
// broken.
func cutBytes(b []byte) (cut, left []byte) {
	n, b := cutNumber(b)
	if n > uint64(len(b)) || b == nil {
		return nil, nil
	}
	return b[:n:n], b[n:]
}
