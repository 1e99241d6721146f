package keylist

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// columns says where in a row what stands; -1: nowhere.
type columns struct{ key, bucket, version int }

// csv reads rows of CSV. Whether the first one names the columns shows in its
// names.
func (r *reader) csv() error {
	in := csv.NewReader(r.in)
	in.ReuseRecord = true
	var cols *columns
	for n := 0; ; n++ {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return r.csvError(err)
		}
		line, _ := in.FieldPos(0)
		if n == 0 {
			if cols, err = header(fields); err != nil {
				return r.fail(line, err)
			}
			if cols != nil && fields[0] == r.bucket && r.bucket != "" {
				cols = nil // a manifest whose first key is called key
			}
			if cols != nil {
				continue
			}
		}
		if err := r.row(line, fields, cols); err != nil {
			return err
		}
	}
}

// csvError names the line in the way of this package.
func (r *reader) csvError(err error) error {
	var e *csv.ParseError
	if errors.As(err, &e) {
		return r.fail(e.Line, e.Err)
	}
	return err
}

func (r *reader) row(line int, fields []string, cols *columns) error {
	if err := checkFields(fields); err != nil {
		return r.fail(line, err)
	}
	at := func(i int) string {
		if i < 0 {
			return ""
		}
		return fields[i]
	}
	switch {
	case cols != nil:
		return r.give(Entry{Bucket: at(cols.bucket), Key: at(cols.key), Version: at(cols.version), Line: line})
	case len(fields) == 1:
		if strings.HasPrefix(fields[0], "s3://") {
			return r.fail(line, errors.New(looksLike(fields[0])+orJSON))
		}
		return r.give(Entry{Key: fields[0], Line: line})
	case fields[0] == r.bucket || bucketName().MatchString(fields[0]):
		return r.manifestRow(line, fields)
	}
	return r.fail(line, fmt.Errorf("%d columns without a header that names them: key, and bucket and version where there are any", len(fields)))
}

// isHeader reports whether a line of a list that is not said to be CSV names a
// column of keys, and nothing but columns that listings have.
func (r *reader) isHeader(line string) bool {
	fields := strings.Split(line, ",")
	for _, f := range fields {
		switch name := plainName(f); {
		case columnOf[name] != 0:
		case slices.Contains([]string{"size", "sizebytes", "etag", "lastmodified", "storageclass"}, name):
		default:
			return false
		}
	}
	cols, err := header(fields)
	return len(fields) > 1 && (cols != nil || err != nil)
}

// columnOf says what the columns are that a list can have, by plain name.
var columnOf = map[string]byte{
	"key": 'k', "sourcekey": 'k', "keypath": 'k', "objectkey": 'k',
	"bucket": 'b', "sourcebucket": 'b', "version": 'v', "versionid": 'v',
}

// header returns where the columns are that the fields name, nil where they
// name none.
func header(fields []string) (*columns, error) {
	cols := columns{-1, -1, -1}
	seen := map[string]bool{}
	for i, f := range fields {
		name := plainName(f)
		seen[name] = true
		to := map[byte]*int{'k': &cols.key, 'b': &cols.bucket, 'v': &cols.version}[columnOf[name]]
		if to == nil {
			continue
		}
		if *to >= 0 {
			return nil, fmt.Errorf("the columns %q and %q both name the same", fields[*to], f)
		}
		*to = i
	}
	if cols.key < 0 {
		return nil, nil
	}
	if seen["status"] && seen["success"] {
		return nil, errors.New("it is a report of this program, which has its own ways to be used, and no list of keys")
	}
	return &cols, nil
}

// plainName makes versionId, version_id and "Version ID" one.
func plainName(s string) string {
	return strings.NewReplacer("_", "", " ", "", "-", "").Replace(strings.ToLower(s))
}
