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
	"reconcile/internal/extsort"
)

// ID is what a granule is known by: the same id in two collections is two
// granules. The oldest requests name no collection.
type ID struct{ Collection, Granule string }

// File is what a document says of one file. Empty text is not said. Files are
// sorted by the fields in their order.
type File struct {
	Key     string
	Bucket  string // where it lies: the archive bucket or the glacier bucket
	Version string // of the object in the glacier bucket
	ID
	Source int // index of the file it was read from, given by whoever reads
	Doc    int // number of its document in that file, from 0
	Line   int // where it ends there, from 1

	Backup    string // glacier bucket, where a document says both
	Target    string // bucket that it is to be copied to
	Alternate string // the key in the other way it may have been meant; see keylist.Entry
	Class     string // storage class in the glacier bucket
	Size      int64  // bytes; -1: not said
	Algorithm string // of Hash, as S3 writes it: MD5, SHA256 …
	Hash      string // base64 where the algorithm is one of S3's, else as it stood there
}

// Files collects files and gives them back in key order, those of one key in
// the order of bucket, version, granule, and of where they were read. Memory does
// not grow with them.
type Files struct{ sorter *extsort.Sorter }

// NewFiles returns an empty collection, whose temporary file goes to dir; empty:
// the system's.
func NewFiles(dir, name string) *Files {
	return &Files{sorter: extsort.New(extsort.Options{Dir: dir, Name: name})}
}

// Add takes one file.
func (f *Files) Add(file *File) error { return f.sorter.Put(file) }

// Len is how many files were taken.
func (f *Files) Len() int64 { return f.sorter.Len() }

// Each ends the adding and gives the files back, in order. It may be called
// again. file is valid until take returns; its texts stay.
func (f *Files) Each(take func(file *File) error) error {
	f.sorter.Sort()
	return f.sorter.Each(extsort.As(func(file File) error { return take(&file) }))
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
func (r *Reader) Next() (f File, err error) {
	record, err := r.records.Next()
	if err != nil {
		return f, err
	}
	return f, extsort.Parse(record, &f)
}
