package scan

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
)

// undecidedMemory is how many bytes of objects wait in memory; the rest waits on
// disk, so that a bucket of archived objects that says nothing of restores
// costs disk and not memory.
const undecidedMemory = 4 << 20

// undecided keeps source objects until drain, which gives them in key order. It
// is safe for concurrent use.
type undecided struct {
	mu   sync.Mutex
	rows *extsort.Sorter
	buf  []byte
}

func newUndecided(dir string) *undecided {
	return &undecided{rows: extsort.New(extsort.Options{Dir: dir, Memory: undecidedMemory, Name: "undecided", Compare: compareKeys})}
}

func (u *undecided) add(o reconcile.Object) error {
	key := o.Key
	o.Key = ""
	return u.keep(key, o)
}

// keep keeps a value by the key of its object.
func (u *undecided) keep(key string, value any) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := u.rows.Len()
	var err error
	if u.buf, err = appendRecord(u.buf[:0], key, value); err != nil {
		return err
	}
	if err = u.rows.Add(u.buf); u.rows.Len() > n {
		return nil // what was taken can be read; the next one says what is wrong
	}
	return err
}

// drain calls take with every object in key order.
func (u *undecided) drain(take func(reconcile.Object) error) error {
	return u.each(func(record []byte) error {
		o, err := parseObject(record)
		if err != nil {
			return err
		}
		return take(o)
	})
}

func (u *undecided) each(take func(record []byte) error) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.rows.Each(take)
}

func (u *undecided) close() { _ = u.rows.Close() } // what is left is an unnamed file

// A record is the length of the key, the key, and the rest of the object.
func appendRecord(dst []byte, key string, value any) ([]byte, error) {
	dst = binary.AppendUvarint(dst, uint64(len(key)))
	dst = append(dst, key...)
	rest, err := json.Marshal(value)
	return append(dst, rest...), err
}

func parseObject(record []byte) (o reconcile.Object, err error) {
	key, rest := splitRecord(record)
	if err := json.Unmarshal(rest, &o); err != nil {
		return o, fmt.Errorf("read an undecided object: %w", err)
	}
	o.Key = string(key)
	return o, nil
}

func compareKeys(a, b []byte) int {
	a, _ = splitRecord(a)
	b, _ = splitRecord(b)
	return bytes.Compare(a, b)
}

func splitRecord(record []byte) (key, rest []byte) {
	n, size := binary.Uvarint(record)
	return record[size:][:n], record[size:][n:]
}
