package retry_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// Where ctx has ended before, nothing is sent.
func TestEndedBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := &script{answers: []error{nil}}
	attempts, err := retry.New(retry.Options{Attempts: 3}).Do(ctx, "b", s.send)
	if len(s.asked) != 0 || attempts != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("sent %d, attempts %d, %v", len(s.asked), attempts, err)
	}
}

// A wait ends with ctx at once, and the error says both that it did and what
// the service had said last.
func TestEndedWhileWaiting(t *testing.T) {
	for name, answer := range map[string]error{"broken": broken, "throttled": throttled} {
		for cause, end := range map[error]func(context.Context) (context.Context, context.CancelFunc){
			context.Canceled: func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(5*time.Second, cancel)
				return ctx, cancel
			},
			context.DeadlineExceeded: func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 5*time.Second)
			},
		} {
			t.Run(name+"/"+cause.Error(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := end(t.Context())
					defer cancel()
					began := time.Now()
					s := &script{answers: []error{answer}}
					attempts, err := retry.New(retry.Options{Attempts: 9, Delay: time.Minute, Patience: time.Hour}).Do(ctx, "b", s.send)
					if len(s.asked) != 1 || attempts != 1 || time.Since(began) != 5*time.Second {
						t.Errorf("sent %d, attempts %d, after %v", len(s.asked), attempts, time.Since(began))
					}
					if !errors.Is(err, cause) || !errors.Is(err, answer) || reconcile.KindOf(err) != reconcile.KindOf(answer) {
						t.Errorf("%v: not both %v and %v", err, cause, answer)
					}
				})
			})
		}
	}
}

// A request under way is not cut off: what it comes to is what is returned.
func TestEndedWhileSending(t *testing.T) {
	for _, answer := range []error{nil, denied} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			attempts, err := retry.New(retry.Options{Attempts: 3, Delay: time.Second}).Do(ctx, "b", func() error {
				cancel()
				return answer
			})
			if attempts != 1 || err != answer {
				t.Errorf("%d attempts, %v; want 1, %v", attempts, err, answer)
			}
		})
	}
}

// What may be sent again is not, once ctx has ended: not even without a delay.
func TestEndedIsNotSentAgain(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			sent := 0
			_, err := retry.New(retry.Options{Attempts: 3, Delay: delay}).Do(ctx, "b", func() error {
				sent++
				cancel()
				return broken
			})
			if sent != 1 || !errors.Is(err, context.Canceled) || !errors.Is(err, reconcile.Network) {
				t.Errorf("sent %d, %v", sent, err)
			}
		})
	}
}
