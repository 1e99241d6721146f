package extsort

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

// writeBuffer is the buffer in bytes through which a run is written.
const writeBuffer = 256 << 10

// spill writes the records in memory to the file as one more run. After an
// error they are still in memory.
func (s *Sorter) spill() error {
	if err := s.open(); err != nil {
		return err
	}
	s.sortMemory()
	next := run{offset: s.end(), size: int64(len(s.arena))}
	w := bufio.NewWriterSize(io.NewOffsetWriter(s.file, next.offset), writeBuffer)
	for _, offset := range s.offsets {
		w.Write(s.arena[offset:][:recordHead+len(s.record(offset))]) // Flush returns the error
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("spill %s: %w", s.opt.Name, err)
	}
	s.runs = append(s.runs, next)
	s.arena, s.offsets = s.arena[:0], s.offsets[:0]
	return nil
}

// end is where the next run begins.
func (s *Sorter) end() int64 {
	if len(s.runs) == 0 {
		return 0
	}
	last := s.runs[len(s.runs)-1]
	return last.offset + last.size
}

func (s *Sorter) open() error {
	if s.file != nil {
		return nil
	}
	f, err := os.CreateTemp(s.opt.Dir, "reconcile-"+s.opt.Name+"-*")
	if err != nil {
		return fmt.Errorf("spill %s: %w", s.opt.Name, err)
	}
	s.file = f
	if os.Remove(f.Name()) != nil { // Windows: not while it is open
		s.name = f.Name()
	}
	return nil
}
