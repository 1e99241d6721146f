package scan

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// cursor reads one listing forward, a page at a time. It can ask for the next
// page while this one is being worked on, and it can jump: the pages in
// between are never asked for.
type cursor struct {
	lister Lister
	retry  *retry.Retrier
	first  reconcile.ListRequest

	page  []reconcile.Object
	from  string // the page's keys come after this one
	last  string // the last key listed; the next ones must come after it
	jump  string // StartAfter of the last jump
	next  string // token of the next page
	begun bool   // there is a page
	ended bool   // nothing follows the page
	ahead *flight
	eager bool // the page after the next one will be wanted too, if there is one
}

func newCursor(l Lister, r *retry.Retrier, first reconcile.ListRequest) *cursor {
	return &cursor{lister: l, retry: r, first: first, from: first.StartAfter, last: first.StartAfter, jump: first.StartAfter}
}

// turn replaces the page by the next one and returns its objects; there may be
// none, also in the middle of a listing. wanted is the least key that still
// matters; empty: the very next one. It must not be called once the listing
// has ended or failed.
func (c *cursor) turn(ctx context.Context, wanted string) ([]reconcile.Object, error) {
	page, err := c.take(ctx, wanted)
	if err == nil {
		err = c.accept(page)
	}
	if err != nil {
		c.page, c.begun = nil, false // nothing is known of any key
		return nil, err
	}
	return c.page, nil
}

// take returns the page that was read ahead, or asks for one.
func (c *cursor) take(ctx context.Context, wanted string) (page reconcile.Page, err error) {
	f := c.ahead
	if f == nil {
		f = c.send(ctx, c.request(wanted))
	}
	page, c.ahead, err = f.await(c.eager)
	return page, err
}

// request is that for the next page, or for one further on.
func (c *cursor) request(wanted string) reconcile.ListRequest {
	if at := before(wanted); at > max(c.last, c.jump) {
		// Not again from where the last jump led: after an empty page only
		// the token goes on.
		req := c.first
		req.StartAfter, c.jump, c.last = at, at, at
		return req
	}
	if c.begun {
		return c.following(c.next)
	}
	return c.first
}

// readAhead asks for the next page in the background; close ends it.
func (c *cursor) readAhead(ctx context.Context) {
	if c.ended || c.ahead != nil {
		return
	}
	c.ahead = c.send(ctx, c.following(c.next))
}

func (c *cursor) following(token string) reconcile.ListRequest {
	req := c.first
	req.Token, req.StartAfter = token, ""
	return req
}

// close ends a page that is being read ahead and waits for it.
func (c *cursor) close() {
	if c.ahead != nil {
		c.ahead.abandon()
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

// accept takes a page over if it can be believed: every key after the last one
// and after where the listing was to begin, within the prefix, and a token that
// goes forward. Anything else would be a hole in the listing that nobody sees,
// or a key that two workers decide.
func (c *cursor) accept(page reconcile.Page) error {
	last := c.last
	for i := range page.Objects {
		key := page.Objects[i].Key
		if !strings.HasPrefix(key, c.first.Prefix) {
			return c.wrong("key %q is outside the prefix %q", key, c.first.Prefix)
		}
		if key <= last {
			return c.wrong("key %q is listed after %q", key, last)
		}
		last = key
	}
	if page.Next != "" && page.Next == c.next {
		return c.wrong("the continuation token does not advance")
	}
	c.page, c.from = page.Objects, c.last
	c.last, c.next, c.begun, c.ended = last, page.Next, true, page.Next == ""
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

// adopt goes on from a page that another cursor of the same listing has read.
func (c *cursor) adopt(s stretch) {
	c.close()
	c.page, c.from, c.last, c.next = s.page, s.from, s.last, s.next
	c.begun, c.ended = true, s.ended
}
