package inventory

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// rowBatch is how many rows of a Parquet file are decoded at a time.
const rowBatch = 1024

// wantedColumns are those that are read.
var wantedColumns = []struct {
	name   string
	kind   parquet.Type
	reader func(*schema.Column) columnReader
}{
	{colBucket, parquet.Types.ByteArray, texts(func(r *row, s string) { r.bucket = s })},
	{colKey, parquet.Types.ByteArray, texts(func(r *row, s string) { r.key = s })},
	{colETag, parquet.Types.ByteArray, texts(func(r *row, s string) { r.etag = s })},
	{colClass, parquet.Types.ByteArray, texts(func(r *row, s string) { r.class = s })},
	{colEncryption, parquet.Types.ByteArray, texts(func(r *row, s string) { r.encryption = s })},
	{colTier, parquet.Types.ByteArray, texts(func(r *row, s string) { r.tier = s })},
	{colAlgorithm, parquet.Types.ByteArray, texts(func(r *row, s string) { r.algorithm = s })},
	{colLatest, parquet.Types.Boolean, values(func(r *row, latest bool) { r.old = !latest })},
	{colMarker, parquet.Types.Boolean, values(func(r *row, marker bool) { r.marker = marker })},
	{colSize, parquet.Types.Int64, values(func(r *row, n int64) { r.size = n })},
	{colModified, parquet.Types.Int64, times},
}

// columnReader puts the next len(rows) values of a column into rows. A null
// leaves a row as it is.
type columnReader interface {
	read(chunk file.ColumnChunkReader, rows []row) error
}

// typedChunk is a column in one row group. The values that it reads are good
// until the next call.
type typedChunk[T any] interface {
	ReadBatchInPage(size int64, values []T, definitionLevels, repetitionLevels []int16) (total int64, read int, err error)
}

// typedReader reads columns of one type.
type typedReader[T any] struct {
	set    func(*row, T)
	there  int16 // definition level of a value that is no null; 0: there are no nulls
	values []T
	levels []int16
}

func values[T any](set func(*row, T)) func(*schema.Column) columnReader {
	return func(c *schema.Column) columnReader {
		return &typedReader[T]{
			set: set, there: c.MaxDefinitionLevel(), values: make([]T, rowBatch), levels: make([]int16, rowBatch),
		}
	}
}

func texts(set func(*row, string)) func(*schema.Column) columnReader {
	return values(func(r *row, b parquet.ByteArray) { set(r, string(b)) })
}

// times reads times in the unit that the column says: milliseconds where it
// says nothing, as in S3's schema.
func times(c *schema.Column) columnReader {
	unit := time.Millisecond
	if logical, ok := c.LogicalType().(schema.TimestampLogicalType); ok {
		switch logical.TimeUnit() {
		case schema.TimeUnitMicros:
			unit = time.Microsecond
		case schema.TimeUnitNanos:
			unit = time.Nanosecond
		}
	}
	perSecond := int64(time.Second / unit)
	return values(func(r *row, n int64) {
		r.modified = time.Unix(n/perSecond, n%perSecond*int64(unit)).UTC()
	})(c)
}

func (t *typedReader[T]) read(chunk file.ColumnChunkReader, rows []row) error {
	from, ok := chunk.(typedChunk[T])
	if !ok {
		return fmt.Errorf("a column of %T", chunk)
	}
	for len(rows) > 0 {
		total, _, err := from.ReadBatchInPage(int64(len(rows)), t.values, t.levels, nil)
		if err = errors.Join(err, chunk.Err()); err != nil {
			return err
		}
		if total == 0 {
			return io.ErrUnexpectedEOF
		}
		t.spread(rows[:total])
		rows = rows[total:]
	}
	return nil
}

// spread gives each row its value; nulls have none among the values.
func (t *typedReader[T]) spread(rows []row) {
	next := 0
	for i := range rows {
		if t.there > 0 && t.levels[i] < t.there {
			continue
		}
		t.set(&rows[i], t.values[next])
		next++
	}
}
