package retry_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// Attempts bounds how often a request is tried; throttled answers are none,
// and what the service refused for a reason is not tried again.
func TestAttempts(t *testing.T) {
	serverError := failure(reconcile.Other, 500, "InternalError")
	raced := failure(reconcile.Conflict, 409, reconcile.CodeConditionalConflict)
	tests := []struct {
		name           string
		allowed        int
		answers        []error
		sent, attempts int
		err            error
	}{
		{"at once", 3, []error{nil}, 1, 1, nil},
		{"the second time", 3, []error{broken, nil}, 2, 2, nil},
		{"the last time", 3, []error{broken, serverError, nil}, 3, 3, nil},
		{"never", 3, []error{broken, broken, serverError, nil}, 3, 3, serverError},
		{"one attempt", 1, []error{broken, nil}, 1, 1, broken},
		{"none is one", 0, []error{broken, nil}, 1, 1, broken},
		{"fewer than none is one", -7, []error{nil}, 1, 1, nil},
		{"denied", 3, []error{denied, nil}, 1, 1, denied},
		{"denied later", 3, []error{broken, denied, nil}, 2, 2, denied},
		{"not S3's", 3, []error{io.EOF, nil}, 1, 1, io.EOF},
		{"raced", 3, []error{raced, nil}, 2, 2, nil},
		{"throttled is no attempt", 1, []error{throttled, throttled, throttled, nil}, 4, 1, nil},
		{"throttled between attempts", 2, []error{throttled, broken, throttled, throttled, nil}, 5, 2, nil},
		{"throttled between failures", 2, []error{throttled, broken, throttled, broken, nil}, 4, 2, broken},
		{"throttled, then denied", 3, []error{throttled, denied, nil}, 2, 1, denied},
		{"throttled, wrapped", 1, []error{fmt.Errorf("part 2: %w", throttled), nil}, 2, 1, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: tt.answers}
				r := retry.New(retry.Options{Attempts: tt.allowed, Delay: time.Second, Patience: time.Hour})
				attempts, err := r.Do(t.Context(), "b", s.send)
				if len(s.asked) != tt.sent || attempts != tt.attempts || err != tt.err {
					t.Errorf("sent %d, attempts %d, error %v; want %d, %d, %v", len(s.asked), attempts, err, tt.sent, tt.attempts, tt.err)
				}
			})
		})
	}
}

// The first delay is the operator's; it doubles from there, give or take half,
// and is capped.
func TestDelaysGrow(t *testing.T) {
	const most = 20 * time.Second
	for _, first := range []time.Duration{time.Millisecond, time.Second, 3 * time.Second, time.Minute} {
		var shortest, longest time.Duration = 1 << 62, 0
		for range 50 {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []error{broken}}
				_, err := retry.New(retry.Options{Attempts: 12, Delay: first}).Do(t.Context(), "b", s.send)
				if !errors.Is(err, reconcile.Network) {
					t.Fatal(err)
				}
				middle := first
				for i, gap := range s.gaps() {
					checkJitter(t, fmt.Sprintf("delay %v, wait %d", first, i+1), gap, middle)
					middle = min(2*middle, max(first, most))
				}
				shortest, longest = min(shortest, s.gaps()[0]), max(longest, s.gaps()[0])
			})
		}
		if longest-shortest < first/4 {
			t.Errorf("delay %v: 50 first waits are all between %v and %v: no jitter", first, shortest, longest)
		}
	}
}

func checkJitter(t *testing.T, name string, gap, middle time.Duration) {
	t.Helper()
	if gap < middle/2 || gap > middle+middle/2+1 {
		t.Errorf("%s: %v is not within half of %v", name, gap, middle)
	}
}

// A delay of zero is none.
func TestZeroDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []error{broken}}
		began := time.Now()
		attempts, err := retry.New(retry.Options{Attempts: 50}).Do(t.Context(), "b", s.send)
		if attempts != 50 || err != broken || time.Since(began) != 0 {
			t.Errorf("%d attempts in %v: %v", attempts, time.Since(began), err)
		}
	})
}

// A throttled answer is waited for even where the operator's delay is zero,
// and its rhythm is not the one of what broke.
func TestThrottledIsNoBusyLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []error{throttled, throttled, broken, throttled, nil}}
		if _, err := retry.New(retry.Options{Attempts: 3, Patience: time.Hour}).Do(t.Context(), "b", s.send); err != nil {
			t.Fatal(err)
		}
		gaps := s.gaps()
		checkJitter(t, "first refusal", gaps[0], 100*time.Millisecond)
		checkJitter(t, "second refusal", gaps[1], 200*time.Millisecond)
		if gaps[2] != 0 {
			t.Errorf("waited %v after what broke, with no delay", gaps[2])
		}
		checkJitter(t, "third refusal", gaps[3], 400*time.Millisecond)
	})
}
