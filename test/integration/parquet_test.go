package integration

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	ours "reconcile/internal/inventory/parquet"
)

// table is what a file holds: a required text, and optional ones of each type.
type table struct {
	key   []string
	text  []string
	size  []int64
	flag  []bool
	nulls []bool // of the optional columns alike
}

func randomTable(r *rand.Rand, n int) (t table) {
	for i := range n {
		t.key = append(t.key, fmt.Sprintf("%d/%x", i, r.Uint64()))
		t.text = append(t.text, []string{"STANDARD", "GLACIER", "", "ä\x00ö"}[r.IntN(4)])
		t.size = append(t.size, int64(r.Uint64()))
		t.flag = append(t.flag, i%100 < 90) // runs, and changes
		t.nulls = append(t.nulls, r.IntN(10) == 0)
	}
	return t
}

// TestParquetOfApache: what Apache's library writes, in each page version,
// compression and encoding that the reader knows, it reads value by value; an
// encoding that it does not know is an error.
func TestParquetOfApache(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 7, 3000} {
		rows := randomTable(r, n)
		for name, codec := range map[string]compress.Compression{
			"none": compress.Codecs.Uncompressed, "snappy": compress.Codecs.Snappy, "gzip": compress.Codecs.Gzip, "zstd": compress.Codecs.Zstd,
		} {
			for version, v := range map[string]parquet.DataPageVersion{"v1": parquet.DataPageV1, "v2": parquet.DataPageV2} {
				for _, dictionary := range []bool{true, false} {
					t.Run(fmt.Sprintf("%d/%s/%s/dictionary=%v", n, name, version, dictionary), func(t *testing.T) {
						compare(t, rows, written(t, rows, parquet.WithCompression(codec), parquet.WithDataPageVersion(v),
							parquet.WithDictionaryDefault(dictionary), parquet.WithDataPageSize(4<<10), parquet.WithBatchSize(100),
							parquet.WithEncodingFor("flag", parquet.Encodings.RLE)))
					})
				}
			}
		}
	}
	b := written(t, randomTable(r, 10), parquet.WithDictionaryDefault(false), parquet.WithEncodingFor("size", parquet.Encodings.DeltaBinaryPacked))
	f, err := ours.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.Column(0, 2)
	if err == nil {
		_, err = c.Next()
	}
	if err == nil || err == io.EOF {
		t.Errorf("an encoding that cannot be read: %v", err)
	}
}

// written writes the rows in groups of 1,000.
func written(t *testing.T, rows table, props ...parquet.WriterProperty) []byte {
	t.Helper()
	optional := parquet.Repetitions.Optional
	root, err := schema.NewGroupNode("inventory", parquet.Repetitions.Required, schema.FieldList{
		schema.MustPrimitive(schema.NewPrimitiveNodeLogical("key", parquet.Repetitions.Required, schema.StringLogicalType{}, parquet.Types.ByteArray, 0, -1)),
		schema.MustPrimitive(schema.NewPrimitiveNodeLogical("text", optional, schema.StringLogicalType{}, parquet.Types.ByteArray, 0, -1)),
		schema.MustPrimitive(schema.NewPrimitiveNodeLogical("size", optional, schema.NewTimestampLogicalType(true, schema.TimeUnitMicros), parquet.Types.Int64, 0, -1)),
		schema.NewBooleanNode("flag", optional, -1),
	}, -1)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := file.NewParquetWriter(&b, root, file.WithWriterProps(parquet.NewWriterProperties(props...)))
	for from := 0; from < len(rows.key); from += 1000 {
		to := min(from+1000, len(rows.key))
		g, err := w.AppendBufferedRowGroupChecked()
		if err != nil {
			t.Fatal(err)
		}
		var keys, texts []parquet.ByteArray
		var sizes []int64
		var flags []bool
		var levels []int16
		for i := from; i < to; i++ {
			keys = append(keys, parquet.ByteArray(rows.key[i]))
			if rows.nulls[i] {
				levels = append(levels, 0)
				continue
			}
			levels = append(levels, 1)
			texts, sizes, flags = append(texts, parquet.ByteArray(rows.text[i])), append(sizes, rows.size[i]), append(flags, rows.flag[i])
		}
		write(t, g, 0, func(c file.ColumnChunkWriter) error {
			_, err := c.(*file.ByteArrayColumnChunkWriter).WriteBatch(keys, nil, nil)
			return err
		})
		write(t, g, 1, func(c file.ColumnChunkWriter) error {
			_, err := c.(*file.ByteArrayColumnChunkWriter).WriteBatch(texts, levels, nil)
			return err
		})
		write(t, g, 2, func(c file.ColumnChunkWriter) error {
			_, err := c.(*file.Int64ColumnChunkWriter).WriteBatch(sizes, levels, nil)
			return err
		})
		write(t, g, 3, func(c file.ColumnChunkWriter) error {
			_, err := c.(*file.BooleanColumnChunkWriter).WriteBatch(flags, levels, nil)
			return err
		})
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func write(t *testing.T, g file.BufferedRowGroupWriter, column int, f func(file.ColumnChunkWriter) error) {
	t.Helper()
	c, err := g.Column(column)
	if err == nil {
		err = f(c)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// compare reads the file with the program's reader.
func compare(t *testing.T, rows table, b []byte) {
	t.Helper()
	f, err := ours.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if f.Rows != int64(len(rows.key)) || len(f.Columns) != 4 || f.Columns[2].Unit != time.Microsecond {
		t.Fatalf("%d rows, columns %+v", f.Rows, f.Columns)
	}
	row := 0
	for g := range f.Groups {
		var columns [4]*ours.Chunk
		for i := range columns {
			if columns[i], err = f.Column(g, i); err != nil {
				t.Fatal(err)
			}
		}
		for range f.Groups[g].Rows {
			var v [4]ours.Value
			for i, c := range columns {
				if v[i], err = c.Next(); err != nil {
					t.Fatalf("row %d, column %d: %v", row, i, err)
				}
			}
			null := rows.nulls[row]
			if string(v[0].Text) != rows.key[row] || v[1].Null != null || v[2].Null != null || v[3].Null != null ||
				!null && (string(v[1].Text) != rows.text[row] || v[2].Int != rows.size[row] || v[3].Bool != rows.flag[row]) {
				t.Fatalf("row %d is %+v, want %q null=%v %q %d %v", row, v, rows.key[row], null, rows.text[row], rows.size[row], rows.flag[row])
			}
			row++
		}
	}
	if row != len(rows.key) {
		t.Fatalf("%d rows of %d", row, len(rows.key))
	}
}
