package report

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
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
	place [len(columns)]int
	cells []string // of the line that is being decoded
	err   error    // of its first cell that is wrong
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
	for i := range columns {
		place, ok := r.index[columns[i].name]
		switch {
		case ok:
			r.place[i] = place
		case columns[i].later:
			r.place[i] = absent
		default:
			return nil, fmt.Errorf("it has no column %q", columns[i].name)
		}
	}
	return r, nil
}

// absent is the place of a column that an older report does not have.
const absent = -1

func (r *csvRow) decode(cells []string) (Row, error) {
	r.cells, r.err = cells, nil
	var row Row
	for i, place := range r.place {
		if place != absent {
			r.value(&columns[i], cells[place], &row)
		}
	}
	if r.err != nil {
		return Row{}, r.err
	}
	return row, row.check()
}

// value decodes one cell.
func (r *csvRow) value(c *column, cell string, row *Row) {
	switch {
	case c.text != nil:
		*c.text(row) = r.text(c.name, cell)
	case c.word != nil:
		*c.word(row) = r.text(c.name, cell)
	case c.int != nil && (cell != "" || !c.later):
		*c.int(row) = r.number(c.name, cell)
	case c.size != nil && cell != "":
		size := r.number(c.name, cell)
		*c.size(row) = &size
	case c.bool != nil:
		*c.bool(row) = r.boolean(c.name, cell)
	case c.flag != nil:
		*c.flag(row) = Flag(cell != "" && r.boolean(c.name, cell))
	}
}

func (r *csvRow) text(name, cell string) Text {
	value, err := UnescapeCell(cell)
	if err != nil {
		r.fail(name, err)
	}
	return Text(strings.Clone(value)) // not all of the line
}

func (r *csvRow) number(name, cell string) int64 {
	n, err := strconv.ParseInt(cell, 10, 64)
	if err != nil {
		r.fail(name, errors.New("no whole number"))
	}
	return n
}

func (r *csvRow) boolean(name, cell string) bool {
	switch cell {
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
