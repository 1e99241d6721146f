package scan

import (
	"context"
	"sync"

	"reconcile/internal/reconcile"
)

// flight is a page on its way.
type flight struct {
	token  string // with which it was asked for
	result chan fetched
	stop   context.CancelFunc
	follow func(token string) *flight

	mu    sync.Mutex
	word  string  // where the answer has said that the listing goes on
	eager bool    // the reader waits for this page, and will want the one after it
	next  *flight // that one; there is one only while the reader waits: nobody reads further ahead
}

type fetched struct {
	page reconcile.Page
	err  error
}

// send asks for a page in the background. Where the reader is waiting for it,
// the page after it is asked for as soon as the answer has said where it
// begins.
func (c *cursor) send(ctx context.Context, req reconcile.ListRequest) *flight {
	within, stop := context.WithCancel(ctx)
	f := &flight{token: req.Token, result: make(chan fetched, 1), stop: stop}
	f.follow = func(token string) *flight { return c.send(ctx, c.following(token)) }
	req.Early = f.say
	go func() {
		page, err := c.fetch(within, req)
		f.result <- fetched{page, err}
	}()
	return f
}

// say takes the word of the answer for where the listing goes on.
func (f *flight) say(token string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.word = token
	f.proceed()
}

// await waits for the page. next is the page after it, if that is on its way.
func (f *flight) await(eager bool) (page reconcile.Page, next *flight, err error) {
	f.mu.Lock()
	f.eager = eager
	f.proceed()
	f.mu.Unlock()
	got := <-f.result
	f.stop()
	if next = f.next; next != nil && (got.err != nil || next.token != got.page.Next) {
		next.abandon() // asked for on the word of an answer that was not kept
		next = nil
	}
	return got.page, next, got.err
}

func (f *flight) proceed() {
	if f.eager && f.word != "" && f.next == nil {
		f.next = f.follow(f.word)
	}
}

// abandon gives a page up and waits until nothing is under way.
func (f *flight) abandon() {
	f.stop()
	<-f.result
}
