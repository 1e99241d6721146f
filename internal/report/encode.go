package report

import (
	"bufio"
	"fmt"
	"io"
)

// encoder writes one report in its format. The writer is buffered: errors may
// be returned late, and are at the end. One that has a method again too gets all
// rows twice, and again is called between.
type encoder interface {
	begin(head) error
	row(*Row) error
	end() error
}

// encode writes the whole report to w, for a destination.
func (w *writing) encode(d Destination, to io.Writer) error {
	sum := newDigest()
	buf := bufio.NewWriterSize(io.MultiWriter(to, sum), 64<<10)
	enc, err := newEncoder(d.Format, buf)
	if err != nil {
		return err
	}
	h := w.head
	for _, f := range w.written {
		h.files = append(h.files, f.of(f.name()))
	}
	if err := enc.begin(h); err != nil {
		return err
	}
	if err := w.encodeRows(enc); err != nil {
		return err
	}
	if twice, ok := enc.(interface{ again() }); ok {
		twice.again()
		if err := w.encodeRows(enc); err != nil {
			return err
		}
	}
	if err := enc.end(); err != nil {
		return err
	}
	w.written = append(w.written, writtenReport{d, sum})
	return buf.Flush()
}

// encodeRows encodes the rows in order.
func (w *writing) encodeRows(enc encoder) error {
	return w.rows.Each(func(record []byte) error {
		row, err := DecodeRecord(record)
		if err != nil {
			return err
		}
		return enc.row(&row)
	})
}

func newEncoder(f Format, w *bufio.Writer) (encoder, error) {
	for _, k := range formats {
		if k.format == f {
			return k.open(w), nil
		}
	}
	return nil, fmt.Errorf("unknown report format %q", f)
}
