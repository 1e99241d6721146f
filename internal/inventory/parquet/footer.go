package parquet

import (
	"errors"
	"fmt"
	"time"
)

// chunkMeta is a column in one row group.
type chunkMeta struct {
	kind   Type
	codec  int32
	values int64
	offset int64 // of its first page in the file
	size   int64 // bytes of its pages
}

// element is an element of the schema: a column, or a group of others.
type element struct {
	Column
	repeated bool
	children int64
	group    bool
}

// readFooter decodes FileMetaData, whose version, schema, number of rows and row
// groups must be there.
func (f *File) readFooter(footer []byte) error {
	t := &thrift{b: footer}
	var schema []element
	encrypted := false
	there := map[int64]bool{}
	t.fields(func(id int64, kind byte) {
		there[id] = true
		switch {
		case id == 2 && kind == thriftList:
			t.list(func(byte) { schema = append(schema, readElement(t)) })
		case id == 3 && kind == thriftI64:
			f.Rows = t.int()
		case id == 4 && kind == thriftList:
			t.list(func(byte) { f.Groups = append(f.Groups, readGroup(t)) })
		case id == 8:
			encrypted = true
			t.skip(kind)
		default:
			t.skip(kind)
		}
	})
	if t.err == nil && encrypted {
		return errors.New("it is encrypted")
	}
	if t.err != nil {
		return t.err
	}
	for _, required := range []int64{1, 2, 3, 4} { // else a damaged footer may be that of an empty file
		if !there[required] {
			return fmt.Errorf("its footer has no field %d", required)
		}
	}
	return f.leaves(schema)
}

// leaves takes the columns out of the schema, a tree written depth first.
func (f *File) leaves(schema []element) error {
	if len(schema) == 0 || !schema[0].group {
		return errors.New("it has no schema")
	}
	rest := schema[1:]
	var walk func(n int64, depth int) error
	walk = func(n int64, depth int) error {
		for ; n > 0; n-- {
			if len(rest) == 0 || depth > maxDepth {
				return errors.New("its schema is broken")
			}
			e := rest[0]
			rest = rest[1:]
			if e.group {
				if err := walk(e.children, depth+1); err != nil {
					return err
				}
				continue
			}
			e.Flat = depth == 0 && !e.repeated
			f.Columns = append(f.Columns, e.Column)
		}
		return nil
	}
	return walk(schema[0].children, 0)
}

func readElement(t *thrift) (e element) {
	e.Type = -1
	t.fields(func(id int64, kind byte) {
		switch {
		case id == 1 && kind == thriftI32:
			e.Type = Type(t.int())
		case id == 3 && kind == thriftI32:
			repetition := t.int() // 0 required, 1 optional, 2 repeated
			e.optional, e.repeated = repetition == 1, repetition == 2
		case id == 4 && kind == thriftBinary:
			e.Name = string(t.bytes())
		case id == 5 && kind == thriftI32:
			e.children, e.group = t.int(), true
		case id == 6 && kind == thriftI32:
			e.Unit = max(e.Unit, convertedUnits[t.int()])
		case id == 10 && kind == thriftStruct:
			e.Unit = max(e.Unit, readLogicalType(t))
		default:
			t.skip(kind)
		}
	})
	return e
}

// convertedUnits are the converted types that are times.
var convertedUnits = map[int64]time.Duration{9: time.Millisecond, 10: time.Microsecond}

// timeUnits are the members of the union TimeUnit.
var timeUnits = map[int64]time.Duration{1: time.Millisecond, 2: time.Microsecond, 3: time.Nanosecond}

// readLogicalType returns the unit of a timestamp, 0 for any other type.
func readLogicalType(t *thrift) (unit time.Duration) {
	t.fields(func(id int64, kind byte) {
		if id != 8 || kind != thriftStruct {
			t.skip(kind)
			return
		}
		t.fields(func(id int64, kind byte) {
			if id != 2 || kind != thriftStruct {
				t.skip(kind)
				return
			}
			t.fields(func(id int64, kind byte) { unit = timeUnits[id]; t.skip(kind) })
		})
	})
	return unit
}

func readGroup(t *thrift) (g Group) {
	t.fields(func(id int64, kind byte) {
		switch {
		case id == 1 && kind == thriftList:
			t.list(func(byte) { g.chunks = append(g.chunks, readChunk(t)) })
		case id == 3 && kind == thriftI64:
			g.Rows = t.int()
		default:
			t.skip(kind)
		}
	})
	return g
}

func readChunk(t *thrift) (c chunkMeta) {
	t.fields(func(id int64, kind byte) {
		switch {
		case id == 1: // another file holds it
			t.fail("a column in another file")
		case id == 3 && kind == thriftStruct:
			c = readColumnMeta(t)
		default:
			t.skip(kind)
		}
	})
	return c
}

func readColumnMeta(t *thrift) (c chunkMeta) {
	var data, dictionary int64
	t.fields(func(id int64, kind byte) {
		switch id {
		case 1:
			c.kind = Type(t.int())
		case 4:
			c.codec = int32(t.int())
		case 5:
			c.values = t.int()
		case 7:
			c.size = t.int()
		case 9:
			data = t.int()
		case 11:
			dictionary = t.int()
		default:
			t.skip(kind)
		}
	})
	c.offset = data
	if dictionary > 0 && dictionary < data {
		c.offset = dictionary
	}
	return c
}
