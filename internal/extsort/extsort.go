// Package extsort sorts more records than fit in memory.
//
// A record is any bytes, and sorted by them; Append makes one of a value. Up to a
// limit of bytes they wait in memory; what is more goes to one temporary file as
// sorted runs, which are merged while the records are read. It is a package of its
// own because the report, the inventory and the scan all need it and may not
// import one another.
package extsort

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
)

// The memory that records may take before they are spilled, in bytes.
const (
	defaultMemory = 16 << 20
	maxMemory     = 1 << 30 // offsets into the buffer are 32 bits
	maxRecord     = 1 << 30 // as above: the last record begins below maxMemory
)

// recordHead is the length in bytes of the length that stands before each
// record, in memory and in the file.
const recordHead = 4

var (
	errSorted = errors.New("the records have been sorted: too late for another one")
	errClosed = errors.New("the records have been given up")
	errBroken = errors.New("broken record in the spill file")
)

// Options says how to sort.
type Options struct {
	Dir    string // of the temporary file; empty: os.TempDir
	Memory int    // bytes of records kept in memory; 0: 16 MiB; never more than 1 GiB
	Name   string // of the records in errors and in the file's name; empty: records
}

// Sorter collects records and gives them back in the order of their bytes. It is
// not safe for concurrent use; but see Reader.
//
// The temporary file is made when it is first needed. Its name is removed as
// soon as it is open, where the system allows that: even a killed process
// leaves nothing behind.
type Sorter struct {
	opt Options

	buf     []byte   // of Put
	arena   []byte   // records, one after the other
	offsets []uint32 // of each record in arena
	file    *os.File // nil until the first spill
	name    string   // of file, while it still has one
	runs    []run
	len     int64
	err     error // why no record is taken any more
	sorted  bool
}

// run is one sorted stretch of records in the file.
type run struct{ offset, size int64 }

// New returns an empty Sorter. Nothing is on disk yet.
func New(o Options) *Sorter {
	if o.Memory <= 0 {
		o.Memory = defaultMemory
	}
	o.Memory = min(o.Memory, maxMemory)
	o.Name = cmp.Or(o.Name, "records")
	return &Sorter{opt: o}
}

// Add takes a copy of one record. When that fills the memory, the records in
// it are spilled; if this fails, all records added so far can still be read,
// and every later Add returns the error of that and takes nothing.
func (s *Sorter) Add(record []byte) error {
	if s.err != nil {
		return s.err
	}
	if len(record) > maxRecord {
		return fmt.Errorf("sort %s: a record of %d bytes is longer than %d", s.opt.Name, len(record), maxRecord)
	}
	if more := recordHead + len(record); len(s.arena)+more > max(cap(s.arena), s.opt.Memory/4) {
		s.arena = slices.Grow(s.arena, max(s.opt.Memory-len(s.arena), more)) // in one step: what it was before is garbage
	}
	s.offsets = append(s.offsets, uint32(len(s.arena)))
	s.arena = binary.LittleEndian.AppendUint32(s.arena, uint32(len(record)))
	s.arena = append(s.arena, record...)
	s.len++
	if len(s.arena)+4*len(s.offsets) >= s.opt.Memory {
		s.err = s.spill()
	}
	return nil
}

// Len is how many records were taken.
func (s *Sorter) Len() int64 { return s.len }

// Spilled says how many sorted runs were written to disk so far, and how many
// bytes they have together.
func (s *Sorter) Spilled() (runs int, size int64) { return len(s.runs), s.end() }

// Sort ends the adding. It may be called again.
func (s *Sorter) Sort() {
	if s.sorted {
		return
	}
	s.sorted = true
	s.err = cmp.Or(s.err, errSorted)
	s.sortMemory()
}

// Close gives up the records and removes the file. Readers must not be used
// any more. It may be called at any time, also twice.
func (s *Sorter) Close() error {
	s.arena, s.offsets, s.runs, s.len = nil, nil, nil, 0
	s.err, s.sorted = errClosed, true
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.name != "" {
		err = os.Remove(s.name)
	}
	s.file, s.name = nil, ""
	if err != nil {
		return fmt.Errorf("remove spilled %s: %w", s.opt.Name, err)
	}
	return nil
}

// record returns the record at offset.
func (s *Sorter) record(offset uint32) []byte {
	head := s.arena[offset:]
	return head[recordHead:][:binary.LittleEndian.Uint32(head)]
}

// sortMemory puts the records in memory in order.
func (s *Sorter) sortMemory() {
	slices.SortFunc(s.offsets, func(a, b uint32) int {
		return bytes.Compare(s.record(a), s.record(b))
	})
}
