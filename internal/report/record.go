package report

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// A record is a row as it waits to be sorted. It begins with what rows are
// sorted by, so that records are compared without decoding them.

var errRecord = errors.New("broken record in the spill file")

// appendRecord appends the record of r to b.
func appendRecord(b []byte, r *Row) []byte {
	order := r.orderKey()
	for _, t := range [...]Text{order, r.SourceBucket, r.TargetBucket} {
		b = appendField(b, t)
	}
	b = appendKey(b, r.SourceKey, order)
	b = appendKey(b, r.TargetKey, order)
	for _, text := range texts {
		b = appendField(b, *text(r))
	}
	b = appendSize(b, r.SizeBytes)
	b = appendSize(b, r.TargetSizeBytes)
	for _, n := range [...]int64{r.Attempts, r.ElapsedMS, r.Refused} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return append(b, bit(r.Success)|bit(bool(r.Leak))<<1)
}

func bit(is bool) byte {
	if is {
		return 1
	}
	return 0
}

func appendField(b []byte, t Text) []byte {
	b = binary.AppendUvarint(b, uint64(len(t)))
	return append(b, t...)
}

// appendKey appends a key, or a zero where it is the order key once more:
// mostly both keys are, which makes records half as long.
func appendKey(b []byte, key, order Text) []byte {
	if key == order {
		return append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(len(key))+1)
	return append(b, key...)
}

func appendSize(b []byte, size *int64) []byte {
	if size == nil {
		return append(b, 0)
	}
	return binary.AppendUvarint(b, uint64(max(*size, 0))+1)
}

// compareRecords orders two records as Outcome.Less does: by
// order key, source bucket, target bucket. What those leave equal is ordered
// by the other bytes, so that the same rows always come in the same order.
func compareRecords(a, b []byte) int {
	for range 3 {
		var x, y []byte
		x, a = cutField(a)
		y, b = cutField(b)
		if c := bytes.Compare(x, y); c != 0 {
			return c
		}
	}
	return bytes.Compare(a, b)
}

// cutField splits b after its first field. A broken field is all there is.
func cutField(b []byte) (field, rest []byte) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b)-k) {
		return b, nil
	}
	end := k + int(n)
	return b[k:end], b[end:]
}

// decodeRecord returns the row of a record. The row's texts share one string
// and keep nothing of the record.
func decodeRecord(record []byte) (Row, error) {
	d := decoder{rest: string(record)}
	order := d.text(d.number())
	r := Row{SourceBucket: d.text(d.number()), TargetBucket: d.text(d.number())}
	r.SourceKey, r.TargetKey = d.key(order), d.key(order)
	for _, text := range texts {
		*text(&r) = d.text(d.number())
	}
	r.SizeBytes, r.TargetSizeBytes = d.size(), d.size()
	r.Attempts, r.ElapsedMS, r.Refused = int64(d.number()), int64(d.number()), int64(d.number())
	bits := d.number()
	r.Success, r.Leak = bits&1 != 0, bits&2 != 0
	if d.bad || d.rest != "" {
		return Row{}, errRecord
	}
	return r, nil
}

// decoder takes fields off a record. After a broken one everything is empty.
type decoder struct {
	rest string
	bad  bool
}

func (d *decoder) number() uint64 {
	var n uint64
	for i := 0; i < len(d.rest) && i < binary.MaxVarintLen64; i++ {
		c := d.rest[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.rest = d.rest[i+1:]
			return n
		}
	}
	d.fail()
	return 0
}

func (d *decoder) text(length uint64) Text {
	if length > uint64(len(d.rest)) {
		d.fail()
		return ""
	}
	t := d.rest[:length]
	d.rest = d.rest[length:]
	return Text(t)
}

func (d *decoder) size() *int64 {
	n := d.number()
	if n == 0 {
		return nil
	}
	size := int64(n - 1)
	return &size
}

func (d *decoder) key(order Text) Text {
	n := d.number()
	if n == 0 {
		return order
	}
	return d.text(n - 1)
}

func (d *decoder) fail() { d.rest, d.bad = "", true }

// AppendRecord appends the row to b, in a form that DecodeRecord reads: for
// sorting rows beyond the memory there is.
func (r *Row) AppendRecord(b []byte) []byte { return appendRecord(b, r) }

// DecodeRecord returns the row that AppendRecord has written.
func DecodeRecord(record []byte) (Row, error) { return decodeRecord(record) }
