package inventory

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/parquet/file"
)

// column is a column of a file.
type column struct {
	index  int
	reader columnReader
}

// readGroup calls f with every row of a row group.
func readGroup(ctx context.Context, rows *file.RowGroupReader, columns []column, f func(*row) error) error {
	g := group{rows: rows, columns: columns}
	defer g.close()
	if err := g.open(); err != nil {
		return err
	}
	return g.each(ctx, f)
}

// group is a row group that is being read.
type group struct {
	rows    *file.RowGroupReader
	columns []column
	chunks  []file.ColumnChunkReader // one for each column
}

func (g *group) open() (err error) {
	defer catch(&err)
	for _, c := range g.columns {
		chunk, err := g.rows.Column(c.index)
		if err != nil {
			return err
		}
		g.chunks = append(g.chunks, chunk)
	}
	return nil
}

// close gives back memory; what could be read has been.
func (g *group) close() {
	for _, chunk := range g.chunks {
		chunk.Close()
	}
}

// each calls f with every row of the group.
func (g *group) each(ctx context.Context, f func(*row) error) error {
	batch := make([]row, rowBatch)
	for left := g.rows.NumRows(); left > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows := batch[:min(left, rowBatch)]
		if err := g.read(rows); err != nil {
			return fmt.Errorf("read a row group of %d rows, %d before its end: %w", g.rows.NumRows(), left, err)
		}
		for i := range rows {
			if err := f(&rows[i]); err != nil {
				return err
			}
		}
		left -= int64(len(rows))
	}
	return g.atEnd()
}

// read fills rows from all columns.
func (g *group) read(rows []row) (err error) {
	defer catch(&err)
	for i := range rows {
		rows[i] = row{size: -1}
	}
	for i, c := range g.columns {
		if err := c.reader.read(g.chunks[i], rows); err != nil {
			return err
		}
	}
	return nil
}

// atEnd checks that no column has values for more rows than there are: they
// would be of other rows than those they were put into.
func (g *group) atEnd() (err error) {
	defer catch(&err)
	for i, c := range g.columns {
		if g.chunks[i].HasNext() {
			return fmt.Errorf("column %d goes on after the last row", c.index)
		}
	}
	return nil
}
