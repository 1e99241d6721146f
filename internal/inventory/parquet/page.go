package parquet

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// The kinds of pages.
const (
	dataPage       = 0
	indexPage      = 1
	dictionaryPage = 2
	dataPageV2     = 3
)

// maxPage bounds a page's size in bytes, compressed or not: writers make pages
// of a megabyte, and a wrong size is an error instead of an allocation.
const maxPage = 256 << 20

// page is the header of a page.
type page struct {
	kind               int64
	size, uncompressed int64 // bytes
	sum                uint32
	summed             bool
	values             int64
	encoding           int64
	levels             int64 // version 2: encoding of levels is fixed, their sizes stand here
	repetitions        int64
	compressed         bool // version 2: the values are
}

// readPage decodes PageHeader, and returns how many bytes it takes.
func readPage(b []byte) (p page, n int, err error) {
	t := &thrift{b: b}
	p.compressed = true
	t.fields(func(id int64, kind byte) {
		switch id {
		case 1:
			p.kind = t.int()
		case 2:
			p.uncompressed = t.int()
		case 3:
			p.size = t.int()
		case 4:
			p.sum, p.summed = uint32(t.int()), true
		case 5, 7:
			p.readBody(t, 2)
		case 8:
			p.readBody(t, 4)
		default:
			t.skip(kind)
		}
	})
	switch {
	case t.err != nil:
		return p, 0, t.err
	case p.size < 0 || p.size > maxPage || p.uncompressed < 0 || p.uncompressed > maxPage:
		return p, 0, fmt.Errorf("a page of %d bytes, %d uncompressed", p.size, p.uncompressed)
	case p.values < 0:
		return p, 0, fmt.Errorf("a page of %d values", p.values)
	}
	return p, t.at, nil
}

// readBody decodes the header of a data or dictionary page, whose encoding is
// the field of that number: the two versions number it differently.
func (p *page) readBody(t *thrift, encoding int64) {
	v2 := encoding == 4
	t.fields(func(id int64, kind byte) {
		switch {
		case id == 1:
			p.values = t.int()
		case id == encoding:
			p.encoding = t.int()
		case v2 && id == 5:
			p.levels = t.int()
		case v2 && id == 6:
			p.repetitions = t.int()
		case v2 && id == 7:
			p.compressed = kind == thriftTrue
		default:
			t.skip(kind)
		}
	})
}

// check holds a page's bytes against its checksum, where it has one.
func (p *page) check(b []byte) error {
	if p.summed && crc32.ChecksumIEEE(b) != p.sum {
		return errors.New("a page does not match its checksum")
	}
	return nil
}

// The codecs that can be read.
const (
	uncompressed = 0
	snappyCodec  = 1
	gzipCodec    = 2
	zstdCodec    = 6
)

var codecNames = map[int32]string{3: "LZO", 4: "BROTLI", 5: "LZ4", 7: "LZ4_RAW"}

// decompress returns size bytes.
func decompress(codec int32, b []byte, size int64) ([]byte, error) {
	out, err := expand(codec, b, size)
	if err != nil {
		return nil, err
	}
	if int64(len(out)) != size {
		return nil, fmt.Errorf("a page of %d bytes says that it has %d", len(out), size)
	}
	return out, nil
}

func expand(codec int32, b []byte, size int64) ([]byte, error) {
	switch codec {
	case uncompressed:
		return b, nil
	case snappyCodec:
		n, err := snappy.DecodedLen(b)
		if err != nil {
			return nil, err
		}
		if int64(n) != size {
			return nil, fmt.Errorf("a Snappy page of %d bytes says that it has %d", n, size)
		}
		return snappy.Decode(nil, b)
	case gzipCodec:
		r, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(io.LimitReader(r, size+1))
	case zstdCodec:
		r, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return io.ReadAll(io.LimitReader(r, size+1))
	}
	name := codecNames[codec]
	if name == "" {
		name = fmt.Sprint(codec)
	}
	return nil, fmt.Errorf("the compression %s cannot be read", name)
}
