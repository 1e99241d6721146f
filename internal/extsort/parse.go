package extsort

import (
	"bytes"
	"reflect"
	"strings"
	"time"
)

// Parse fills in what value points to, which is zero, from its record. All texts
// of it share one copy of the record. Times are in UTC. The error is ErrRecord.
func Parse(record []byte, value any) error {
	rest, err := Cut(record, value)
	if len(rest) > 0 {
		return ErrRecord
	}
	return err
}

// Cut is Parse of a record that something follows, which it returns.
func Cut(record []byte, value any) (rest []byte, err error) {
	f := NewFields(record)
	f.value(reflect.ValueOf(value).Elem())
	if f.broken {
		return nil, ErrRecord
	}
	return record[len(record)-len(f.rest):], nil
}

// CutText takes a text off a record without copying it, unless it has zeros or
// ones; ok is false where there is none.
func CutText(record []byte) (text, rest []byte, ok bool) {
	end := bytes.IndexByte(record, 0)
	if end < 0 {
		return nil, nil, false
	}
	if text = record[:end]; bytes.IndexByte(text, 1) >= 0 {
		text = []byte(unescape.Replace(string(text)))
	}
	return text, record[end+1:], true
}

// Fields takes texts and numbers off a record. After a broken one everything is
// empty.
type Fields struct {
	rest   string
	broken bool
}

// NewFields returns the fields of a record, in one copy of it.
func NewFields(record []byte) Fields { return Fields{rest: string(record)} }

// Text is the next field, of AppendText.
func (f *Fields) Text() string {
	end := strings.IndexByte(f.rest, 0)
	if end < 0 {
		f.fail()
		return ""
	}
	text := f.rest[:end]
	f.rest = f.rest[end+1:]
	if strings.IndexByte(text, 1) >= 0 {
		return unescape.Replace(text)
	}
	return text
}

// Number is the next field, of AppendNumber.
func (f *Fields) Number() (n int64) {
	size := int(f.octet()) - zero
	if size < 0 {
		n, size = -1, -1-size
	}
	if size > 8 || size > len(f.rest) {
		f.fail()
		return 0
	}
	for i := range size {
		n = n<<8 | int64(f.rest[i])
	}
	f.rest = f.rest[size:]
	return n
}

func (f *Fields) octet() byte {
	if f.rest == "" {
		f.fail()
		return 0
	}
	first := f.rest[0]
	f.rest = f.rest[1:]
	return first
}

// End is ErrRecord where a field was broken, or some are left.
func (f *Fields) End() error {
	if f.broken || f.rest != "" {
		return ErrRecord
	}
	return nil
}

func (f *Fields) fail() { f.rest, f.broken = "", true }

func (f *Fields) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.Text())
	case reflect.Bool:
		v.SetBool(f.octet() == 1)
	case reflect.Int, reflect.Int64:
		v.SetInt(f.Number())
	case reflect.Uint8:
		v.SetUint(uint64(f.octet()))
	case reflect.Pointer:
		if f.octet() == 1 {
			v.Set(reflect.New(v.Type().Elem()))
			f.value(v.Elem())
		}
	case reflect.Slice:
		n := f.Number()
		if n < 0 || n > int64(len(f.rest)) { // an element has a byte at least
			f.fail()
		} else if n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), int(n), int(n)))
		}
		f.elements(v)
	case reflect.Array:
		f.elements(v)
	case reflect.Struct:
		f.fields(v)
	}
}

func (f *Fields) elements(v reflect.Value) {
	for i := range v.Len() {
		f.value(v.Index(i))
	}
}

func (f *Fields) fields(v reflect.Value) {
	if v.Type() == instant {
		at := time.Unix(f.Number(), f.Number()).UTC()
		v.Set(reflect.ValueOf(at))
		return
	}
	for i := range v.NumField() {
		f.value(v.Field(i))
	}
}
