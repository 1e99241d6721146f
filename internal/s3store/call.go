package s3store

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"reconcile/internal/reconcile"
)

// call is one request on its way: what is needed to say what went wrong.
type call struct {
	op      string // S3's name of the operation
	at      reconcile.Location
	source  reconcile.Location // of a copy; zero for everything else
	pinned  bool               // a condition on the source was sent
	guard   string             // the condition on the target that was sent; empty: none
	timeout time.Duration

	annotationRights string // what a refusal is to name for a copy's annotations

	parent context.Context // the caller's
	ctx    context.Context // the request's, with our timeout
	cancel context.CancelFunc
	answer answer
}

// start begins a call of op on at. The caller must end it.
func (s *Store) start(ctx context.Context, op string, at reconcile.Location, timeout time.Duration) *call {
	c := &call{op: op, at: at, timeout: timeout, parent: ctx}
	c.ctx, c.cancel = context.WithTimeout(withBucket(withAnswer(ctx, &c.answer), at.Bucket), timeout)
	return c
}

func (c *call) end() { c.cancel() }

// send sends the call's request by the client of its bucket. Its error is one of
// ours, and says what went wrong.
func send[In, Out any](s *Store, c *call, op func(*s3.Client, context.Context, *In, ...func(*s3.Options)) (*Out, error), in *In, options ...func(*s3.Options)) (*Out, error) {
	client, err := s.client(c.ctx, c.at.Bucket)
	if err != nil {
		return nil, c.fail(err)
	}
	out, err := op(client, c.ctx, in, options...)
	if err != nil {
		return nil, c.fail(err)
	}
	return out, nil
}

// timedOut reports whether it was our timeout that ended the call, and not
// the caller.
func (c *call) timedOut() bool { return c.ctx.Err() != nil && c.parent.Err() == nil }
