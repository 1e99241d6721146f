package s3sim

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"hash"
	"io"
)

// fragment is a piece of content: literal bytes where data is not nil, else n
// bytes of the synthetic content of seed, from position off on.
type fragment struct {
	data []byte
	seed uint64
	off  int64 // always below period
	n    int64
}

// content is what an object or a part holds: fragments, one after the other.
// It is never changed, so that copies can share it.
type content struct {
	frags []fragment
	size  int64
}

func literal(data []byte) *content {
	if len(data) == 0 {
		return &content{}
	}
	return &content{frags: []fragment{{data: data, n: int64(len(data))}}, size: int64(len(data))}
}

func synthetic(seed uint64, size int64) *content {
	if size == 0 {
		return &content{}
	}
	return &content{frags: []fragment{{seed: seed, n: size}}, size: size}
}

// plainSeed returns the seed of content that is nothing but the synthetic
// content of that seed from its beginning.
func (c *content) plainSeed() (uint64, bool) {
	if len(c.frags) == 0 {
		return 0, true
	}
	f := c.frags[0]
	return f.seed, len(c.frags) == 1 && f.data == nil && f.off == 0
}

// slice returns n bytes of c from off on; both must lie within c.
func (c *content) slice(off, n int64) *content {
	if off == 0 && n == c.size {
		return c
	}
	out := &content{}
	for _, f := range c.frags {
		if n == 0 {
			break
		}
		if off >= f.n {
			off -= f.n
			continue
		}
		piece := f.slice(off, min(n, f.n-off))
		out.add(piece)
		n -= piece.n
		off = 0
	}
	return out
}

func (f fragment) slice(off, n int64) fragment {
	if f.data != nil {
		return fragment{data: f.data[off : off+n], n: n}
	}
	return fragment{seed: f.seed, off: (f.off + off) % period, n: n}
}

// concat joins contents. Neighbours that continue each other become one
// fragment, so that an object copied in parts is the same as its source.
func concat(parts []*content) *content {
	out := &content{}
	for _, p := range parts {
		for _, f := range p.frags {
			out.add(f)
		}
	}
	return out
}

func (c *content) add(f fragment) {
	if f.n == 0 {
		return
	}
	c.size += f.n
	if last := len(c.frags) - 1; last >= 0 && c.frags[last].join(f) {
		return
	}
	c.frags = append(c.frags, f)
}

// join extends f by next if next continues it.
func (f *fragment) join(next fragment) bool {
	switch {
	case (f.data == nil) != (next.data == nil):
		return false
	case f.data == nil:
		if f.seed != next.seed || (f.off+f.n)%period != next.off {
			return false
		}
	default:
		// Slices of one body, cut apart for parts, lie behind one another.
		end := len(f.data)
		if cap(f.data) < end+len(next.data) || &f.data[:end+1][end] != &next.data[0] {
			return false
		}
		f.data = f.data[:end+len(next.data)]
	}
	f.n += next.n
	return true
}

// fill writes the bytes of f from off on to dst.
func (f fragment) fill(dst []byte, off int64) {
	if f.data != nil {
		copy(dst, f.data[off:])
		return
	}
	fillSynthetic(dst, f.seed, f.off+off)
}

const chunkSize = 256 << 10

// writeTo writes the bytes of c to w, in chunks where they are generated.
func (c *content) writeTo(w io.Writer) error {
	var buf []byte
	for _, f := range c.frags {
		if f.data != nil {
			if _, err := w.Write(f.data); err != nil {
				return err
			}
			continue
		}
		if buf == nil {
			buf = make([]byte, min(chunkSize, c.size))
		}
		for off := int64(0); off < f.n; {
			chunk := buf[:min(int64(len(buf)), f.n-off)]
			f.fill(chunk, off)
			if _, err := w.Write(chunk); err != nil {
				return err
			}
			off += int64(len(chunk))
		}
	}
	return nil
}

// bytes returns all of c in memory.
func (c *content) bytes() []byte {
	out := make([]byte, c.size)
	at := out
	for _, f := range c.frags {
		f.fill(at[:f.n], 0)
		at = at[f.n:]
	}
	return out
}

// md5 is the digest that S3 makes an ETag of: the real MD5 of literal bytes
// and of synthetic content up to limit bytes, above it a digest of the
// fragments, which is the same for the same content.
func (c *content) md5(limit int64) [md5.Size]byte {
	if seed, ok := c.plainSeed(); ok && c.size <= min(limit, 4096) {
		var small [4096]byte
		fillSynthetic(small[:c.size], seed, 0)
		return md5.Sum(small[:c.size])
	}
	h := md5.New()
	if c.size <= limit || c.literalOnly() {
		_ = c.writeTo(h) // a hash never fails
	} else {
		c.writeIdentity(h)
	}
	return [md5.Size]byte(h.Sum(nil))
}

func (c *content) literalOnly() bool {
	for _, f := range c.frags {
		if f.data == nil {
			return false
		}
	}
	return true
}

func (c *content) writeIdentity(h hash.Hash) {
	h.Write([]byte("s3sim content"))
	for _, f := range c.frags {
		var id [40]byte
		binary.LittleEndian.PutUint64(id[0:], uint64(f.n))
		if f.data != nil {
			sum := md5.Sum(f.data)
			copy(id[24:], sum[:])
		} else {
			binary.LittleEndian.PutUint64(id[8:], f.seed)
			binary.LittleEndian.PutUint64(id[16:], uint64(f.off))
		}
		h.Write(id[:])
	}
}

// sameContent reports whether a and b hold the same bytes. Synthetic content
// is compared by what it is made from where that settles it.
func sameContent(a, b *content) bool {
	if a.size != b.size {
		return false
	}
	var i, j int
	var offA, offB int64
	for i < len(a.frags) && j < len(b.frags) {
		f, g := a.frags[i], b.frags[j]
		n := min(f.n-offA, g.n-offB)
		if !samePiece(f.slice(offA, n), g.slice(offB, n)) {
			return false
		}
		if offA += n; offA == f.n {
			i, offA = i+1, 0
		}
		if offB += n; offB == g.n {
			j, offB = j+1, 0
		}
	}
	return true
}

func samePiece(f, g fragment) bool {
	if f.data == nil && g.data == nil && f.seed == g.seed && f.off == g.off {
		return true
	}
	if f.data != nil && g.data != nil {
		return bytes.Equal(f.data, g.data)
	}
	size := min(f.n, chunkSize)
	left, right := make([]byte, size), make([]byte, size)
	for off := int64(0); off < f.n; off += size {
		n := min(size, f.n-off)
		f.fill(left[:n], off)
		g.fill(right[:n], off)
		if !bytes.Equal(left[:n], right[:n]) {
			return false
		}
	}
	return true
}
