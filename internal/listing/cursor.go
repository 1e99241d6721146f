// Package listing reads the listing of a bucket forward and believes no page
// that contradicts what was listed before.
//
// S3 promises keys in the order of their bytes, and everything that compares
// two buckets without holding their keys in memory rests on that. A page out of
// order, outside the prefix, or with a continuation token that does not advance
// would be a hole in the listing that nobody sees, so it is an error, and the
// listing knows nothing any more.
package listing

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"reconcile/internal/reconcile"
)

// Lister lists a bucket, a page at a time, in the byte order of the keys. What
// passes is its to ask for again, see retry.Lister. It must be safe for concurrent
// use.
type Lister interface {
	List(ctx context.Context, req reconcile.ListRequest) (reconcile.Page, error)
}

// Page is a page of a listing and the range of keys that it speaks of: every
// key after After, up to and including Last. The objects share their memory,
// see reconcile.Page.
type Page struct {
	Objects []reconcile.Object
	After   string
	Last    string
	Next    string // continuation token; empty where nothing follows
	End     bool   // nothing follows: the page speaks of all keys after After
}

// Covers reports whether the page says if key is there.
func (p *Page) Covers(key string) bool { return key > p.After && (p.End || key <= p.Last) }

// Cursor reads one listing forward, a page at a time. It can prefetch the next
// page while this one is being worked on, and it can skip: the pages in between
// are never asked for. It must not be used by several goroutines at a time.
type Cursor struct {
	Page // the one at hand; its range begins where the listing does

	// Eager says that the page after the next one will be wanted too, if there
	// is one: it is asked for as soon as the answer tells where it begins.
	Eager bool

	lister     Lister
	first      reconcile.ListRequest
	skipped    string // StartAfter of the last skip
	begun      bool   // there is a page at hand
	prefetched *prefetch
}

// New returns a cursor before the first page of a listing. first is the request
// for that page; its bucket, prefix and restore flag hold for all of them.
func New(l Lister, first reconcile.ListRequest) *Cursor {
	at := first.StartAfter
	return &Cursor{lister: l, first: first, Page: Page{After: at, Last: at}, skipped: at}
}

// Read replaces the page by the next one and returns its objects; there may be
// none, also in the middle of a listing. wanted is the least key that still
// matters; empty: the very next one. It must not be called once the listing
// has ended or failed.
func (c *Cursor) Read(ctx context.Context, wanted string) ([]reconcile.Object, error) {
	page, err := c.take(ctx, wanted)
	if err == nil {
		err = c.accept(page)
	}
	if err != nil {
		c.Objects, c.begun = nil, false // nothing is known of any key
		return nil, err
	}
	return c.Objects, nil
}

// Begun reports whether a page is at hand: one was read, and nothing failed
// since.
func (c *Cursor) Begun() bool { return c.begun }

// Covers reports whether the page at hand says if key is there.
func (c *Cursor) Covers(key string) bool { return c.begun && c.Page.Covers(key) }

// take returns the page that was prefetched, or asks for one.
func (c *Cursor) take(ctx context.Context, wanted string) (page reconcile.Page, err error) {
	p := c.prefetched
	if p == nil {
		p = c.send(ctx, c.request(wanted))
	}
	page, c.prefetched, err = p.await(c.Eager)
	return page, err
}

// request is that for the next page, or for one further on.
func (c *Cursor) request(wanted string) reconcile.ListRequest {
	if at := Before(wanted); at > max(c.Last, c.skipped) {
		// Not again from where the last skip began: after an empty page only
		// the token goes on.
		req := c.first
		req.StartAfter, c.skipped, c.Last = at, at, at
		return req
	}
	if c.begun {
		return c.following(c.Next)
	}
	return c.first
}

// Prefetch asks for the next page in the background; Close ends it.
func (c *Cursor) Prefetch(ctx context.Context) {
	if c.End || c.prefetched != nil {
		return
	}
	c.prefetched = c.send(ctx, c.following(c.Next))
}

func (c *Cursor) following(token string) reconcile.ListRequest {
	req := c.first
	req.Token, req.StartAfter = token, ""
	return req
}

// Adopt goes on from a page that another cursor of the same listing has read.
func (c *Cursor) Adopt(p Page) {
	c.Close()
	c.Page, c.begun = p, true
}

// Release drops the objects of the page at hand and keeps its range, without
// the memory of the page.
func (c *Cursor) Release() {
	c.Objects, c.After, c.Last = nil, strings.Clone(c.After), strings.Clone(c.Last)
}

// Close ends a page that is being prefetched and waits for it.
func (c *Cursor) Close() {
	if c.prefetched != nil {
		c.prefetched.abort()
		c.prefetched = nil
	}
}

// accept takes a page over if it can be believed: every key after the last one
// and after where the listing was to begin, within the prefix, and a token that
// advances. Anything else would be a hole in the listing that nobody sees, or a
// key that two workers decide.
func (c *Cursor) accept(page reconcile.Page) error {
	last := c.Last
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
	if page.Next != "" && page.Next == c.Next {
		return c.wrong("the continuation token does not advance")
	}
	c.Page = Page{Objects: page.Objects, After: c.Last, Last: last, Next: page.Next, End: page.Next == ""}
	c.begun = true
	return nil
}

func (c *Cursor) wrong(format string, args ...any) error {
	return &reconcile.Error{
		Op: "ListObjectsV2", Location: reconcile.Location{Bucket: c.first.Bucket}, Kind: reconcile.Other,
		Err: fmt.Errorf("the listing cannot be believed: "+format, args...),
	}
}

// Before returns a key that is less than key and, in practice, close to it:
// StartAfter is exclusive, and key itself must be listed. It need not be the
// closest one: whatever lies between is listed and passed over.
func Before(key string) string {
	r, n := utf8.DecodeLastRuneInString(key)
	head := key[:len(key)-n]
	if r == utf8.RuneError && n <= 1 || r <= ' ' {
		return head
	}
	if r == 0xE000 {
		r = 0xD800 // the surrogates in between are no characters
	}
	head += string(r - 1)
	if len(head)+utf8.UTFMax > MaxKeyBytes {
		return head
	}
	return head + "\U0010FFFF"
}

// MaxKeyBytes is the length of the longest key.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
const MaxKeyBytes = 1024
