package parquet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Chunk reads a column of a row group, value by value. A page at a time, and
// the dictionary, are in memory.
type Chunk struct {
	column Column
	meta   chunkMeta
	in     *bufio.Reader

	left       int64 // values of the chunk that no page has had yet
	dictionary []Value
	page       int64   // values left of the page
	nulls      *hybrid // definition levels; nil: no nulls
	next       source
}

// headSize is how many bytes a page's header takes at the most; those with
// statistics of long texts are the longest.
const headSize = 64 << 10

// Column opens a column in a row group.
func (f *File) Column(group, column int) (*Chunk, error) {
	c, meta := f.Columns[column], f.Groups[group].chunks[column]
	if !c.Flat {
		return nil, fmt.Errorf("column %s is not flat", c.Name)
	}
	if rows := f.Groups[group].Rows; meta.values != rows {
		return nil, fmt.Errorf("column %s has %d values in a row group of %d rows", c.Name, meta.values, rows)
	}
	pages := io.NewSectionReader(f.r, meta.offset, meta.size)
	return &Chunk{column: c, meta: meta, in: bufio.NewReaderSize(pages, headSize), left: meta.values}, nil
}

// Next returns the value of the next row. io.EOF: there is none.
func (c *Chunk) Next() (Value, error) {
	v, err := c.value()
	if err != nil && err != io.EOF {
		err = fmt.Errorf("column %s: %w", c.column.Name, err)
	}
	return v, err
}

func (c *Chunk) value() (Value, error) {
	for c.page == 0 {
		if err := c.readPage(); err != nil {
			return Value{}, err
		}
	}
	c.page--
	if c.nulls != nil {
		if level, err := c.nulls.next(); err != nil || level == 0 {
			return Value{Null: true}, err
		}
	}
	return c.next()
}

// readPage reads the next page. io.EOF: all values have been read, and nothing
// follows them.
func (c *Chunk) readPage() error {
	head, err := c.in.Peek(headSize)
	switch {
	case len(head) == 0 && c.left == 0:
		return io.EOF
	case len(head) == 0:
		return fmt.Errorf("%d values are missing", c.left)
	case err != nil && err != io.EOF:
		return err
	}
	p, n, err := readPage(head)
	if err != nil {
		return err
	}
	c.in.Discard(n) // it has been read
	if p.size > c.meta.size {
		return fmt.Errorf("a page of %d bytes in a column of %d", p.size, c.meta.size)
	}
	b := make([]byte, p.size)
	if _, err := io.ReadFull(c.in, b); err != nil {
		return fmt.Errorf("a page of %d bytes: %w", p.size, io.ErrUnexpectedEOF)
	}
	if err := p.check(b); err != nil {
		return err
	}
	return c.take(p, b)
}

// take makes a page the current one.
func (c *Chunk) take(p page, b []byte) (err error) {
	switch p.kind {
	case indexPage:
		return nil
	case dictionaryPage:
		return c.takeDictionary(p, b)
	case dataPage, dataPageV2:
	default:
		return fmt.Errorf("a page of kind %d", p.kind)
	}
	if p.values > c.left {
		return fmt.Errorf("%d values more than the footer says", p.values-c.left)
	}
	if p.kind == dataPage {
		b, err = c.levels(p, b)
	} else {
		b, err = c.levelsV2(p, b)
	}
	if err != nil {
		return err
	}
	c.left -= p.values
	c.page = p.values
	c.next, err = valuesOf(c.column.Type, p.encoding, b, c.dictionary)
	return err
}

func (c *Chunk) takeDictionary(p page, b []byte) error {
	if c.dictionary != nil {
		return errors.New("two dictionaries")
	}
	b, err := decompress(c.meta.codec, b, p.uncompressed)
	if err != nil {
		return err
	}
	if p.encoding != plain && p.encoding != plainDictionary {
		return fmt.Errorf("a dictionary with encoding %d", p.encoding)
	}
	next, err := plainValues(c.column.Type, b)
	if err != nil {
		return err
	}
	c.dictionary = []Value{} // nil is none
	for range p.values {
		v, err := next()
		if err != nil {
			return err
		}
		c.dictionary = append(c.dictionary, v)
	}
	return nil
}

// levels takes the definition levels of a page of version 1 from the front.
func (c *Chunk) levels(p page, b []byte) ([]byte, error) {
	b, err := decompress(c.meta.codec, b, p.uncompressed)
	c.nulls = nil
	if err == nil && c.column.optional {
		c.nulls, b, err = prefixed(b, 1)
	}
	return b, err
}

// levelsV2 does so with a page of version 2, whose levels are not compressed.
func (c *Chunk) levelsV2(p page, b []byte) ([]byte, error) {
	n := int64(len(b))
	if p.levels < 0 || p.repetitions < 0 || p.levels > n || p.repetitions > n-p.levels {
		return nil, errShort
	}
	levels := b[p.repetitions : p.repetitions+p.levels]
	b = b[p.repetitions+p.levels:]
	c.nulls = nil
	if c.column.optional {
		c.nulls = &hybrid{b: levels, width: 1}
	}
	if !p.compressed || c.meta.codec == uncompressed {
		return b, nil
	}
	if left := p.uncompressed - p.repetitions - p.levels; left > 0 {
		return decompress(c.meta.codec, b, left)
	}
	return nil, nil
}
