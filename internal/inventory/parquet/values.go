package parquet

import (
	"encoding/binary"
	"fmt"
)

// The encodings that can be read.
const (
	plain           = 0
	plainDictionary = 2
	runLength       = 3
	dictionaryIndex = 8
)

var encodingNames = map[int64]string{
	4: "BIT_PACKED", 5: "DELTA_BINARY_PACKED", 6: "DELTA_LENGTH_BYTE_ARRAY", 7: "DELTA_BYTE_ARRAY", 9: "BYTE_STREAM_SPLIT",
}

// Value is a value of a column: the field of its type counts. A text is good
// until the next value is read.
type Value struct {
	Null bool
	Text []byte
	Int  int64
	Bool bool
}

// source yields the values of a page that are no nulls, one by one.
type source func() (Value, error)

// valuesOf returns the values of a data page.
func valuesOf(kind Type, encoding int64, b []byte, dictionary []Value) (source, error) {
	switch {
	case encoding == plain:
		return plainValues(kind, b)
	case encoding == plainDictionary || encoding == dictionaryIndex:
		return indexed(b, dictionary)
	case encoding == runLength && kind == Boolean:
		h, _, err := prefixed(b, 1)
		if err != nil {
			return nil, err
		}
		return func() (Value, error) { v, err := h.next(); return Value{Bool: v == 1}, err }, nil
	}
	name := encodingNames[encoding]
	if name == "" {
		name = fmt.Sprint(encoding)
	}
	return nil, fmt.Errorf("the encoding %s of a column of %s cannot be read", name, kind)
}

// indexed are values of the dictionary, by their indexes in it.
func indexed(b []byte, dictionary []Value) (source, error) {
	if dictionary == nil {
		return nil, fmt.Errorf("a page of a dictionary that is not there")
	}
	if len(b) == 0 { // no value in it but nulls
		return func() (Value, error) { return Value{}, errShort }, nil
	}
	if b[0] > 32 {
		return nil, fmt.Errorf("indexes of %d bits", b[0])
	}
	h := &hybrid{b: b[1:], width: uint(b[0])}
	return func() (Value, error) {
		i, err := h.next()
		if err != nil {
			return Value{}, err
		}
		if uint64(i) >= uint64(len(dictionary)) {
			return Value{}, fmt.Errorf("entry %d of a dictionary of %d", i, len(dictionary))
		}
		return dictionary[i], nil
	}, nil
}

func plainValues(kind Type, b []byte) (source, error) {
	switch kind {
	case ByteArray:
		return func() (Value, error) {
			if len(b) < 4 {
				return Value{}, errShort
			}
			n := binary.LittleEndian.Uint32(b)
			if uint64(n) > uint64(len(b)-4) {
				return Value{}, errShort
			}
			v := Value{Text: b[4 : 4+n]}
			b = b[4+n:]
			return v, nil
		}, nil
	case Int64:
		return func() (Value, error) {
			if len(b) < 8 {
				return Value{}, errShort
			}
			v := Value{Int: int64(binary.LittleEndian.Uint64(b))}
			b = b[8:]
			return v, nil
		}, nil
	case Boolean:
		i := 0
		return func() (Value, error) {
			if i>>3 >= len(b) {
				return Value{}, errShort
			}
			v := Value{Bool: b[i>>3]>>(i&7)&1 == 1}
			i++
			return v, nil
		}, nil
	}
	return nil, fmt.Errorf("columns of %s cannot be read", kind)
}
