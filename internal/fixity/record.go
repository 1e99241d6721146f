package fixity

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
)

// A record on disk is the place that it is sorted by and two further texts, each
// with its length before it since JSON keeps no invalid UTF-8, and the rest as
// JSON.

// sortMemory is how many bytes of records wait in memory.
const sortMemory = 8 << 20

func newSorter(dir, name string) *extsort.Sorter {
	return extsort.New(extsort.Options{Dir: dir, Memory: sortMemory, Name: name, Compare: func(a, b []byte) int {
		a, _ = cutText(a)
		b, _ = cutText(b)
		return bytes.Compare(a, b)
	}})
}

// place is what records are sorted by: a bucket and a key.
func place(bucket, key string) string { return bucket + "\x00" + key }

func placed(by string) (at reconcile.Location) {
	at.Bucket, at.Key, _ = strings.Cut(by, "\x00")
	return at
}

func put(s *extsort.Sorter, by, one, other string, rest any) error {
	text, err := json.Marshal(rest)
	if err != nil {
		return err
	}
	return putRaw(s, by, one, other, text)
}

func putRaw(s *extsort.Sorter, by, one, other string, rest []byte) error {
	return s.Add(append(appendText(appendText(appendText(nil, by), one), other), rest...))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func cutText(record []byte) (text, rest []byte) {
	n, size := binary.Uvarint(record)
	return record[size:][:n], record[size:][n:]
}

// cursor reads records in order, one ahead.
type cursor struct {
	r    *extsort.Reader
	by   string // of the next one
	rest []byte // of it, behind by; nil: there is none left
}

func newCursor(s *extsort.Sorter) (*cursor, error) {
	r, err := s.Reader()
	if err != nil {
		return nil, err
	}
	c := &cursor{r: r}
	return c, c.next()
}

// next reads the next record, whose bytes are good until the next call.
func (c *cursor) next() error {
	record, err := c.r.Next()
	if err == io.EOF {
		c.by, c.rest = "", nil
		return nil
	}
	if err != nil {
		return err
	}
	by, rest := cutText(record)
	c.by, c.rest = string(by), rest
	return nil
}

// raw is what the record has behind by: the two texts, and the rest.
func (c *cursor) raw() (one, other string, rest []byte) {
	first, b := cutText(c.rest)
	second, b := cutText(b)
	return string(first), string(second), b
}

// decode fills rest, and returns the two texts.
func (c *cursor) decode(rest any) (one, other string, err error) {
	one, other, text := c.raw()
	if err := json.Unmarshal(text, rest); err != nil {
		return "", "", fmt.Errorf("read what was sorted on disk: %w", err)
	}
	return one, other, nil
}

// at returns the checksums of a place, once all places before it are done with.
func (c *cursor) at(by string) (sums []Sum, err error) {
	for c.rest != nil && c.by < by {
		if err := c.next(); err != nil {
			return nil, err
		}
	}
	for c.rest != nil && c.by == by {
		var sum Sum
		if _, _, err := c.decode(&sum); err != nil {
			return nil, err
		}
		sums = append(sums, sum)
		if err := c.next(); err != nil {
			return nil, err
		}
	}
	return sums, nil
}
