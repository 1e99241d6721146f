package catalog

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"reconcile/internal/granule"
	"reconcile/internal/strictjson"
)

// columns are what an entry can have, with the names that are understood for
// each: those of this program's reports, of ORCA and of Cumulus.
var columns = map[string][]string{
	"key":        {"key", "keyPath", "source_key"},
	"size":       {"size", "sizeBytes", "size_bytes"},
	"hash":       {"hash", "checksum"},
	"hashType":   {"hashType", "checksum_algorithm", "checksumType"},
	"class":      {"storageClass", "storage_class"},
	"collection": {"collectionId", "collection_id"},
	"granule":    {"granuleId", "granule_id"},
	"source":     {"orcaArchiveLocation", "source_bucket"},
	"target":     {"cumulusArchiveLocation", "target_bucket", "bucket"},
	"version":    {"version", "version_id", "versionId"},
}

// columnOf returns the column of a name, "" for one that is not known.
func columnOf(name string) string {
	for column, names := range columns {
		if slices.Contains(names, name) {
			return column
		}
	}
	return ""
}

// row is the text of an entry, by column.
type row map[string]string

// set takes one field. Two names of one column are a contradiction unless they
// say the same.
func (w row) set(name, value string) error {
	column := columnOf(name)
	if column == "" {
		return nil
	}
	if old, twice := w[column]; twice && old != value {
		return fmt.Errorf("%s is %.80q, and another field for the same is %.80q", name, value, old)
	}
	w[column] = value
	return nil
}

// give hands an entry on.
func (r *reader) give(w row, line int) error {
	f := granule.File{
		ID: granule.ID{Collection: w["collection"], Granule: w["granule"]}, Key: w["key"], Size: -1,
		Class: w["class"], Bucket: w["target"], Backup: w["source"], Version: w["version"], Line: line,
	}
	err := granule.CheckKey(f.Key)
	if err == nil && !utf8.ValidString(f.Key) {
		err = errors.New("the key is not UTF-8 text")
	}
	if text := w["size"]; err == nil && text != "" {
		if f.Size, err = strconv.ParseInt(text, 10, 64); err != nil || f.Size < 0 {
			err = fmt.Errorf("size %.40q is no number of bytes", text)
		}
	}
	if err == nil {
		err = f.SetChecksum(w["hashType"], w["hash"])
	}
	if err != nil {
		return r.fail(line, err)
	}
	return r.take(&f)
}

// csv reads rows under a header that names the columns.
func (r *reader) csv() error {
	in := csv.NewReader(r.in)
	in.ReuseRecord = true
	header, err := in.Read()
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return r.csvError(err)
	}
	header = slices.Clone(header)
	if err := checkHeader(header); err != nil {
		return r.fail(1, err)
	}
	for {
		cells, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return r.csvError(err)
		}
		line, _ := in.FieldPos(0)
		w := row{}
		for i, name := range header {
			if err := w.set(name, strings.Clone(cells[i])); err != nil {
				return r.fail(line, err)
			}
		}
		if err := r.give(w, line); err != nil {
			return err
		}
	}
}

func (r *reader) csvError(err error) error {
	var e *csv.ParseError
	if errors.As(err, &e) {
		return r.fail(e.Line, e.Err)
	}
	return err
}

// checkHeader wants a header whose columns are each there once. A report of this
// program names what was found, with its keys escaped: it is no catalog.
func checkHeader(header []string) error {
	seen := map[string]string{}
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
		column := columnOf(header[i])
		if other, twice := seen[column]; twice && column != "" {
			return fmt.Errorf("the columns %q and %q both say the same", other, name)
		}
		seen[column] = name
	}
	if _, ok := seen["key"]; !ok {
		return fmt.Errorf("the first line names no column with the keys: %s", strings.Join(columns["key"], ", "))
	}
	if slices.Contains(header, "status") && slices.Contains(header, "success") {
		return errors.New("it is a report of this program, which says what was found, and no catalog")
	}
	return nil
}

