package fixity

import (
	"io"

	"reconcile/internal/extsort"
)

// sortMemory is how many bytes of records wait in memory.
const sortMemory = 8 << 20

func newSorter(dir, name string) *extsort.Sorter {
	return extsort.New(extsort.Options{Dir: dir, Memory: sortMemory, Name: name})
}

// place is what records are sorted by: a bucket and a key.
func place(bucket, key string) string { return bucket + "\x00" + key }

// placedSum is a checksum on disk.
type placedSum struct {
	By string // place
	Sum
}

// cursor reads checksums in the order of their places, one ahead.
type cursor struct {
	r    *extsort.Reader
	next *placedSum // nil: there is none left
}

func newCursor(s *extsort.Sorter) (*cursor, error) {
	r, err := s.Reader()
	if err != nil {
		return nil, err
	}
	c := &cursor{r: r}
	return c, c.move()
}

// move reads the next checksum.
func (c *cursor) move() error {
	c.next = nil
	record, err := c.r.Next()
	if err == io.EOF {
		return nil
	}
	if err == nil {
		c.next = &placedSum{}
		err = extsort.Parse(record, c.next)
	}
	return err
}

// at returns the checksums of a place, once all places before it are done with.
func (c *cursor) at(by string) (sums []Sum, err error) {
	for err == nil && c.next != nil && c.next.By <= by {
		if c.next.By == by {
			sums = append(sums, c.next.Sum)
		}
		err = c.move()
	}
	return sums, err
}
