package lease_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"reconcile/internal/lease"
	"reconcile/internal/reconcile"
)

// memory is a bucket with one object, conditional writes and a clock.
type memory struct {
	mu                             sync.Mutex
	body                           []byte
	version                        int
	written                        time.Time
	deaf                           bool // ignores conditions
	ignoresMatch, ignoresNoneMatch bool // one of them
	refusesMatch                   bool // refuses a condition that is met
	broken                         bool // answers nothing
	loseNext                       bool // acts, and loses the answer
}

func (m *memory) ReadDocument(context.Context, reconcile.Location) (reconcile.Document, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return reconcile.Document{}, &reconcile.Error{Kind: reconcile.Network}
	}
	if m.body == nil {
		return reconcile.Document{}, &reconcile.Error{Kind: reconcile.NotFound, Status: 404}
	}
	return reconcile.Document{Body: m.body, ETag: fmt.Sprint(m.version), Age: time.Since(m.written)}, nil
}

func (m *memory) WriteDocument(_ context.Context, _ reconcile.Location, body []byte, g reconcile.Precondition) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return "", &reconcile.Error{Kind: reconcile.Network}
	}
	held := m.body != nil && g.IfMatch == "" || g.IfMatch != "" && g.IfMatch != fmt.Sprint(m.version)
	ignored := m.deaf || m.ignoresMatch && g.IfMatch != "" || m.ignoresNoneMatch && g.IfMatch == ""
	if !g.Off && (held && !ignored || m.refusesMatch && g.IfMatch != "") {
		return "", &reconcile.Error{Kind: reconcile.Conflict, Status: 412, Code: reconcile.CodePreconditionFailed}
	}
	m.body, m.written = body, time.Now()
	m.version++
	if m.loseNext {
		m.loseNext = false
		return "", &reconcile.Error{Kind: reconcile.Network}
	}
	return fmt.Sprint(m.version), nil
}

func take(m *memory, name string) (context.Context, *lease.Lease, error) {
	return lease.Take(context.Background(), m, lease.Options{
		At: reconcile.Location{Bucket: "b", Key: "lock"}, Holder: lease.Holder{Run: name, Host: "h"}, TTL: time.Minute, Now: time.Now,
	})
}

// TestOneHolder: whoever comes second is told who holds the lease, as long as
// it is renewed, and gets it when it was released.
func TestOneHolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		_, first, err := take(m, "first")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute) // ten times its life: it is being renewed
		var held *lease.HeldError
		if _, _, err := take(m, "second"); !errors.As(err, &held) || held.Holder.Run != "first" {
			t.Fatalf("the second got %v", err)
		}
		if err := first.Release(context.Background()); err != nil {
			t.Fatal(err)
		}
		_, second, err := take(m, "second")
		if err != nil {
			t.Fatalf("after the release: %v", err)
		}
		second.Release(context.Background())
	})
}

// TestDeadHolder: the lease of a holder that died expires, and not before.
func TestDeadHolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{body: []byte(`{"run":"dead","ttl_seconds":60}`), version: 7, written: time.Now()}
		time.Sleep(59 * time.Second)
		if _, _, err := take(m, "next"); err == nil {
			t.Fatal("taken while it may still be held")
		}
		time.Sleep(2 * time.Second)
		_, l, err := take(m, "next")
		if err != nil {
			t.Fatalf("a dead holder's lease was not taken: %v", err)
		}
		l.Release(context.Background())
	})
}

// TestLostLease: a holder whose lease somebody took, or who cannot reach the
// server, is told before the lease has expired.
func TestLostLease(t *testing.T) {
	for name, harm := range map[string]func(*memory){
		"taken":       func(m *memory) { m.version++; m.body = []byte(`{"run":"thief","ttl_seconds":60}`) },
		"unreachable": func(m *memory) { m.broken = true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &memory{}
				ctx, l, err := take(m, "first")
				if err != nil {
					t.Fatal(err)
				}
				m.mu.Lock()
				harm(m)
				m.mu.Unlock()
				began := time.Now()
				<-ctx.Done()
				if cause := context.Cause(ctx); cause != lease.ErrLost {
					t.Errorf("cause is %v", cause)
				}
				if took := time.Since(began); took > time.Minute {
					t.Errorf("told after %v, when another run may hold it", took)
				}
				l.Release(context.Background())
			})
		})
	}
}

// TestLostAnswers: a write that acted and whose answer was lost is known as
// ours, when taking and when renewing.
func TestLostAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{loseNext: true}
		ctx, l, err := take(m, "first")
		if err != nil {
			t.Fatal(err)
		}
		m.mu.Lock()
		m.loseNext = true
		m.mu.Unlock()
		time.Sleep(5 * time.Minute)
		if ctx.Err() != nil {
			t.Error("the lease was given up")
		}
		if err := l.Release(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// slow is a server that carries out a write after whoever sent it has gone.
type slow struct {
	*memory
	gone context.CancelFunc
}

func (s slow) WriteDocument(ctx context.Context, at reconcile.Location, body []byte, g reconcile.Precondition) (string, error) {
	if s.gone == nil || ctx.Err() != nil || g.IfMatch != "" {
		return s.memory.WriteDocument(ctx, at, body, g)
	}
	s.gone()
	time.AfterFunc(300*time.Millisecond, func() { s.memory.WriteDocument(ctx, at, body, g) })
	return "", ctx.Err()
}

// TestWrittenAfterTheStop: a run that is stopped while it takes the lease gives
// back what the server writes after that.
func TestWrittenAfterTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		m := &memory{}
		o := lease.Options{At: reconcile.Location{Bucket: "b", Key: "lock"}, Holder: lease.Holder{Run: "first", Host: "h"}, TTL: time.Minute, Now: time.Now}
		if _, _, err := lease.Take(ctx, slow{m, cancel}, o); err == nil {
			t.Fatal("a run that is stopped has the lease")
		}
		time.Sleep(time.Second)
		_, l, err := take(m, "second")
		if err != nil {
			t.Fatal(err)
		}
		l.Release(t.Context())
	})
}

