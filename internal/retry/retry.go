// Package retry is the one owner of sending a failed request again. Both scan
// and copier need it and neither may import the other; the SDK's own retries
// are switched off.
//
// An attempt that failed for a passing reason is repeated after an exponential
// backoff with jitter, a bounded number of times. A throttled answer is no
// attempt: the service asks for patience, and gets it as long as it serves
// anybody at all on that bucket.
package retry

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"reconcile/internal/reconcile"
)

// Options bounds the repeating.
type Options struct {
	Attempts int           // how often one request is tried, throttled answers not counted; at least 1
	Delay    time.Duration // before the second attempt; it doubles from there, give or take half
	Patience time.Duration // how long a bucket may throttle everybody before requests to it fail
}

const (
	maxDelay      = 20 * time.Second
	throttleDelay = 100 * time.Millisecond // the least first wait after a throttled answer
	// maxThrottleDelay is short, since who sends many requests paces them: an
	// object that was refused again and again must not be what a run waits for
	// at its end.
	maxThrottleDelay = 5 * time.Second
	// quiet is how long nothing was refused on a bucket when its refusals count
	// from anew. It is longer than any wait between two attempts.
	quiet = 2 * maxDelay
)

// Retrier repeats requests. It is shared by everything that sends requests in
// one run: a success anywhere on a bucket renews the patience of all who wait
// for it, and a bucket that has throttled everybody for too long does not wear
// out the patience of each object anew. It is safe for concurrent use.
type Retrier struct {
	opts Options

	mu      sync.Mutex
	refused map[string]refusals // by bucket; none after a success
	storm   refusals            // of any bucket, whatever succeeds among them
	all     int64               // refusals of any bucket, ever
}

// refusals are throttled answers of a bucket without a success among them.
type refusals struct{ first, last time.Time }

// New returns a Retrier.
func New(o Options) *Retrier {
	o.Attempts = max(o.Attempts, 1)
	return &Retrier{opts: o, refused: map[string]refusals{}}
}

// Do calls send until it succeeds, fails for good, or has used up its attempts
// or the patience. It returns how many attempts counted (at least 1; 0 when
// ctx had ended before anything was sent) and the last error of send. Only the
// waits end with ctx: a request under way is send's own to end. When ctx ends
// a wait, the error wraps both ctx.Err() and what send said last.
func (r *Retrier) Do(ctx context.Context, bucket string, send func() error) (attempts int, err error) {
	o := &operation{retrier: r, bucket: bucket, send: send, waits: newWaits(r.opts.Delay)}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	err = backoff.Retry(o.attempt, backoff.WithContext(o.waits, ctx))
	if ctxErr := ctx.Err(); err != nil && ctxErr != nil && o.last != nil && err != o.last {
		err = fmt.Errorf("%w while waiting to try again after: %w", ctxErr, o.last)
	}
	return max(o.attempts, 1), err
}

// operation is one request with its repetitions.
type operation struct {
	retrier  *Retrier
	bucket   string
	send     func() error
	waits    *waits
	attempts int
	last     error
}

// attempt sends once and says by its error whether to go on.
func (o *operation) attempt() error {
	o.last = o.send()
	o.waits.throttled = reconcile.KindOf(o.last) == reconcile.Throttled
	if o.waits.throttled {
		return o.refused()
	}
	o.attempts++
	if o.last == nil {
		o.retrier.succeeded(o.bucket)
		return nil
	}
	if !reconcile.Retryable(o.last) || o.attempts >= o.retrier.opts.Attempts {
		return backoff.Permanent(o.last)
	}
	return o.last
}

// refused ends the patience when nobody was served on the bucket for too long.
func (o *operation) refused() error {
	if o.retrier.refusedFor(o.bucket) >= o.retrier.opts.Patience {
		return backoff.Permanent(o.last)
	}
	return o.last
}

func (r *Retrier) succeeded(bucket string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.refused, bucket)
}

// refusedFor notes a refusal, and returns for how long there has been nothing
// else on the bucket.
func (r *Retrier) refusedFor(bucket string) time.Duration {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.storm.last) > over {
		r.storm.first = now
	}
	r.storm.last = now
	r.all++
	row, ok := r.refused[bucket]
	if !ok || now.Sub(row.last) > quiet {
		row.first = now
	}
	row.last = now
	r.refused[bucket] = row
	return now.Sub(row.first)
}

// over is how long nothing was refused when a service does not throttle any more.
// It is longer than any wait after a refusal, give or take half.
const over = 2 * maxThrottleDelay

// Throttled returns since when the service refuses requests for being too many;
// zero: it does not, at present.
func (r *Retrier) Throttled() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.storm.last) > over {
		return time.Time{}
	}
	return r.storm.first
}

// Refused is how many throttled answers there have been.
func (r *Retrier) Refused() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all
}

// waits is a backoff.BackOff with two rhythms: the operator's delay for what
// broke, and one of its own for what was throttled, which must not become a
// busy loop when the operator's delay is zero.
type waits struct {
	broken    *backoff.ExponentialBackOff // nil: no delay
	refused   *backoff.ExponentialBackOff
	throttled bool
}

func newWaits(delay time.Duration) *waits {
	w := &waits{refused: exponential(max(delay, throttleDelay), maxThrottleDelay)}
	if delay > 0 {
		w.broken = exponential(delay, maxDelay)
	}
	return w
}

func exponential(first, longest time.Duration) *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(first),
		backoff.WithMaxInterval(max(first, longest)),
		backoff.WithMultiplier(2),
		backoff.WithMaxElapsedTime(0), // attempts and patience are the bounds
	)
}

// NextBackOff implements backoff.BackOff.
func (w *waits) NextBackOff() time.Duration {
	switch {
	case w.throttled:
		return w.refused.NextBackOff()
	case w.broken == nil:
		return 0
	}
	return w.broken.NextBackOff()
}

// Reset implements backoff.BackOff.
func (w *waits) Reset() {
	w.refused.Reset()
	if w.broken != nil {
		w.broken.Reset()
	}
}
