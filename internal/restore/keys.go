package restore

import (
	"bytes"
	"encoding/binary"
	"io"
	"strconv"

	"reconcile/internal/extsort"
)

// Keys holds keys with a text each, on disk where they are many. It is not safe
// for concurrent use.
type Keys struct {
	Dir    string // that it is spilled to
	rows   *extsort.Sorter
	buf    []byte
	reader *extsort.Reader // of Find
	at     []byte          // the record that it is at; nil: it is at its end
}

// NewKeys returns an empty set, spilled to dir; empty: the system's folder for
// temporary files.
func NewKeys(dir string) *Keys {
	return &Keys{Dir: dir, rows: extsort.New(extsort.Options{Dir: dir, Memory: setMemory, Name: "keys", Compare: compareKeys})}
}

// Add adds a key. No more can be added once Each or Find has been called.
func (k *Keys) Add(key, text string) error {
	k.buf = binary.AppendUvarint(k.buf[:0], uint64(len(key)))
	k.buf = append(append(k.buf, key...), text...)
	return k.rows.Add(k.buf)
}

// AddSized adds a key with the size of its object, for EachSized.
func (k *Keys) AddSized(key string, size int64) error {
	return k.Add(key, strconv.FormatInt(size, 10))
}

// EachSized calls f with every key of AddSized in order.
func (k *Keys) EachSized(f func(key string, size int64) error) error {
	return k.Each(func(key, text string) error {
		size, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return err
		}
		return f(key, size)
	})
}

// Len is how many keys were added.
func (k *Keys) Len() int64 { return k.rows.Len() }

// Each calls f with every key in order.
func (k *Keys) Each(f func(key, text string) error) error {
	return k.rows.Each(func(record []byte) error {
		key, text := cutText(record)
		return f(string(key), string(text))
	})
}

// Find returns the text of a key, which must come after that of the last call.
func (k *Keys) Find(key string) (text string, found bool, err error) {
	if k.reader == nil {
		if k.reader, err = k.rows.Reader(); err != nil {
			return "", false, err
		}
		if k.at, err = k.next(); err != nil {
			return "", false, err
		}
	}
	for k.at != nil {
		at, rest := cutText(k.at)
		switch c := bytes.Compare(at, []byte(key)); {
		case c == 0:
			return string(rest), true, nil
		case c > 0:
			return "", false, nil
		}
		if k.at, err = k.next(); err != nil {
			return "", false, err
		}
	}
	return "", false, nil
}

func (k *Keys) next() ([]byte, error) {
	record, err := k.reader.Next()
	if err == io.EOF {
		return nil, nil
	}
	return record, err
}

// Close gives the keys up.
func (k *Keys) Close() error { return k.rows.Close() }
