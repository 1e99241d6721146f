package report

import (
	"bufio"
	"encoding/csv"
	"strconv"
)

// csvEncoder writes the CSV report: a header, then one row a line. It has no
// place for the head.
type csvEncoder struct {
	w     *csv.Writer
	cells [16]string
}

func newCSV(w *bufio.Writer) encoder { return &csvEncoder{w: csv.NewWriter(w)} }

func (e *csvEncoder) begin(head) error { return e.w.Write(columns) }

func (e *csvEncoder) row(r *Row) error {
	size := ""
	if r.SizeBytes != nil {
		size = strconv.FormatInt(*r.SizeBytes, 10)
	}
	e.cells = [...]string{
		EscapeCell(string(r.SourceBucket)), EscapeCell(string(r.SourceKey)),
		EscapeCell(string(r.TargetBucket)), EscapeCell(string(r.TargetKey)),
		size, EscapeCell(string(r.ETag)), EscapeCell(string(r.StorageClass)), EscapeCell(string(r.RestoreExpiry)),
		EscapeCell(string(r.Status)), strconv.FormatBool(r.Success), EscapeCell(r.ErrMsg), EscapeCell(string(r.ErrorKind)),
		strconv.Itoa(r.Attempts), EscapeCell(string(r.Method)), EscapeCell(string(r.Proof)), strconv.FormatInt(r.ElapsedMS, 10),
	}
	return e.w.Write(e.cells[:])
}

func (e *csvEncoder) end() error {
	e.w.Flush()
	return e.w.Error()
}
