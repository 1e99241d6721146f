// Package parquet reads flat Parquet files, a column of a row group at a time:
// columns of texts, integers and booleans, required or optional; data pages of
// version 1 and 2; plain, dictionary and run-length encoding; uncompressed,
// Snappy, gzip and Zstandard. Anything else is an error that names it, so that
// nothing is read as something it is not.
//
// It exists because the libraries are many times its size, or read run-length
// encoded booleans wrongly: see docs/decisions.
//
// The format: https://parquet.apache.org/docs/file-format/ and
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// Type is a column's physical type, by its number in the format.
type Type int32

// The physical types that can be read.
const (
	Boolean   Type = 0
	Int64     Type = 2
	ByteArray Type = 6
)

var typeNames = []string{"BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"}

func (t Type) String() string {
	if t >= 0 && int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("type %d", int32(t))
}

// Column is a leaf of the schema.
type Column struct {
	Name string
	Type Type
	Unit time.Duration // of a timestamp; 0: the column does not say that it is one
	Flat bool          // a child of the root with at most one value a row: it can be read

	optional bool // it may be null
}

// File is an open file. It may not be used by two goroutines at a time.
type File struct {
	Columns []Column
	Groups  []Group
	Rows    int64 // as the footer says

	r io.ReaderAt
}

// Group is a row group.
type Group struct {
	Rows   int64
	chunks []chunkMeta // one for each column
}

const magic = "PAR1"

// maxFooter is a bound of the footer's size in bytes: a wrong length is an error
// instead of an allocation.
const maxFooter = 64 << 20

// Open reads the footer of a file of that many bytes.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f, err := open(r, size)
	if err != nil {
		return nil, fmt.Errorf("it is no Parquet file: %w", err)
	}
	return f, nil
}

func open(r io.ReaderAt, size int64) (*File, error) {
	var tail [8]byte
	if size < int64(len(magic)+len(tail)) {
		return nil, errors.New("it is too short")
	}
	if _, err := r.ReadAt(tail[:], size-int64(len(tail))); err != nil {
		return nil, err
	}
	if string(tail[4:]) != magic {
		return nil, fmt.Errorf("it does not end with %s", magic)
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	if length > min(maxFooter, size-int64(len(magic)+len(tail))) {
		return nil, fmt.Errorf("a footer of %d bytes", length)
	}
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, size-int64(len(tail))-length); err != nil {
		return nil, err
	}
	f := &File{r: r}
	if err := f.readFooter(footer); err != nil {
		return nil, err
	}
	return f, f.check(size)
}

// check refuses a footer that contradicts itself or the file's size.
func (f *File) check(size int64) error {
	for i, g := range f.Groups {
		if len(g.chunks) != len(f.Columns) {
			return fmt.Errorf("row group %d has %d columns, the schema %d", i, len(g.chunks), len(f.Columns))
		}
		for j, c := range g.chunks {
			if c.offset < 0 || c.size < 0 || c.offset > size-c.size {
				return fmt.Errorf("column %s of row group %d is not inside of the file", f.Columns[j].Name, i)
			}
			if c.kind != f.Columns[j].Type {
				return fmt.Errorf("column %s of row group %d has type %s, in the schema %s", f.Columns[j].Name, i, c.kind, f.Columns[j].Type)
			}
		}
	}
	return nil
}
