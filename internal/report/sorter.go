package report

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
)

// The memory that rows may take before they are spilled, in bytes.
const (
	defaultMemory = 16 << 20
	maxMemory     = 1 << 30 // offsets into the buffer are 32 bits
)

// sorter collects records and gives them back in order. It holds up to limit
// bytes of them; what is more is written to one spill file as sorted runs.
// It is not safe for concurrent use.
//
// The file's name is removed as soon as the file is open, where the system
// allows that: even a killed process leaves nothing behind.
type sorter struct {
	limit int
	dir   string

	arena   []byte   // records, one after the other
	offsets []uint32 // of each record in arena
	file    *os.File // nil until the first spill
	name    string   // of file, while it still has one
	runs    []run
}

// run is one sorted stretch of records in the spill file.
type run struct{ offset, size int64 }

// add takes one row. When that fills the buffer, the buffer is spilled; if
// this fails the rows stay in memory, and nothing more must be added.
func (s *sorter) add(r *Row) error {
	s.offsets = append(s.offsets, uint32(len(s.arena)))
	s.arena = appendRecord(s.arena, r)
	if len(s.arena)+4*len(s.offsets) < s.limit {
		return nil
	}
	return s.spill()
}

// body returns the body of the record at offset.
func (s *sorter) body(offset uint32) []byte {
	head := s.arena[offset:]
	return head[recordHead:][:binary.LittleEndian.Uint32(head)]
}

// sort puts the records in memory in order.
func (s *sorter) sort() {
	slices.SortFunc(s.offsets, func(a, b uint32) int {
		return compareRecords(s.body(a), s.body(b))
	})
}

// spill writes the records in memory to the file as one more run.
func (s *sorter) spill() error {
	if err := s.open(); err != nil {
		return err
	}
	s.sort()
	next := run{offset: s.end(), size: int64(len(s.arena))}
	w := bufio.NewWriterSize(io.NewOffsetWriter(s.file, next.offset), 256<<10)
	for _, offset := range s.offsets {
		w.Write(s.arena[offset:][:recordHead+len(s.body(offset))]) // Flush returns the error
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("spill rows: %w", err)
	}
	s.runs = append(s.runs, next)
	s.arena, s.offsets = s.arena[:0], s.offsets[:0]
	return nil
}

// end is where the next run begins.
func (s *sorter) end() int64 {
	if len(s.runs) == 0 {
		return 0
	}
	last := s.runs[len(s.runs)-1]
	return last.offset + last.size
}

func (s *sorter) open() error {
	if s.file != nil {
		return nil
	}
	f, err := os.CreateTemp(s.dir, "reconcile-rows-*")
	if err != nil {
		return fmt.Errorf("spill rows: %w", err)
	}
	s.file = f
	if os.Remove(f.Name()) != nil { // Windows: not while it is open
		s.name = f.Name()
	}
	return nil
}

// close gives up the rows and removes the spill file.
func (s *sorter) close() error {
	s.arena, s.offsets, s.runs = nil, nil, nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.name != "" {
		err = os.Remove(s.name)
	}
	s.file, s.name = nil, ""
	if err != nil {
		return fmt.Errorf("remove spilled rows: %w", err)
	}
	return nil
}
