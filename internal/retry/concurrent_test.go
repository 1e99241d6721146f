package retry_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/retry"
)

// One Retrier serves a whole run: a hundred users at once on a few buckets,
// each with its own count of attempts.
func TestConcurrentUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := retry.New(retry.Options{Attempts: 4, Delay: time.Second, Patience: time.Minute})
		var wg sync.WaitGroup
		for user := range 100 {
			wg.Go(func() {
				for range 20 {
					failures := user % 5 // four attempts: four failures are one too many
					sent := 0
					attempts, err := r.Do(t.Context(), fmt.Sprint("bucket", user%3), func() error {
						sent++
						if sent <= failures {
							return broken
						}
						return nil
					})
					want := min(failures+1, 4)
					if attempts != want || sent != want || (err != nil) != (failures == 4) {
						t.Errorf("user %d: %d attempts, %d sent, %v", user, attempts, sent, err)
					}
				}
			})
		}
		wg.Wait()
	})
}

// As long as the bucket serves anybody, nobody runs out of patience: a hundred
// users of a service that takes one request a minute are all served.
func TestAllAreServedByASlowService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := retry.New(retry.Options{Attempts: 1, Patience: 5 * time.Minute})
		var mu sync.Mutex
		var free time.Time
		service := func() error {
			mu.Lock()
			defer mu.Unlock()
			if time.Now().Before(free) {
				return throttled
			}
			free = time.Now().Add(time.Minute)
			return nil
		}
		var served atomic.Int32
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if _, err := r.Do(t.Context(), "b", service); err != nil {
					t.Error(err)
					return
				}
				served.Add(1)
			})
		}
		wg.Wait()
		if served.Load() != 100 {
			t.Errorf("served %d of 100", served.Load())
		}
	})
}
