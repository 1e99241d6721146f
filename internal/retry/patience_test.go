package retry_test

import (
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/retry"
)

const patience = 10 * time.Minute

// longestWait is the cap of the delays with its jitter: so late may the end of
// the patience be noticed.
const longestWait = 30*time.Second + time.Nanosecond

// refusedFor sends a request on bucket "b" that is always throttled, and
// returns how long it took to give up.
func refusedFor(t *testing.T, r *retry.Retrier) time.Duration {
	t.Helper()
	s := &script{answers: []error{throttled}}
	began := time.Now()
	attempts, err := r.Do(t.Context(), "b", s.send)
	if err != throttled || attempts != 1 {
		t.Errorf("%d attempts, %v; want 1, %v", attempts, err, throttled)
	}
	return time.Since(began)
}

func checkPatience(t *testing.T, got, want time.Duration) {
	t.Helper()
	if got < want || got > want+longestWait {
		t.Errorf("gave up after %v, want %v and at most %v more", got, want, longestWait)
	}
}

// succeedAt lets another request succeed on a bucket after a while.
func succeedAt(t *testing.T, r *retry.Retrier, bucket string, after time.Duration, answer error) {
	go func() {
		time.Sleep(after)
		if _, err := r.Do(t.Context(), bucket, func() error { return answer }); err != answer {
			t.Error(err)
		}
	}()
}

// Refused for the patience without one success on its bucket a request fails.
func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := retry.New(retry.Options{Attempts: 3, Delay: time.Second, Patience: patience})
		checkPatience(t, refusedFor(t, r), patience)
	})
}

// A success of another request on the same bucket renews the patience.
func TestSuccessOnTheBucketRenewsPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := retry.New(retry.Options{Attempts: 3, Patience: patience})
		succeedAt(t, r, "b", 9*time.Minute, nil)
		succeedAt(t, r, "b", 18*time.Minute, nil)
		checkPatience(t, refusedFor(t, r), 18*time.Minute+patience)
	})
}

// A success on another bucket, or a request that failed, renews nothing.
func TestOthersDoNotRenewPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := retry.New(retry.Options{Attempts: 1, Patience: patience})
		succeedAt(t, r, "another", 9*time.Minute, nil)
		succeedAt(t, r, "b", 9*time.Minute, broken)
		checkPatience(t, refusedFor(t, r), patience)
	})
}

// A success before the first refusal does not shorten the patience.
func TestEarlierSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := retry.New(retry.Options{Attempts: 1, Patience: patience})
		succeedAt(t, r, "b", 0, nil)
		time.Sleep(9 * time.Minute)
		checkPatience(t, refusedFor(t, r), patience)
	})
}

// A bucket that refuses everybody wears out the patience once, not once for
// each request: those that come after give up at their first refusal, and
// neither a failure nor another request renews it.
func TestPatienceIsTheBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := retry.New(retry.Options{Attempts: 3, Patience: patience})
		succeedAt(t, r, "b", 5*time.Minute, broken)
		checkPatience(t, refusedFor(t, r), patience)
		if took := refusedFor(t, r); took != 0 {
			t.Errorf("the next request waited %v", took)
		}
	})
}

// Refusals long ago do not count: a bucket nobody has asked since may be well
// again.
func TestOldRefusalsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := retry.New(retry.Options{Attempts: 3, Patience: patience})
		refusedFor(t, r)
		time.Sleep(time.Minute)
		checkPatience(t, refusedFor(t, r), patience)
	})
}

// No patience: the first refusal is the last.
func TestNoPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if took := refusedFor(t, retry.New(retry.Options{Attempts: 3})); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}
