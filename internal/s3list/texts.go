package s3list

import (
	"bytes"
	"net/url"
	"strings"

	"reconcile/internal/reconcile"
)

// pageTexts collects the keys and ETags of a page as they came. They become
// strings at the end, all of them parts of one: whether keys are encoded may
// be said behind them, and one allocation costs less than a thousand.
type pageTexts struct {
	raw     []byte
	lengths []textLengths // of each entry in raw
}

type textLengths struct{ key, etag int }

func (t *pageTexts) add(key, etag []byte) {
	t.raw = append(append(t.raw, key...), etag...)
	t.lengths = append(t.lengths, textLengths{len(key), len(etag)})
}

// into gives the objects their keys and ETags. The error is of the first key
// that is not encoded as it should be.
func (t *pageTexts) into(objects []reconcile.Object, encoded bool) error {
	size := len(t.raw)
	if encoded {
		size -= 2 * bytes.Count(t.raw, []byte("%"))
	}
	var all strings.Builder
	all.Grow(max(size, 0))
	rest := t.raw
	for i, n := range t.lengths {
		key, etag := rest[:n.key], rest[n.key:n.key+n.etag]
		rest = rest[n.key+n.etag:]
		begin := all.Len()
		if !encoded {
			all.Write(key)
		} else if err := unescape(&all, key); err != nil {
			return err
		}
		middle := all.Len()
		all.Write(etag)
		// Within what was reserved, String is the same memory every time.
		text := all.String()
		objects[i].Key, objects[i].ETag = text[begin:middle], text[middle:]
	}
	return nil
}

// unescape writes a key without its encoding, which is what url.QueryUnescape
// makes of it, errors included.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
func unescape(to *strings.Builder, key []byte) error {
	for len(key) > 0 {
		i := 0
		for i < len(key) && key[i] != '%' && key[i] != '+' {
			i++
		}
		to.Write(key[:i])
		if key = key[i:]; len(key) == 0 {
			return nil
		}
		if key[0] == '+' {
			to.WriteByte(' ')
			key = key[1:]
			continue
		}
		if len(key) < 3 || hex[key[1]] == 0 || hex[key[2]] == 0 {
			return url.EscapeError(key[:min(len(key), 3)])
		}
		to.WriteByte((hex[key[1]]-1)<<4 | (hex[key[2]] - 1))
		key = key[3:]
	}
	return nil
}

// hex is the value of a hexadecimal digit plus 1, and 0 for all else.
var hex = func() (values [256]byte) {
	for i, c := range []byte("0123456789abcdef") {
		values[c], values[bytes.ToUpper([]byte{c})[0]] = byte(i+1), byte(i+1)
	}
	return values
}()
