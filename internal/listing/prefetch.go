package listing

import (
	"context"
	"sync"

	"reconcile/internal/reconcile"
)

// prefetch is a page that has been asked for and not been read yet.
type prefetch struct {
	token  string // with which it was asked for
	result chan fetched
	cancel context.CancelFunc
	follow func(token string) *prefetch

	mu    sync.Mutex
	early string    // where the listing goes on, as the beginning of the answer said
	eager bool      // the reader waits for this page, and will want the one after it
	next  *prefetch // that one; only while the reader waits, so that at most one page is ahead
}

type fetched struct {
	page reconcile.Page
	err  error
}

// send asks for a page in the background. Where the reader is waiting for it,
// the page after it is asked for as soon as the answer has said where it
// begins.
func (c *Cursor) send(ctx context.Context, req reconcile.ListRequest) *prefetch {
	within, cancel := context.WithCancel(ctx)
	p := &prefetch{token: req.Token, result: make(chan fetched, 1), cancel: cancel}
	p.follow = func(token string) *prefetch { return c.send(ctx, c.following(token)) }
	req.Early = p.announce
	go func() {
		page, err := c.lister.List(within, req)
		p.result <- fetched{page, err}
	}()
	return p
}

// announce notes where the listing goes on, before the page is complete.
func (p *prefetch) announce(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.early = token
	p.proceed()
}

// await waits for the page. next is the page after it, if that is on its way.
func (p *prefetch) await(eager bool) (page reconcile.Page, next *prefetch, err error) {
	p.mu.Lock()
	p.eager = eager
	p.proceed()
	p.mu.Unlock()
	got := <-p.result
	p.cancel()
	if next = p.next; next != nil && (got.err != nil || next.token != got.page.Next) {
		next.abort() // the complete answer goes on elsewhere than its beginning said
		next = nil
	}
	return got.page, next, got.err
}

func (p *prefetch) proceed() {
	if p.eager && p.early != "" && p.next == nil {
		p.next = p.follow(p.early)
	}
}

// abort cancels the request and waits until it has ended.
func (p *prefetch) abort() {
	p.cancel()
	<-p.result
}
