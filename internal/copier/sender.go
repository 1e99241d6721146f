package copier

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"reconcile/internal/limiter"
	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// sender sends the requests that one object needs, and counts what they took.
type sender struct {
	contexts
	limiter   *limiter.Limiter
	retry     *retry.Retrier
	permit    *limiter.Permit // of the limiter, for the first request; else nil
	attempts  atomic.Int64    // the largest number any one request took
	throttled atomic.Int64    // throttled answers
}

// send sends one request, again where that is worth it, when there is room.
func (s *sender) send(bucket string, request func(ctx context.Context) error) error {
	n, err := s.retry.Do(s.accept, bucket, func() error {
		p, err := s.acquire()
		if err != nil {
			return err
		}
		err = request(s.work)
		s.limiter.Release(p, err)
		if errors.Is(err, reconcile.Throttled) {
			s.throttled.Add(1)
		}
		return err
	})
	for old := s.attempts.Load(); int64(n) > old && !s.attempts.CompareAndSwap(old, int64(n)); {
		old = s.attempts.Load()
	}
	return err
}

// ask is send for a request whose answer has a value.
func ask[T any](s *sender, bucket string, request func(ctx context.Context) (T, error)) (answer T, err error) {
	err = s.send(bucket, func(ctx context.Context) (err error) {
		answer, err = request(ctx)
		return err
	})
	return answer, err
}

// s3Error is what S3 has said of a failed request; zero where that is not known.
func s3Error(err error) (e reconcile.Error) {
	var known *reconcile.Error
	if errors.As(err, &known) {
		e = *known
	}
	return e
}

// acquire waits for a permit, unless one was brought along.
func (s *sender) acquire() (limiter.Permit, error) {
	if p := s.permit; p != nil {
		s.permit = nil
		return *p, nil
	}
	return s.limiter.Acquire(s.accept)
}

// releaseUnused gives a permit back that was brought along and not used. It has to be
// done before waiting for another task, which may need that permit.
func (s *sender) releaseUnused() {
	if s.permit != nil {
		s.permit = nil
		s.limiter.Unused()
	}
}

// during runs f with requests that are begun until accept ends, and given up
// when work does.
func (s *sender) during(accept, work context.Context, f func()) {
	saved := s.contexts
	s.accept, s.work = accept, work
	f()
	s.contexts = saved
}

// rescue runs f with what time there is for looking and aborting, although the
// run may be over.
func (s *sender) rescue(f func()) { s.during(s.cleanup, s.cleanup, f) }

// cancelDelay is how much sooner than the sender somebody else may hear that the run
// is being stopped: contexts tell their children one after the other.
const cancelDelay = 100 * time.Millisecond

// stopped reports whether err comes of the run being stopped.
func (s *sender) stopped(err error) bool {
	if errors.Is(err, context.Canceled) {
		select {
		case <-s.accept.Done():
			return true
		case <-time.After(cancelDelay):
			return false
		}
	}
	return s.accept.Err() != nil && errors.Is(err, s.accept.Err())
}
