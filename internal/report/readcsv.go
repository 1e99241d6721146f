package report

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"reconcile/internal/reconcile"
)

// ReadCSV reads a CSV report as a stream, and hands each row on. Columns are
// found by their names; those that it does not know are passed over. An error
// means that the report is not whole, or none: but one that ends between two
// lines cannot be told from a whole one.
func ReadCSV(from io.Reader, row func(Row) error) error {
	in := csv.NewReader(from)
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return fmt.Errorf("CSV report: %w", noEnd(err))
	}
	r, err := newCSVRow(header)
	if err != nil {
		return fmt.Errorf("CSV report: %w", err)
	}
	for n := 1; ; n++ {
		cells, err := in.Read()
		if err == io.EOF {
			return nil
		}
		var decoded Row
		if err == nil {
			decoded, err = r.decode(cells)
		}
		if err != nil {
			return fmt.Errorf("CSV report: row %d: %w", n, err)
		}
		if err := row(decoded); err != nil {
			return err
		}
	}
}

// csvRow decodes the lines under one header.
type csvRow struct {
	index map[string]int // column to its place
	cells []string       // of the line that is being decoded
	err   error          // of its first cell that is wrong
}

func newCSVRow(header []string) (*csvRow, error) {
	r := &csvRow{index: map[string]int{}}
	for i, name := range header {
		if i == 0 {
			name = strings.TrimPrefix(name, string(byteOrderMark)) // a spreadsheet's
		}
		if _, twice := r.index[name]; twice {
			return nil, fmt.Errorf("column %q is there twice", name)
		}
		r.index[name] = i
	}
	for _, name := range columns {
		if _, ok := r.index[name]; !ok {
			return nil, fmt.Errorf("it has no column %q", name)
		}
	}
	return r, nil
}

func (r *csvRow) decode(cells []string) (Row, error) {
	r.cells, r.err = cells, nil
	row := Row{
		SourceBucket: Text(r.text("source_bucket")), SourceKey: Text(r.text("source_key")),
		TargetBucket: Text(r.text("target_bucket")), TargetKey: Text(r.text("target_key")),
		ETag: Text(r.text("etag")), StorageClass: Text(r.text("storage_class")), RestoreExpiry: Text(r.text("restore_expiry")),
		Status: reconcile.Status(r.text("status")), Success: r.boolean("success"),
		ErrMsg: r.text("err_msg"), ErrorKind: Text(r.text("error_kind")),
		Attempts: int(r.number("attempts")), Method: Text(r.text("method")), Proof: Text(r.text("proof")),
		ElapsedMS: r.number("elapsed_ms"),
	}
	if r.text("size_bytes") != "" {
		size := r.number("size_bytes")
		row.SizeBytes = &size
	}
	if r.err != nil {
		return Row{}, r.err
	}
	return row, row.check()
}

func (r *csvRow) text(name string) string {
	value, err := UnescapeCell(r.cells[r.index[name]])
	if err != nil {
		r.fail(name, err)
	}
	return strings.Clone(value) // not all of the line
}

func (r *csvRow) number(name string) int64 {
	n, err := strconv.ParseInt(r.cells[r.index[name]], 10, 64)
	if err != nil {
		r.fail(name, errors.New("no whole number"))
	}
	return n
}

func (r *csvRow) boolean(name string) bool {
	switch r.cells[r.index[name]] {
	case "true":
		return true
	case "false":
		return false
	}
	r.fail(name, errors.New("neither true nor false"))
	return false
}

func (r *csvRow) fail(name string, err error) {
	if r.err == nil {
		r.err = fmt.Errorf("column %s: %w", name, err)
	}
}