// TestMayStay: where it cannot be seen whether what was written holds the lease,
// the error says so.
func TestMayStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		last, end := context.WithCancel(t.Context())
		end()
		ctx, cancel := context.WithCancel(t.Context())
		o := lease.Options{At: reconcile.Location{Bucket: "b", Key: "lock"}, Holder: lease.Holder{Run: "first", Host: "h"}, TTL: time.Minute, Now: time.Now, Last: last}
		if _, _, err := lease.Take(ctx, slow{&memory{}, cancel}, o); !errors.Is(err, lease.ErrMayStay) || !errors.Is(err, context.Canceled) {
			t.Errorf("it says %v", err)
		}
	})
}

// TestDeafServer: a server that ignores conditions is refused.
func TestDeafServer(t *testing.T) {
	if _, _, err := take(&memory{deaf: true}, "first"); err == nil {
		t.Fatal("a lock that keeps nobody out was believed")
	}
}

// TestHalfDeafServer: a lock is believed when both conditions have been seen to
// work, on a free one and on a dead one, and what was written in the trial keeps
// nobody out. Somebody's living lock is not touched.
func TestHalfDeafServer(t *testing.T) {
	for name, server := range map[string]func() *memory{
		"ignores If-Match":      func() *memory { return &memory{ignoresMatch: true} },
		"ignores If-None-Match": func() *memory { return &memory{ignoresNoneMatch: true} },
		"refuses If-Match":      func() *memory { return &memory{refusesMatch: true} },
	} {
		for _, dead := range []bool{false, true} {
			m := server()
			if dead {
				m.body, m.version, m.written = []byte(`{"run":"dead","ttl_seconds":60}`), 7, time.Now().Add(-time.Hour)
			}
			_, _, err := take(m, "first")
			if err == nil || !strings.Contains(err.Error(), "the server") || !strings.Contains(err.Error(), "If-") {
				t.Errorf("%s, dead %v: %v", name, dead, err)
			}
			if body := string(m.body); strings.Contains(body, `"run": "first"`) && !strings.Contains(body, `"released": true`) {
				t.Errorf("%s, dead %v: it is kept by %s", name, dead, body)
			}
		}
		m, alive := server(), `{"run":"living","ttl_seconds":60}`
		m.body, m.version, m.written = []byte(alive), 7, time.Now()
		var held *lease.HeldError
		if _, _, err := take(m, "first"); !errors.As(err, &held) || string(m.body) != alive {
			t.Errorf("%s: %v, %s", name, err, m.body)
		}
	}
}

// TestRenewalRefused: a renewal counts when the write succeeded, and not because
// the lease is still ours.
func TestRenewalRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		ctx, l, err := take(m, "first")
		if err != nil {
			t.Fatal(err)
		}
		m.mu.Lock()
		m.refusesMatch = true
		m.mu.Unlock()
		began := time.Now()
		<-ctx.Done()
		if took := time.Since(began); took > time.Minute {
			t.Errorf("told after %v", took)
		}
		l.Release(context.Background())
	})
}

// TestTakenFrom: who takes over knows from whom.
func TestTakenFrom(t *testing.T) {
	for body, want := range map[string]string{
		`{"run":"dead","host":"h1","ttl_seconds":60}`:                 "dead",
		`{"run":"done","host":"h1","ttl_seconds":60,"released":true}`: "",
	} {
		m := &memory{body: []byte(body), version: 7, written: time.Now().Add(-time.Hour)}
		_, l, err := take(m, "next")
		if err != nil {
			t.Fatal(err)
		}
		if from, ok := l.TakenFrom(); from.Run != want || ok != (want != "") {
			t.Errorf("%s: %+v, %v", body, from, ok)
		}
		l.Release(context.Background())
	}
}

// TestForeignObject: an object that is no lease is left alone.
func TestForeignObject(t *testing.T) {
	m := &memory{body: []byte("not ours"), version: 1, written: time.Now().Add(-time.Hour)}
	if _, _, err := take(m, "first"); err == nil || string(m.body) != "not ours" {
		t.Fatalf("err %v, body %q", err, m.body)
	}
}

// TestRace: of many that come at once, on a free lease and on a dead one,
// exactly one gets it.
func TestRace(t *testing.T) {
	for _, m := range []*memory{{}, {body: []byte(`{"run":"dead","ttl_seconds":60}`), version: 1, written: time.Now().Add(-time.Hour)}} {
		var wg sync.WaitGroup
		var got atomic.Int32
		for i := range 50 {
			wg.Go(func() {
				if _, _, err := take(m, fmt.Sprint(i)); err == nil {
					got.Add(1)
				}
			})
		}
		wg.Wait()
		if got.Load() != 1 {
			t.Errorf("%d hold it", got.Load())
		}
	}
}
