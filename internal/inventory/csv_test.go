package inventory

import (
	"bytes"
	"compress/gzip"
	"slices"
	"testing"

	"reconcile/internal/extsort"
)

// tempOf is a temporary file with the content.
func tempOf(t testing.TB, content []byte) *tempFile {
	t.Helper()
	f, err := newTemp(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.WriteAt(content, 0); err != nil {
		t.Fatal(err)
	}
	f.size = int64(len(content))
	return f
}

// TestManyMembers: a gzip file may be several, one after the other.
func TestManyMembers(t *testing.T) {
	two := append(csvFile(plain("a")), csvFile(plain("b"), "", "")...)
	var keys []string
	schema, err := csvColumns(smallSchema)
	if err != nil {
		t.Fatal(err)
	}
	err = decodeCSV(t.Context(), tempOf(t, two), schema, func(r *row) error { keys = append(keys, r.key); return nil })
	if err != nil || !slices.Equal(keys, []string{"a", "b"}) {
		t.Errorf("%q, %v", keys, err)
	}
}

// FuzzCSV: a decoder of anything at all ends, and what it gives is either
// refused by check or can be kept and read back.
func FuzzCSV(f *testing.F) {
	f.Add([]byte(plain("a") + "\n" + plain("b+ %\n")))
	f.Add([]byte(line("k", "", "true", "", "", "", "")))
	f.Add([]byte(line("k", "True", "FALSE", "0", "2026-11-24T01:02:03Z", `\"x-1`, "STANDARD")))
	f.Add([]byte("\"a\nb\"\r\n\x00\xff"))
	schema, err := csvColumns(smallSchema)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		w.Write(text)
		w.Close()
		known := newKinds()
		decodeCSV(t.Context(), tempOf(t, zipped.Bytes()), schema, func(r *row) error {
			if r.check() != nil {
				return nil
			}
			checkRecord(t, known, r)
			return nil
		})
	})
}

// checkRecord writes and reads a row.
func checkRecord(t *testing.T, known *kinds, r *row) {
	n, err := known.number(r.kind())
	if err != nil {
		t.Fatal(err)
	}
	key, rest, _ := extsort.CutText(appendRecord(nil, r, n))
	o, err := known.decode(rest)
	if err != nil || string(key) != r.key || o.Size != r.size || o.ETag != r.etag || o.StorageClass != r.class ||
		o.Encryption != encryptionOf(r.encryption) || o.Checksum.Algorithm != r.algorithm ||
		millis(o.LastModified) != millis(r.modified) {
		t.Errorf("%+v came back as %q %+v, %v", r, key, o, err)
	}
}
