package copier

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/reconcile"
)

// expiring is a decision whose source expires so many hours from the epoch on;
// 0 is never.
func expiring(key string, hours int) reconcile.Decision {
	d := reconcile.Decision{Source: reconcile.Object{Location: reconcile.Location{Key: key}}}
	if hours > 0 {
		d.Source.Restore.Expiry = time.Unix(int64(hours)*3600, 0)
	}
	return d
}

// At every moment the one in front is the soonest of those that wait, the first
// to arrive of several, and what never expires comes last. Any sequence of
// pushes and takes agrees with a plain list.
func TestQueueOrder(t *testing.T) {
	type waiting struct{ number, hours int }
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 0))
		q := newQueue(1000)
		var model []waiting
		for i := range 400 {
			if len(model) == 0 || r.IntN(5) > 1 {
				hours := r.IntN(8)
				q.push(expiring(strconv.Itoa(i), hours))
				model = append(model, waiting{i, (hours + 7) % 8}) // 0 is never
				continue
			}
			q.claim()
			want := slices.MinFunc(model, func(a, b waiting) int { return cmp.Compare(a.hours, b.hours) })
			if got := q.take(); got.Source.Key != strconv.Itoa(want.number) {
				t.Fatalf("seed %d: got %s, want %d", seed, got.Source.Key, want.number)
			}
			model = slices.DeleteFunc(model, func(w waiting) bool { return w == want })
		}
	}
}

// A push blocks while the queue is full, and goes on when one is taken.
func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(3)
		in := make(chan reconcile.Decision)
		go q.fill(in)
		for i := range 4 {
			in <- expiring(strconv.Itoa(i), 0)
		}
		synctest.Wait()
		select {
		case in <- expiring("", 0):
			t.Fatal("a fifth was accepted, with room for three and one in hand")
		default:
		}
		q.claim()
		q.take()
		in <- expiring("4", 0)
		close(in)
		for range 4 {
			if !q.claim() {
				t.Fatal("closed with something in it")
			}
			q.take()
		}
		if q.claim() {
			t.Error("a claim on an empty, closed queue")
		}
	})
}

// What is decided by the claim is only that there is something: a more urgent
// one that comes before the take is taken.
func TestQueueTakesLate(t *testing.T) {
	q := newQueue(3)
	q.push(expiring("later", 9))
	q.claim()
	q.push(expiring("soon", 1))
	if got := q.take().Source.Key; got != "soon" {
		t.Errorf("took %s", got)
	}
}

// Whatever the number of workers, everything comes out exactly once, and those
// who wait for more are let go at the end.
func TestQueueDrains(t *testing.T) {
	for _, workers := range []int{1, 7, 300} {
		q := newQueue(16)
		in := make(chan reconcile.Decision)
		var wg sync.WaitGroup
		var mu sync.Mutex
		seen := map[string]int{}
		wg.Go(func() { q.fill(in) })
		for range workers {
			wg.Go(func() {
				for q.claim() {
					d := q.take()
					mu.Lock()
					seen[d.Source.Key]++
					mu.Unlock()
				}
			})
		}
		for i := range 5000 {
			in <- expiring(strconv.Itoa(i), i%11)
		}
		close(in)
		wg.Wait()
		for key, n := range seen {
			if n != 1 {
				t.Errorf("%s came out %d times", key, n)
			}
		}
		if len(seen) != 5000 {
			t.Errorf("%d came out", len(seen))
		}
	}
}
