package extsort

import "io"

// Reader gives the records of a Sorter in order, one by one.
type Reader struct {
	merge *merger
	begun bool
	err   error // sticky
}

// Reader ends the adding and returns a Reader at the first record. There may
// be any number of them, each for one goroutine; where they are made by several
// goroutines, Sort must have been called before.
func (s *Sorter) Reader() (*Reader, error) {
	s.Sort()
	if s.err == errClosed {
		return nil, errClosed
	}
	m, err := s.merge()
	if err != nil {
		return nil, err
	}
	return &Reader{merge: m}, nil
}

// Next returns the next record, and io.EOF after the last one. The bytes are
// the caller's until the next call. An error stays.
func (r *Reader) Next() ([]byte, error) {
	if r.err == nil && r.begun {
		r.err = r.merge.advance()
	}
	r.begun = true
	if r.err == nil && r.merge.Len() == 0 {
		r.err = io.EOF
	}
	if r.err != nil {
		return nil, r.err
	}
	return r.merge.cursors[0].record, nil
}

// Each calls f with every record in order, until f returns an error. The bytes
// are f's for the time of the call. It ends the adding and can be called again.
func (s *Sorter) Each(f func(record []byte) error) error {
	r, err := s.Reader()
	if err != nil {
		return err
	}
	return r.each(f)
}

// SoFar calls f, as Each does, with every record that was added until now. More
// may be added afterwards, but not meanwhile.
func (s *Sorter) SoFar(f func(record []byte) error) error {
	if s.sorted {
		return s.Each(f)
	}
	if s.err != nil {
		return s.err
	}
	s.sortMemory()
	m, err := s.merge()
	if err != nil {
		return err
	}
	return (&Reader{merge: m}).each(f)
}

func (r *Reader) each(f func(record []byte) error) error {
	for {
		record, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(record); err != nil {
			return err
		}
	}
}
