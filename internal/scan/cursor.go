package scan

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// cursor reads one listing forward. Where its reader goes on from page to
// page the next page is asked for while this one is being worked on; where it
// jumps, the pages in between are never asked for.
type cursor struct {
	lister Lister
	retry  *retry.Retrier
	first  reconcile.ListRequest

	page  []reconcile.Object
	at    int    // in page: everything before has been passed
	last  string // the last key listed; keys must come after it
	from  string // StartAfter of the last jump
	next  string // token of the next page
	begun bool
	done  bool // the listing has ended, or failed
	err   error
	used  int  // objects of this page that were found
	dense bool // read ahead: the reader goes on from page to page
	ahead chan fetched
	stop  context.CancelFunc
}

// fetched is a page on its way.
type fetched struct {
	page reconcile.Page
	err  error
}

func newCursor(l Lister, r *retry.Retrier, first reconcile.ListRequest) *cursor {
	return &cursor{lister: l, retry: r, first: first}
}

// nextPage returns the next page's objects, nil after the last page.
func (c *cursor) nextPage(ctx context.Context) ([]reconcile.Object, error) {
	for {
		if err := c.advance(ctx, ""); err != nil || c.done {
			return nil, err
		}
		if len(c.page) > 0 { // an empty page in the middle is allowed
			return c.page, nil
		}
	}
}

// find moves forward to key and returns the object if it is there. Keys must
// be asked for in order; asking for the same one again is allowed.
func (c *cursor) find(ctx context.Context, key string) (reconcile.Object, bool, error) {
	for {
		rest := c.page[c.at:]
		c.at += sort.Search(len(rest), func(i int) bool { return rest[i].Key >= key })
		if c.at < len(c.page) {
			if c.page[c.at].Key != key {
				return reconcile.Object{}, false, nil
			}
			c.used++
			return c.page[c.at], true, nil
		}
		if c.begun && c.next == "" {
			return reconcile.Object{}, false, c.err
		}
		c.dense = c.begun && c.used*2 >= len(c.page)
		if err := c.advance(ctx, key); err != nil {
			return reconcile.Object{}, false, err
		}
	}
}

// advance replaces the page by the next one. wanted is the least key that
// still matters; empty: the very next one.
func (c *cursor) advance(ctx context.Context, wanted string) error {
	if c.err != nil || c.begun && c.next == "" {
		c.page, c.at, c.done = nil, 0, true
		return c.err
	}
	page, err := c.take(ctx, wanted)
	if err == nil {
		err = c.accept(page)
	}
	if err != nil {
		c.page, c.at, c.err, c.done = nil, 0, err, true
		return err
	}
	if c.dense && c.next != "" {
		c.readAhead(ctx)
	}
	return nil
}

// take returns the page that was read ahead, or asks for one.
func (c *cursor) take(ctx context.Context, wanted string) (reconcile.Page, error) {
	if c.ahead != nil {
		got := <-c.ahead
		c.stop()
		c.ahead = nil
		return got.page, got.err
	}
	req := c.first
	req.Token = c.next
	if at := before(wanted); at > max(c.last, c.from) {
		// Not again from where the last jump led: after an empty page only
		// the token goes on.
		req.Token, req.StartAfter, c.from = "", at, at
	}
	return c.fetch(ctx, req)
}

// readAhead asks for the next page in the background; close ends it.
func (c *cursor) readAhead(ctx context.Context) {
	ctx, c.stop = context.WithCancel(ctx)
	req := c.first
	req.Token = c.next
	ahead := make(chan fetched, 1)
	go func() {
		page, err := c.fetch(ctx, req)
		ahead <- fetched{page, err}
	}()
	c.ahead = ahead
}

// close ends a page that is being read ahead and waits for it.
func (c *cursor) close() {
	if c.ahead != nil {
		c.stop()
		<-c.ahead
		c.ahead = nil
	}
}

// fetch asks for one page, with retries.
func (c *cursor) fetch(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error) {
	var page reconcile.Page
	_, err := c.retry.Do(ctx, req.Bucket, func() (err error) {
		page, err = c.lister.List(ctx, req)
		return err
	})
	return page, err
}

// accept takes a page over if it can be believed: every key after the last
// one, within the prefix, and a token that goes forward. Anything else would
// be a hole in the listing that nobody sees.
func (c *cursor) accept(page reconcile.Page) error {
	last := c.last
	for i, o := range page.Objects {
		if !strings.HasPrefix(o.Key, c.first.Prefix) {
			return c.wrong("key %q is outside the prefix %q", o.Key, c.first.Prefix)
		}
		if o.Key <= last && (c.begun || i > 0) {
			return c.wrong("key %q is listed after %q", o.Key, last)
		}
		last = o.Key
	}
	if page.Next != "" && page.Next == c.next {
		return c.wrong("the continuation token does not advance")
	}
	c.page, c.at, c.used = page.Objects, 0, 0
	c.last, c.next, c.begun = last, page.Next, true
	return nil
}

func (c *cursor) wrong(format string, args ...any) error {
	return &reconcile.Error{
		Op: "ListObjectsV2", Location: reconcile.Location{Bucket: c.first.Bucket}, Kind: reconcile.Other,
		Err: fmt.Errorf("the listing cannot be believed: "+format, args...),
	}
}

// before returns a key that is less than key and, in practice, close to it:
// StartAfter is exclusive, and key itself must be listed. It need not be the
// closest one: whatever lies between is listed and passed over.
func before(key string) string {
	r, n := utf8.DecodeLastRuneInString(key)
	head := key[:len(key)-n]
	if r == utf8.RuneError && n <= 1 || r <= ' ' {
		return head
	}
	if r == 0xE000 {
		r = 0xD800 // the surrogates in between are no characters
	}
	head += string(r - 1)
	if len(head)+utf8.UTFMax > maxKeyBytes {
		return head
	}
	return head + "\U0010FFFF"
}

// maxKeyBytes is the length of the longest key.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
const maxKeyBytes = 1024
