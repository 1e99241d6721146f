package audit

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"reconcile/internal/catalog"
	"reconcile/internal/reconcile"
)

// A record on disk is the text that it is sorted by, the key of its object, both
// with their length before them since JSON keeps no invalid UTF-8, and the rest
// as JSON.

func appendRecord(by, key string, rest any) ([]byte, error) {
	text, err := json.Marshal(rest)
	b := appendText(nil, by)
	return append(appendText(b, key), text...), err
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// parseRecord fills rest, and returns the texts before it.
func parseRecord(record []byte, rest any) (by, key string, err error) {
	first, record := cutText(record)
	second, record := cutText(record)
	if err := json.Unmarshal(record, rest); err != nil {
		return "", "", fmt.Errorf("read what was sorted on disk: %w", err)
	}
	return string(first), string(second), nil
}

// cutText takes a text off a record of our own.
func cutText(record []byte) (text, rest []byte) {
	n, size := binary.Uvarint(record)
	return record[size:][:n], record[size:][n:]
}

// compareRecords orders records by what they are sorted by.
func compareRecords(a, b []byte) int {
	a, _ = cutText(a)
	b, _ = cutText(b)
	return bytes.Compare(a, b)
}

// entry is an object on disk; its key stands before it.
type entry struct {
	Object  reconcile.Object
	Catalog *catalog.Entry `json:",omitempty"` // of an object of the source
	Origins int            // of an object in an archive bucket: how many source keys it may come from; 0: of the source
}
