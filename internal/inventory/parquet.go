package inventory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"reconcile/internal/inventory/parquet"
)

// wantedColumns are those that are read, with their names and types in Parquet
// files. A null leaves a row as it is.
var wantedColumns = []struct {
	name, in string
	kind     parquet.Type
	set      func(*row, parquet.Value, parquet.Column)
}{
	{colBucket, "bucket", parquet.ByteArray, text(func(r *row, s string) { r.bucket = s })},
	{colKey, "key", parquet.ByteArray, text(func(r *row, s string) { r.key = s })},
	{colETag, "e_tag", parquet.ByteArray, text(func(r *row, s string) { r.etag = s })},
	{colClass, "storage_class", parquet.ByteArray, text(func(r *row, s string) { r.class = s })},
	{colEncryption, "encryption_status", parquet.ByteArray, text(func(r *row, s string) { r.encryption = s })},
	{colTier, "intelligent_tiering_access_tier", parquet.ByteArray, text(func(r *row, s string) { r.tier = s })},
	{colAlgorithm, "checksum_algorithm", parquet.ByteArray, text(func(r *row, s string) { r.algorithm = s })},
	{colLatest, "is_latest", parquet.Boolean, func(r *row, v parquet.Value, _ parquet.Column) { r.old = !v.Bool }},
	{colMarker, "is_delete_marker", parquet.Boolean, func(r *row, v parquet.Value, _ parquet.Column) { r.marker = v.Bool }},
	{colSize, "size", parquet.Int64, func(r *row, v parquet.Value, _ parquet.Column) { r.size = v.Int }},
	{colModified, "last_modified_date", parquet.Int64, setModified},
}

// otherParquetNames are the names of columns that are not read, but whose being
// there means something.
var otherParquetNames = map[string]string{colVersion: "version_id"}

func text(set func(*row, string)) func(*row, parquet.Value, parquet.Column) {
	return func(r *row, v parquet.Value, _ parquet.Column) { set(r, string(v.Text)) }
}

// setModified reads a time in the unit that the column says: milliseconds where
// it says nothing, as in S3's schema.
func setModified(r *row, v parquet.Value, c parquet.Column) {
	unit := c.Unit
	if unit == 0 {
		unit = time.Millisecond
	}
	perSecond := int64(time.Second / unit)
	r.modified = time.Unix(v.Int/perSecond, v.Int%perSecond*int64(unit)).UTC()
}

// decodeParquet reads a file of a Parquet inventory, a row at a time. Its keys
// are taken as they are: only those of CSV files are documented as URL-encoded.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html#storage-inventory-contents
func decodeParquet(ctx context.Context, t *tempFile, _ []string, take func(*row) error) error {
	f, err := parquet.Open(t, t.size)
	if err != nil {
		return err
	}
	columns, err := bindColumns(f)
	if err != nil {
		return err
	}
	n := int64(0)
	numbered := func(r *row) error {
		if n++; n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := take(r); err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
		return nil
	}
	for group := range f.Groups {
		if err := readGroup(f, group, columns, numbered); err != nil {
			return err
		}
	}
	if n != f.Rows {
		return fmt.Errorf("it has %d rows and says %d", n, f.Rows)
	}
	return nil
}

// column is a wanted column of a file.
type column struct {
	index int
	in    parquet.Column
	set   func(*row, parquet.Value, parquet.Column)
}

// bindColumns finds the columns in the file. One that is not needed may be
// missing, and one of another type than S3 documents is an error.
func bindColumns(f *parquet.File) ([]column, error) {
	at := map[string]int{}
	for i, c := range f.Columns {
		if _, twice := at[c.Name]; twice && c.Flat {
			return nil, fmt.Errorf("two columns %s", c.Name)
		}
		at[c.Name] = i
	}
	has := map[string]bool{}
	var bound []column
	for _, c := range wantedColumns {
		i, there := at[c.in]
		if has[c.name] = there; !there {
			continue
		}
		in := f.Columns[i]
		if in.Type != c.kind || !in.Flat {
			return nil, fmt.Errorf("the column %s has not the type that S3 gives it: %s", in.Name, in.Type)
		}
		bound = append(bound, column{i, in, c.set})
	}
	for name, in := range otherParquetNames {
		_, has[name] = at[in]
	}
	return bound, checkColumns(func(name string) bool { return has[name] })
}

// readGroup calls take with every row of a row group.
func readGroup(f *parquet.File, group int, columns []column, take func(*row) error) error {
	chunks := make([]*parquet.Chunk, len(columns))
	for i, c := range columns {
		var err error
		if chunks[i], err = f.Column(group, c.index); err != nil {
			return err
		}
	}
	rows := f.Groups[group].Rows
	for n := range rows {
		r := row{size: -1}
		for i, c := range columns {
			v, err := chunks[i].Next()
			if err != nil {
				return fmt.Errorf("read a row group of %d rows, %d before its end: %w", rows, rows-n, noEOF(err))
			}
			if !v.Null {
				c.set(&r, v, c.in)
			}
		}
		if err := take(&r); err != nil {
			return err
		}
	}
	// Values of more rows than there are would be of other rows than those that
	// they were read for.
	for i, c := range columns {
		if _, err := chunks[i].Next(); err != io.EOF {
			return errors.Join(fmt.Errorf("column %s goes on after the last row", c.in.Name), err)
		}
	}
	return nil
}
