package extsort

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The read buffer of one run, in bytes. All of them together take about as
// much as the records in memory did, unless there are thousands of runs: with
// the default memory that is beyond 60 GiB of records.
const (
	minReadBuffer = 4 << 10
	maxReadBuffer = 256 << 10
)

// merge opens every run and the records in memory.
func (s *Sorter) merge() (*merger, error) {
	m := &merger{}
	size := min(max(s.opt.Memory/max(len(s.runs), 1), minReadBuffer), maxReadBuffer)
	for _, r := range s.runs {
		section := bufio.NewReaderSize(io.NewSectionReader(s.file, r.offset, r.size), size)
		m.cursors = append(m.cursors, &cursor{next: s.diskRecords(section, r.size)})
	}
	m.cursors = append(m.cursors, &cursor{next: s.memoryRecords()})
	if err := m.begin(); err != nil {
		return nil, err
	}
	return m, nil
}

// memoryRecords returns a function that gives the records in memory one by
// one, then io.EOF.
func (s *Sorter) memoryRecords() func() ([]byte, error) {
	i := 0
	return func() ([]byte, error) {
		if i == len(s.offsets) {
			return nil, io.EOF
		}
		i++
		return s.record(s.offsets[i-1]), nil
	}
}

// diskRecords does so for a run of size bytes in the file. Each call
// overwrites the record of the call before.
func (s *Sorter) diskRecords(r *bufio.Reader, size int64) func() ([]byte, error) {
	var head [recordHead]byte
	var body []byte
	return func() ([]byte, error) {
		if size == 0 {
			return nil, io.EOF
		}
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, fmt.Errorf("read spilled %s: %w", s.opt.Name, noEOF(err))
		}
		n := int64(binary.LittleEndian.Uint32(head[:]))
		if size -= recordHead + n; size < 0 {
			return nil, errBroken
		}
		body = append(body[:0], make([]byte, n)...)
		if _, err := io.ReadFull(r, body); err != nil {
			return nil, fmt.Errorf("read spilled %s: %w", s.opt.Name, noEOF(err))
		}
		return body, nil
	}
}

// noEOF keeps a run that ends too soon from looking like one that has ended.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// cursor stands on one record of a sorted run.
type cursor struct {
	record []byte
	next   func() ([]byte, error)
}

// move goes to the next record; false at the end.
func (c *cursor) move() (bool, error) {
	record, err := c.next()
	if err == io.EOF {
		return false, nil
	}
	c.record = record
	return err == nil, err
}

// merger is a heap of cursors, the one on the first record on top.
type merger struct{ cursors []*cursor }

// begin moves every cursor to its first record.
func (m *merger) begin() error {
	standing := m.cursors[:0]
	for _, c := range m.cursors {
		ok, err := c.move()
		if err != nil {
			return err
		}
		if ok {
			standing = append(standing, c)
		}
	}
	m.cursors = standing
	heap.Init(m)
	return nil
}

// advance moves the top cursor on.
func (m *merger) advance() error {
	ok, err := m.cursors[0].move()
	if err != nil {
		return err
	}
	if !ok {
		heap.Pop(m)
		return nil
	}
	heap.Fix(m, 0)
	return nil
}

func (m *merger) Len() int { return len(m.cursors) }
func (m *merger) Less(i, j int) bool {
	return bytes.Compare(m.cursors[i].record, m.cursors[j].record) < 0
}
func (m *merger) Swap(i, j int) { m.cursors[i], m.cursors[j] = m.cursors[j], m.cursors[i] }
func (m *merger) Push(c any)    { m.cursors = append(m.cursors, c.(*cursor)) }
func (m *merger) Pop() any {
	last := m.cursors[len(m.cursors)-1]
	m.cursors = m.cursors[:len(m.cursors)-1]
	return last
}
