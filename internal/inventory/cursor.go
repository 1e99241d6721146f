package inventory

import (
	"bytes"
	"fmt"
	"sort"
)

// cursor stands on one row of a listing.
type cursor struct {
	listing *Listing
	at      int     // index of the block
	row     int     // in the block
	buf     *[]byte // the block, and lent by the listing
	left    []byte  // of the block, after the row
	key     []byte
	rest    []byte
	end     bool // there is no further row
}

// seek goes to the first row whose key is key or comes after it; with after
// set, comes after it.
func (c *cursor) seek(key string, after bool) error {
	blocks := c.listing.blocks
	at := sort.Search(len(blocks), func(i int) bool { return blocks[i].first > key }) - 1
	if err := c.load(max(at, 0)); err != nil {
		return err
	}
	wanted := []byte(key)
	for !c.end {
		if order := bytes.Compare(c.key, wanted); order > 0 || order == 0 && !after {
			return nil
		}
		if err := c.next(); err != nil {
			return err
		}
	}
	return nil
}

// token names the row that the cursor stands on, for seekToken.
func (c *cursor) token() string { return fmt.Sprintf("%d.%d", c.at, c.row) }

func (c *cursor) seekToken(token string) error {
	var at, row int
	if _, err := fmt.Sscanf(token, "%d.%d", &at, &row); err != nil || at < 0 || at >= len(c.listing.blocks) || row < 0 {
		return errToken
	}
	if err := c.load(at); err != nil {
		return err
	}
	for !c.end && c.at == at && c.row < row {
		if err := c.next(); err != nil {
			return err
		}
	}
	if c.end || c.token() != token {
		return errToken
	}
	return nil
}

// load goes to the first row of a block.
func (c *cursor) load(at int) error {
	if c.end = at >= len(c.listing.blocks); c.end {
		return nil
	}
	buf, err := readBlock(c.listing.file, c.listing.blocks[at], *c.buf)
	if err != nil {
		return err
	}
	*c.buf, c.left = buf, buf
	c.at, c.row = at, 0
	return c.cut()
}

// next goes to the next row.
func (c *cursor) next() error {
	if len(c.left) == 0 {
		return c.load(c.at + 1)
	}
	c.row++
	return c.cut()
}

func (c *cursor) cut() (err error) {
	c.key, c.rest, c.left, err = cutRow(c.left, c.key)
	return err
}

// close gives the buffer back. Pages keep nothing of it.
func (c *cursor) close() { c.listing.buffers.Put(c.buf) }
