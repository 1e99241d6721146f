package report

import (
	"bufio"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The read buffer of one run, in bytes. All of them together take about as
// much as the rows in memory did, unless there are thousands of runs: with the
// default memory that is beyond 60 GiB of rows.
const (
	minReadBuffer = 4 << 10
	maxReadBuffer = 256 << 10
)

// each calls f with the body of every record in order, until f returns an
// error. The bytes are f's for the time of the call. It changes nothing, so
// that it can be called once per destination; sort must have been called.
func (s *sorter) each(f func(body []byte) error) error {
	m, err := s.merge()
	if err != nil {
		return err
	}
	for len(m) > 0 {
		if err := f(m[0].body); err != nil {
			return err
		}
		if err := m.advance(); err != nil {
			return err
		}
	}
	return nil
}

// merge opens every run and the records in memory.
func (s *sorter) merge() (merger, error) {
	var m merger
	size := min(max(s.limit/max(len(s.runs), 1), minReadBuffer), maxReadBuffer)
	for _, r := range s.runs {
		section := io.NewSectionReader(s.file, r.offset, r.size)
		m = append(m, &cursor{next: diskRecords(bufio.NewReaderSize(section, size), r.size)})
	}
	m = append(m, &cursor{next: s.memoryRecords()})
	for i := len(m) - 1; i >= 0; i-- {
		ok, err := m[i].move()
		if err != nil {
			return nil, err
		}
		if !ok {
			m = append(m[:i], m[i+1:]...)
		}
	}
	heap.Init(&m)
	return m, nil
}

// memoryRecords returns a function that gives the records in memory one by
// one, then io.EOF.
func (s *sorter) memoryRecords() func() ([]byte, error) {
	i := 0
	return func() ([]byte, error) {
		if i == len(s.offsets) {
			return nil, io.EOF
		}
		i++
		return s.body(s.offsets[i-1]), nil
	}
}

// diskRecords does so for a run of size bytes in the spill file. Each call
// overwrites the record of the call before.
func diskRecords(r *bufio.Reader, size int64) func() ([]byte, error) {
	var head [recordHead]byte
	var body []byte
	return func() ([]byte, error) {
		if size == 0 {
			return nil, io.EOF
		}
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, fmt.Errorf("read spilled rows: %w", noEOF(err))
		}
		n := int64(binary.LittleEndian.Uint32(head[:]))
		if size -= recordHead + n; size < 0 {
			return nil, errRecord
		}
		body = append(body[:0], make([]byte, n)...)
		if _, err := io.ReadFull(r, body); err != nil {
			return nil, fmt.Errorf("read spilled rows: %w", noEOF(err))
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
	body []byte
	next func() ([]byte, error)
}

// move goes to the next record; false at the end.
func (c *cursor) move() (bool, error) {
	body, err := c.next()
	if err == io.EOF {
		return false, nil
	}
	c.body = body
	return err == nil, err
}

// merger is a heap of cursors, the one on the first record on top.
type merger []*cursor

// advance moves the top cursor on.
func (m *merger) advance() error {
	ok, err := (*m)[0].move()
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

func (m merger) Len() int           { return len(m) }
func (m merger) Less(i, j int) bool { return compareRecords(m[i].body, m[j].body) < 0 }
func (m merger) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *merger) Push(c any)        { *m = append(*m, c.(*cursor)) }
func (m *merger) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}
