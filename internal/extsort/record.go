package extsort

import (
	"errors"
	"fmt"
	"math/bits"
	"reflect"
	"strings"
	"time"
)

// ErrRecord is that of a record that is not what Append has written.
var ErrRecord = errors.New("broken record in the spill file")

// Put adds the record of a value, see Append.
func (s *Sorter) Put(value any) error {
	s.buf = Append(s.buf[:0], value)
	return s.Add(s.buf)
}

// As makes of a function of values one of their records, as Each and SoFar take
// it.
func As[T any](take func(T) error) func(record []byte) error {
	return func(record []byte) error {
		var value T
		if err := Parse(record, &value); err != nil {
			return err
		}
		return take(value)
	}
}

// Append appends the record of what value points to: its fields, all of which
// have to be exported, in their order. They are texts, numbers, booleans, times
// and structs, arrays, slices and pointers of them; anything else panics.
//
// The bytes of records compare as their values do, by one field after the other,
// pointers and slices aside. A text may be any bytes.
func Append(b []byte, value any) []byte { return appendValue(b, reflect.ValueOf(value).Elem()) }

// AppendText appends a text: its bytes and a zero, which ends it. A zero of its own
// becomes 1 1, and a one 1 2.
func AppendText(b []byte, text string) []byte {
	if strings.IndexByte(text, 0) >= 0 || strings.IndexByte(text, 1) >= 0 {
		text = escape.Replace(text)
	}
	return append(append(b, text...), 0)
}

var (
	escape   = strings.NewReplacer("\x00", "\x01\x01", "\x01", "\x01\x02")
	unescape = strings.NewReplacer("\x01\x01", "\x00", "\x01\x02", "\x01")
	instant  = reflect.TypeFor[time.Time]()
)

// AppendNumber appends a number: how many bytes it takes, then these, the highest
// first. A negative one has the lower bytes of its two's complement.
func AppendNumber(b []byte, n int64) []byte {
	rest, negative := uint64(n), n < 0
	if negative {
		rest = ^rest
	}
	size := (bits.Len64(rest) + 7) / 8
	head := zero + size
	if negative {
		head = zero - 1 - size
	}
	b = append(b, byte(head))
	for i := size - 1; i >= 0; i-- {
		b = append(b, byte(n>>(8*i)))
	}
	return b
}

// zero is the record of 0. It has 8 above it, for positive numbers by their bytes,
// and 9 below, for negative ones.
const zero = 9

func appendValue(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.String:
		return AppendText(b, v.String())
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1)
		}
		return append(b, 0)
	case reflect.Int, reflect.Int64:
		return AppendNumber(b, v.Int())
	case reflect.Uint8:
		return append(b, byte(v.Uint()))
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, 0)
		}
		return appendValue(append(b, 1), v.Elem())
	case reflect.Slice:
		return appendElements(AppendNumber(b, int64(v.Len())), v)
	case reflect.Array:
		return appendElements(b, v)
	case reflect.Struct:
		return appendFields(b, v)
	}
	panic(fmt.Sprintf("extsort: no record has a %s", v.Type()))
}

func appendElements(b []byte, v reflect.Value) []byte {
	for i := range v.Len() {
		b = appendValue(b, v.Index(i))
	}
	return b
}

func appendFields(b []byte, v reflect.Value) []byte {
	if v.Type() == instant {
		at := v.Interface().(time.Time)
		return AppendNumber(AppendNumber(b, at.Unix()), int64(at.Nanosecond()))
	}
	for i := range v.NumField() {
		b = appendValue(b, v.Field(i))
	}
	return b
}
