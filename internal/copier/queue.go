package copier

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"reconcile/internal/reconcile"
)

// queueCapacity is how many decisions may wait for a worker. It is how far the
// order by expiry reaches, and what bounds the memory.
const queueCapacity = 4096

// queue holds decisions for the workers, the one whose restored copy expires
// soonest in front. It is filled while it is emptied: the order is that among
// those which wait at the time.
type queue struct {
	mu      sync.Mutex
	room    sync.Cond             // to push
	some    sync.Cond             // to claim, or closed
	waiting []*reconcile.Decision // the most urgent last; those that are as urgent, the first to arrive last
	claimed int                   // of waiting
	bound   int
	closed  bool
}

func newQueue(bound int) *queue {
	q := &queue{bound: bound}
	q.room.L, q.some.L = &q.mu, &q.mu
	return q
}

// fill pushes all of in, and closes the queue.
func (q *queue) fill(in <-chan reconcile.Decision) {
	for d := range in {
		q.push(d)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.some.Broadcast()
}

// push adds a decision, as soon as there is room.
func (q *queue) push(d reconcile.Decision) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) >= q.bound {
		q.room.Wait()
	}
	i, _ := slices.BinarySearchFunc(q.waiting, &d, moreUrgent)
	q.waiting = slices.Insert(q.waiting, i, &d)
	q.some.Signal()
}

// claim waits until there is a decision for the caller, who then has to take
// one. It is false when the queue is closed and all in it are claimed.
func (q *queue) claim() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.claimed == len(q.waiting) {
		if q.closed {
			return false
		}
		q.some.Wait()
	}
	q.claimed++
	return true
}

// take returns the decision in front. That is decided here and not by the
// claim, so that a worker who had to wait in between, for the limiter, gets what
// is most urgent by then.
func (q *queue) take() reconcile.Decision {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.claimed--
	last := len(q.waiting) - 1
	d := q.waiting[last]
	q.waiting[last] = nil // let go of its strings
	q.waiting = q.waiting[:last]
	q.room.Signal()
	return *d
}

// moreUrgent is positive where a expires sooner than b.
func moreUrgent(a, b *reconcile.Decision) int { return cmp.Compare(expires(b), expires(a)) }

// expires is when d's restored copy does, in milliseconds since 1970; what never
// does comes after everything else.
func expires(d *reconcile.Decision) int64 {
	if expiry := d.Source.Restore.Expiry; !expiry.IsZero() {
		return expiry.UnixMilli()
	}
	return math.MaxInt64
}
