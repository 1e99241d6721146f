package copier

import (
	"container/heap"
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
	room    sync.Cond // to push
	some    sync.Cond // to claim, or closed
	waiting byExpiry
	arrived uint64
	claimed int // of waiting
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
	heap.Push(&q.waiting, queued{Decision: d, arrived: q.arrived})
	q.arrived++
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
	d := heap.Pop(&q.waiting).(queued).Decision
	q.room.Signal()
	return d
}

// queued is a decision that waits.
type queued struct {
	reconcile.Decision
	arrived uint64
}

// byExpiry is a heap: soonest expiry first, none at all last, ties in the
// order of arrival.
type byExpiry []queued

func (h byExpiry) Len() int      { return len(h) }
func (h byExpiry) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h byExpiry) Less(i, j int) bool {
	a, b := h[i].Source.Restore.Expiry, h[j].Source.Restore.Expiry
	if a.Equal(b) {
		return h[i].arrived < h[j].arrived
	}
	if a.IsZero() || b.IsZero() {
		return b.IsZero()
	}
	return a.Before(b)
}

// Push implements heap.Interface.
func (h *byExpiry) Push(x any) { *h = append(*h, x.(queued)) }

// Pop implements heap.Interface.
func (h *byExpiry) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = queued{} // let go of its strings
	*h = (*h)[:last]
	return x
}
