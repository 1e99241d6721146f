package inventory

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checkEvery is after how many rows the context is looked at.
const checkEvery = 1024

// decodeCSV reads a file of a CSV inventory: gzip, no header, keys URL-encoded
// as in forms. An empty line at the end is no row.
func decodeCSV(ctx context.Context, t *tempFile, schema []string, take func(*row) error) error {
	zip, err := gzip.NewReader(bufio.NewReaderSize(t, 64<<10))
	if err != nil {
		return fmt.Errorf("it is no gzip file: %w", noEOF(err))
	}
	lines := csv.NewReader(zip)
	lines.ReuseRecord = true
	lines.FieldsPerRecord = len(schema)
	d := newCSVDecoder(schema)
	for n := int64(1); ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		fields, err := lines.Read()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = d.decode(fields)
		}
		if err == nil {
			err = take(&d.row)
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
	}
}

// noEOF keeps a file that ends too soon from looking like one that has ended.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// csvDecoder knows where each column stands; -1: nowhere.
type csvDecoder struct {
	row row

	bucket, key, latest, marker, size, modified int
	etag, class, encryption, tier, algorithm    int
}

func newCSVDecoder(schema []string) *csvDecoder {
	at := func(name string) int { return slices.Index(schema, name) }
	return &csvDecoder{
		bucket: at(colBucket), key: at(colKey), latest: at(colLatest), marker: at(colMarker),
		size: at(colSize), modified: at(colModified), etag: at(colETag), class: at(colClass),
		encryption: at(colEncryption), tier: at(colTier), algorithm: at(colAlgorithm),
	}
}

// decode fills the row. Of a delete marker nothing but its key is there.
func (d *csvDecoder) decode(fields []string) error {
	latest, err := parseBool(field(fields, d.latest), true)
	if err != nil {
		return fmt.Errorf("%s %q is %w", colLatest, fields[d.latest], err)
	}
	marker, err := parseBool(field(fields, d.marker), false)
	if err != nil {
		return fmt.Errorf("%s %q is %w", colMarker, fields[d.marker], err)
	}
	d.row = row{
		bucket: fields[d.bucket], old: !latest, marker: marker,
		etag: strings.Trim(field(fields, d.etag), `"`), class: fields[d.class],
		encryption: field(fields, d.encryption), tier: field(fields, d.tier), algorithm: field(fields, d.algorithm),
	}
	if d.row.key, err = url.QueryUnescape(fields[d.key]); err != nil {
		return fmt.Errorf("%s %q: %w", colKey, fields[d.key], err)
	}
	if d.row.size, err = parseSize(fields[d.size]); err != nil {
		return err
	}
	d.row.modified, err = parseModified(field(fields, d.modified))
	return err
}

func field(fields []string, i int) string {
	if i < 0 {
		return ""
	}
	return fields[i]
}

// parseSize returns -1 for no size.
func parseSize(s string) (int64, error) {
	if s == "" {
		return -1, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s %q is not a number of bytes", colSize, s)
	}
	return n, nil
}

func parseModified(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s %q is not a time", colModified, s)
	}
	return at.UTC(), nil
}
