package restore

import (
	"io"
	"strconv"

	"reconcile/internal/extsort"
)

// Keys holds keys with a text each, on disk where they are many. It is not safe
// for concurrent use.
type Keys struct {
	Dir    string // that it is spilled to
	rows   *extsort.Sorter
	reader *extsort.Reader // of Find
	at     *keyText        // that it is at; nil: it is at its end
}

type keyText struct{ Key, Text string }

// NewKeys returns an empty set, spilled to dir; empty: the system's folder for
// temporary files.
func NewKeys(dir string) *Keys {
	return &Keys{Dir: dir, rows: extsort.New(extsort.Options{Dir: dir, Memory: setMemory, Name: "keys"})}
}

// Add adds a key. No more can be added once Each or Find has been called.
func (k *Keys) Add(key, text string) error { return k.rows.Put(&keyText{key, text}) }

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
	return k.rows.Each(extsort.As(func(r keyText) error { return f(r.Key, r.Text) }))
}

// Find returns the text of a key, which must come after that of the last call.
func (k *Keys) Find(key string) (text string, found bool, err error) {
	if k.reader == nil {
		if k.reader, err = k.rows.Reader(); err == nil {
			err = k.next()
		}
	}
	for err == nil && k.at != nil && k.at.Key < key {
		err = k.next()
	}
	if err != nil || k.at == nil || k.at.Key != key {
		return "", false, err
	}
	return k.at.Text, true, nil
}

func (k *Keys) next() error {
	k.at = nil
	record, err := k.reader.Next()
	if err == io.EOF {
		return nil
	}
	if err == nil {
		k.at = &keyText{}
		err = extsort.Parse(record, k.at)
	}
	return err
}

// Close gives the keys up.
func (k *Keys) Close() error { return k.rows.Close() }
