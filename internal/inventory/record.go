package inventory

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"reconcile/internal/extsort"
	"reconcile/internal/reconcile"
)

// A record is an object as it waits to be sorted: its key, and what else is known
// of it.

var errRecord = errors.New("broken record among the sorted rows")

// appendRecord appends the record of an object to b; kind is its number.
func appendRecord(b []byte, r *row, kind uint64) []byte {
	b = extsort.AppendText(b, r.key)
	b = binary.AppendUvarint(b, kind)
	b = binary.AppendUvarint(b, uint64(r.size))
	b = binary.AppendVarint(b, millis(r.modified))
	return appendETag(b, r.etag)
}

// millis is a time in milliseconds since 1970; 0, when there was no S3, stands
// for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// How an ETag is written: an MD5 takes half its length.
const (
	etagText    = iota // as it is, to the end
	etagMD5            // 16 bytes
	etagOfParts        // 16 bytes and the number of parts
)

func appendETag(b []byte, etag string) []byte {
	sum, parts, composite := strings.Cut(etag, "-")
	if !isMD5(sum) {
		return append(append(b, etagText), etag...)
	}
	if !composite {
		b, _ = hex.AppendDecode(append(b, etagMD5), []byte(sum))
		return b
	}
	n, err := strconv.ParseUint(parts, 10, 32)
	if err != nil || strconv.FormatUint(n, 10) != parts {
		return append(append(b, etagText), etag...)
	}
	b, _ = hex.AppendDecode(append(b, etagOfParts), []byte(sum))
	return binary.AppendUvarint(b, n)
}

// decodeETag reads what appendETag wrote; ok is false for anything else.
func decodeETag(b []byte) (etag string, ok bool) {
	if len(b) == 0 {
		return "", false
	}
	form, b := b[0], b[1:]
	switch {
	case form == etagText:
		return string(b), true
	case len(b) < 16:
		return "", false
	case form == etagMD5:
		return hex.EncodeToString(b), len(b) == 16
	}
	var room [64]byte
	text := append(hex.AppendEncode(room[:0], b[:16]), '-')
	n, k := binary.Uvarint(b[16:])
	return string(strconv.AppendUint(text, n, 10)), form == etagOfParts && k == len(b)-16
}

// maxKinds is how many kinds of objects an inventory can have. It bounds the
// memory for words that nobody has heard of.
const maxKinds = 4096

// kinds numbers the kinds of objects in the order in which they are met.
type kinds struct {
	mu      sync.Mutex
	numbers map[kind]uint64
	objects []reconcile.Object // by number
}

func newKinds() *kinds { return &kinds{numbers: map[kind]uint64{}} }

// number is safe for concurrent use. It keeps nothing of k's texts.
func (ks *kinds) number(k kind) (uint64, error) {
	ks.mu.Lock()
	defer ks.mu.Unlock()
	if n, ok := ks.numbers[k]; ok {
		return n, nil
	}
	if len(ks.objects) == maxKinds {
		return 0, fmt.Errorf("the objects have more than %d combinations of class, checksum and encryption", maxKinds)
	}
	k.class, k.algorithm = strings.Clone(k.class), strings.Clone(k.algorithm)
	n := uint64(len(ks.objects))
	ks.numbers[k] = n
	ks.objects = append(ks.objects, k.object())
	return n, nil
}

// decode makes an object of the rest of a record. It is safe for concurrent
// use once all kinds are known.
func (ks *kinds) decode(rest []byte) (reconcile.Object, error) {
	number, a := binary.Uvarint(rest)
	if a <= 0 || number >= uint64(len(ks.objects)) {
		return reconcile.Object{}, errRecord
	}
	size, b := binary.Uvarint(rest[a:])
	if b <= 0 {
		return reconcile.Object{}, errRecord
	}
	modified, c := binary.Varint(rest[a+b:])
	if c <= 0 {
		return reconcile.Object{}, errRecord
	}
	etag, ok := decodeETag(rest[a+b+c:])
	if !ok || int64(size) < 0 {
		return reconcile.Object{}, errRecord
	}
	o := ks.objects[number]
	o.Size, o.ETag = int64(size), etag
	if modified != 0 {
		o.LastModified = time.UnixMilli(modified).UTC()
	}
	return o, nil
}
