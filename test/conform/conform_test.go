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
	part := smallPart
	if *whole {
		part = 5 << 20
	}
	conform.Run(t, simulator(t, s3sim.Quirks{}, part))
}

// restoreDelay is what a restore takes in the simulator under test.
const restoreDelay = 4 * time.Hour

// smallPart is what the simulator takes for a part, in bytes, so that not much
// has to be sent.
const smallPart = 64 << 10

// simulator starts a simulator with these quirks, whose parts have so many bytes
// at least, for the time of a test.
func simulator(t *testing.T, quirks s3sim.Quirks, part int) conform.Target {
	t.Helper()
	var clock clock
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
