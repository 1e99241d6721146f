// Package granule reads the documents in which data archives name the files of
// granules, and keeps such files in key order on disk.
//
//   - The request of the lambda that came before this program: glacierBucket,
//     granules[].granuleId and filepaths.
//   - The request of ORCA's request_from_archive: granules[].collectionId,
//     granuleId and keys[].key and destBucket.
//   - Cumulus's granule records: collectionId, or dataType and version, with
//     files[].bucket, key, fileName, size, checksumType and checksum.
//   - The pages of ORCA's catalog: granules[].id with files[].keyPath, sizeBytes,
//     hash, hashType, storageClass and version.
//
// A document is read as a stream; one file may hold one or many, a line each or
// one after the other. Fields that are not known are passed over.
package granule

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"reconcile/internal/extsort"
)

// ID is what a granule is known by: the same id in two collections is two
// granules. The oldest requests name no collection.
type ID struct{ Collection, Granule string }

// File is what a document says of one file. Empty text is not said.
type File struct {
	ID
	Bucket    string // where it lies: the archive bucket or the glacier bucket
	Backup    string // glacier bucket, where a document says both
	Target    string // bucket that it is to be copied to
	Key       string
	Alternate string // the key in the other way it may have been meant; see keylist.Entry
	Version   string // of the object in the glacier bucket
	Class     string // storage class in the glacier bucket
	Size      int64  // bytes; -1: not said
	Algorithm string // of Hash, as S3 writes it: MD5, SHA256 …
	Hash      string // base64 where the algorithm is one of S3's, else as it stood there

	Source int // index of the file it was read from, given by whoever reads
	Doc    int // number of its document in that file, from 0
	Line   int // where it ends there, from 1
}

// Files collects files and gives them back in key order, those of one key in
// the order of bucket, version, granule. Memory does not grow with them.
type Files struct {
	sorter *extsort.Sorter
	record []byte
}

// NewFiles returns an empty collection, whose temporary file goes to dir; empty:
// the system's.
func NewFiles(dir, name string) *Files {
	return &Files{sorter: extsort.New(extsort.Options{Dir: dir, Name: name, Compare: compare})}
}

// Add takes one file.
func (f *Files) Add(file *File) error {
	f.record = encode(f.record[:0], file)
	return f.sorter.Add(f.record)
}

// Len is how many files were taken.
func (f *Files) Len() int64 { return f.sorter.Len() }

// Each ends the adding and gives the files back, in order. It may be called
// again. file is valid until take returns; its texts stay.
func (f *Files) Each(take func(file *File) error) error {
	f.sorter.Sort()
	return f.sorter.Each(func(record []byte) error {
		file, err := decode(record)
		if err != nil {
			return err
		}
		return take(&file)
	})
}

// Reader ends the adding and returns a reader of the files, in order.
func (f *Files) Reader() (*Reader, error) {
	f.sorter.Sort()
	r, err := f.sorter.Reader()
	if err != nil {
		return nil, err
	}
	return &Reader{r}, nil
}

// Close removes the temporary file.
func (f *Files) Close() error { return f.sorter.Close() }

// Reader gives files back one at a time.
type Reader struct{ records *extsort.Reader }

// Next returns the next file, or io.EOF.
func (r *Reader) Next() (File, error) {
	record, err := r.records.Next()
	if err != nil {
		return File{}, err
	}
	return decode(record)
}

func (f *File) texts() []*string {
	return []*string{&f.Key, &f.Bucket, &f.Version, &f.Collection, &f.Granule, &f.Backup, &f.Target, &f.Class, &f.Algorithm, &f.Hash, &f.Alternate}
}

func (f *File) numbers() []*int { return []*int{&f.Source, &f.Doc, &f.Line} }

// encode appends the record of a file: its texts, each after its length in
// four bytes, then its numbers.
func encode(b []byte, f *File) []byte {
	for _, s := range f.texts() {
		b = binary.BigEndian.AppendUint32(b, uint32(len(*s)))
		b = append(b, *s...)
	}
	b = binary.AppendVarint(b, f.Size)
	for _, n := range f.numbers() {
		b = binary.AppendVarint(b, int64(*n))
	}
	return b
}

var errRecord = errors.New("broken record of a file")

func decode(b []byte) (f File, err error) {
	for _, s := range f.texts() {
		var text []byte
		if text, b, err = cut(b); err != nil {
			return f, err
		}
		*s = string(text)
	}
	var n int
	if f.Size, n = binary.Varint(b); n <= 0 {
		return f, errRecord
	}
	b = b[n:]
	for _, to := range f.numbers() {
		value, n := binary.Varint(b)
		if n <= 0 {
			return f, errRecord
		}
		*to, b = int(value), b[n:]
	}
	return f, nil
}

func cut(b []byte) (text, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, io.ErrUnexpectedEOF
	}
	n := int(binary.BigEndian.Uint32(b))
	if len(b)-4 < n {
		return nil, nil, errRecord
	}
	return b[4:][:n], b[4:][n:], nil
}

// compare orders records by key, bucket, version, collection, granule, and by
// where they were read.
func compare(a, b []byte) int {
	for range 5 {
		x, restX, errX := cut(a)
		y, restY, errY := cut(b)
		if errX != nil || errY != nil {
			break
		}
		if c := bytes.Compare(x, y); c != 0 {
			return c
		}
		a, b = restX, restY
	}
	return bytes.Compare(a, b)
}
