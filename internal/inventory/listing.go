package inventory

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"reconcile/internal/reconcile"
)

// pageSize is how many objects a page has, as with S3.
const pageSize = 1000

// Listing lists the current objects of a bucket as an inventory has them. It
// is safe for concurrent use.
type Listing struct {
	info    Info
	kinds   *kinds
	blocks  []block
	file    *tempFile // nil where there are no objects
	buffers sync.Pool // of *[]byte, for blocks
}

// Info says what the listing is made of.
func (l *Listing) Info() Info { return l.info }

// Close removes the file of sorted rows. No List may be under way.
func (l *Listing) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// List returns one page of the bucket's listing in the order of the keys'
// bytes, as S3 would have when the inventory was made. Restore states of
// archived objects are not known, whatever req.Restore says. A bucket that the
// inventory is not of is an error.
func (l *Listing) List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	if err := ctx.Err(); err != nil {
		return reconcile.Page{}, l.fail(reconcile.Network, err)
	}
	if req.Bucket != l.info.Bucket {
		return reconcile.Page{}, l.fail(reconcile.Other, fmt.Errorf("the inventory is of bucket %q, not of %q", l.info.Bucket, req.Bucket))
	}
	c, err := l.open(req)
	defer c.close()
	var page reconcile.Page
	if err == nil {
		page, err = c.page(req.Prefix)
	}
	if err != nil {
		return reconcile.Page{}, l.fail(reconcile.Other, err)
	}
	return page, nil
}

func (l *Listing) fail(kind reconcile.Kind, err error) error {
	return &reconcile.Error{Op: op, Location: l.info.Manifest, Kind: kind, Err: err}
}

// open stands a cursor on the first object of a page.
func (l *Listing) open(req reconcile.ListRequest) (*cursor, error) {
	c := &cursor{listing: l, buf: l.buffer()}
	if req.Token != "" {
		return c, c.seekToken(req.Token)
	}
	if req.StartAfter >= req.Prefix {
		return c, c.seek(req.StartAfter, req.StartAfter != "")
	}
	return c, c.seek(req.Prefix, false)
}

func (l *Listing) buffer() *[]byte {
	if b, ok := l.buffers.Get().(*[]byte); ok {
		return b
	}
	return new([]byte)
}

// page reads a page from where the cursor stands.
func (c *cursor) page(prefix string) (reconcile.Page, error) {
	var page reconcile.Page
	for !c.end && hasPrefix(c.key, prefix) {
		if page.Objects == nil {
			page.Objects = make([]reconcile.Object, 0, pageSize)
		}
		if len(page.Objects) == pageSize {
			page.Next = c.token()
			break
		}
		o, err := c.listing.kinds.decode(c.rest)
		if err != nil {
			return page, err
		}
		o.Bucket, o.Key = c.listing.info.Bucket, string(c.key)
		page.Objects = append(page.Objects, o)
		if err := c.next(); err != nil {
			return page, err
		}
	}
	return page, nil
}

func hasPrefix(key []byte, prefix string) bool {
	return len(key) >= len(prefix) && string(key[:len(prefix)]) == prefix
}

var errToken = errors.New("the continuation token is not of this inventory")