// flat reports whether JSON begins with an object that has a key itself, and
// not with granules that have files.
func flat(head string) bool {
	d := json.NewDecoder(strings.NewReader(strings.TrimLeft(head, "[ \t\r\n")))
	if _, err := d.Token(); err != nil {
		return false
	}
	keyed := false
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			break
		}
		if slices.Contains([]string{"granules", "results", "files", "keys", "filepaths", "input", "payload"}, name) {
			return false
		}
		keyed = keyed || columnOf(name) == "key"
		var skipped json.RawMessage
		if d.Decode(&skipped) != nil {
			break
		}
	}
	return keyed
}

// jsonLines reads objects, one after the other or in one array.
func (r *reader) jsonLines() error {
	lines := strictjson.NewLines(r.in)
	d := json.NewDecoder(lines)
	err := r.objects(d, lines)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return r.fail(lines.At(syntax.Offset), err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return r.fail(lines.Last(), errors.New("the JSON ends in the middle"))
	}
	return err
}

func (r *reader) objects(d *json.Decoder, lines *strictjson.Lines) error {
	array := false
	if head, _ := r.in.Peek(sniffed); strings.HasPrefix(strings.TrimLeft(string(head), " \t\r\n"), "[") {
		array = true
		if _, err := d.Token(); err != nil {
			return err
		}
	}
	for !array || d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err == io.EOF && !array {
			return nil
		} else if err != nil {
			return err
		}
		line := lines.At(d.InputOffset())
		w, err := rowOf(raw)
		if err != nil {
			return r.fail(line, err)
		}
		if err := r.give(w, line); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return r.fail(lines.At(d.InputOffset()), errors.New("something follows the JSON array"))
	}
	return nil
}

// rowOf reads one object.
func rowOf(raw json.RawMessage) (row, error) {
	names, values, err := strictjson.Fields(raw)
	if err != nil {
		return nil, err
	}
	w := row{}
	for i, name := range names {
		column := columnOf(name)
		if column == "" || string(values[i]) == "null" {
			continue
		}
		text, err := fieldText(column, values[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := w.set(name, text); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// fieldText is the text of a value; sizes, and checksums of CKSUM, are numbers.
func fieldText(column string, raw json.RawMessage) (string, error) {
	if raw[0] != '"' && (column == "size" || column == "hash" || column == "version") {
		var n json.Number
		err := json.Unmarshal(raw, &n)
		return n.String(), err
	}
	return strictjson.Text(raw)
}

// bag reads a manifest of BagIt: a checksum, white space, a path. A path is
// written with LF, CR and % encoded; programs like md5sum put a * before it.
// https://www.rfc-editor.org/rfc/rfc8493#section-2.1.3
func (r *reader) bag(algorithm string) error {
	in := bufio.NewScanner(r.in)
	in.Buffer(nil, sniffed)
	line := 0
	for in.Scan() {
		line++
		text := strings.TrimSuffix(in.Text(), "\r")
		if text == "" {
			continue
		}
		hash, name, ok := cutBlank(text)
		if !ok {
			return r.fail(line, fmt.Errorf("%.80q is no checksum with a path behind it", text))
		}
		key := bagPath.Replace(strings.TrimPrefix(name, "*"))
		if err := r.give(row{"key": key, "hash": hash, "hashType": algorithm}, line); err != nil {
			return err
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return r.fail(line+1, errors.New("the line is too long for a checksum and a path"))
	}
	return in.Err()
}

var bagPath = strings.NewReplacer("%0A", "\n", "%0a", "\n", "%0D", "\r", "%0d", "\r", "%25", "%")

// cutBlank cuts at the first stretch of blanks and tabs.
func cutBlank(s string) (before, after string, ok bool) {
	i := strings.IndexAny(s, " \t")
	if i <= 0 {
		return "", "", false
	}
	after = strings.TrimLeft(s[i:], " \t")
	return s[:i], after, after != ""
}
