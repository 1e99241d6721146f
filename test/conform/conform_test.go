package conform_test

import (
	"sync"
	"testing"
	"time"

	"reconcile/internal/s3sim"
	"reconcile/test/conform"
)

// The simulator is S3 in everything the suite knows: it has no differences.
func TestSimulator(t *testing.T) {
	conform.Run(t, simulator(t, s3sim.Quirks{}))
}

// restoreDelay is what a restore takes in the simulator under test.
const restoreDelay = 4 * time.Hour

// simulator starts a simulator with these quirks for the time of a test.
func simulator(t *testing.T, quirks s3sim.Quirks) conform.Target {
	t.Helper()
	var clock clock
	part := 0 // as S3's
	if !*whole {
		part = 64 << 10
	}
	srv, err := s3sim.Start(s3sim.Config{
		Now:          clock.now,
		RestoreDelay: func(string, string) time.Duration { return restoreDelay },
		MinPart:      int64(part),
		Quirks:       quirks,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Errorf("close the simulator: %v", err)
		}
	})
	return conform.Target{
		Name:             "s3sim",
		Endpoint:         srv.URL(),
		Region:           srv.Region(),
		AccessKey:        srv.AccessKey(),
		SecretKey:        srv.SecretKey(),
		Now:              clock.now,
		MinPart:          part,
		CompleteRestores: func() { clock.advance(restoreDelay) },
		ExpireRestores:   func() { clock.advance(3 * 24 * time.Hour) },
		PutSynthetic: func(bucket, key string, size int64) error {
			srv.Put(bucket, key, s3sim.Object{Size: size})
			return nil
		},
	}
}

// clock is the wall clock plus what it was moved forward by.
type clock struct {
	mu     sync.Mutex
	offset time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}
