package report

import (
	"bufio"
	"encoding/csv"
	"io"
	"strconv"
)

// csvEncoder writes the CSV report: a header, then one row a line. It has no
// place for the head.
type csvEncoder struct {
	w     *csv.Writer
	cells [len(columns)]string
}

func newCSV(w *bufio.Writer) encoder { return &csvEncoder{w: csv.NewWriter(w)} }

func (e *csvEncoder) begin(head) error { return e.w.Write(Columns()) }

func (e *csvEncoder) row(r *Row) error {
	for i := range columns {
		e.cells[i] = cellOf(&columns[i], r)
	}
	return e.w.Write(e.cells[:])
}

// cellOf is a value before quoting: what is null in JSON is empty.
func cellOf(c *column, r *Row) string {
	switch {
	case c.text != nil:
		return EscapeCell(string(*c.text(r)))
	case c.word != nil:
		return EscapeCell(string(*c.word(r)))
	case c.int != nil:
		return strconv.FormatInt(*c.int(r), 10)
	case c.bool != nil:
		return strconv.FormatBool(*c.bool(r))
	case c.size != nil && *c.size(r) != nil:
		return strconv.FormatInt(**c.size(r), 10)
	case c.flag != nil && bool(*c.flag(r)):
		return "true"
	}
	return ""
}

func (e *csvEncoder) end() error {
	e.w.Flush()
	return e.w.Error()
}

// RowWriter writes rows as a CSV report has them, for whoever keeps rows that
// are in no report.
type RowWriter struct{ enc *csvEncoder }

// NewRowWriter returns a RowWriter that has written the header.
func NewRowWriter(to io.Writer) (*RowWriter, error) {
	w := &RowWriter{&csvEncoder{w: csv.NewWriter(to)}}
	return w, w.enc.begin(head{})
}

// Write writes a row. What was written is there after Flush.
func (w *RowWriter) Write(r *Row) error { return w.enc.row(r) }

// Flush hands on what is buffered.
func (w *RowWriter) Flush() error { return w.enc.end() }
