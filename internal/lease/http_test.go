package lease_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"reconcile/internal/lease"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
	"reconcile/internal/s3store"
)

func init() { debug.SetGCPercent(400) } // memory is no matter here

// The lease on a server, over HTTP, through the real store.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "reconcile", "AWS_SECRET_ACCESS_KEY": "reconcile-secret", "AWS_SESSION_TOKEN": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PROFILE": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "",
	} {
		os.Setenv(name, value)
	}
	os.Exit(m.Run())
}

var theLock = reconcile.Location{Bucket: "locks", Key: "nightly/lock"}

// served is a server whose clock, by which it stamps objects, can be set back.
type served struct {
	*s3sim.Server
	t    *testing.T
	back atomic.Int64 // nanoseconds
}

func serve(t *testing.T) *served {
	t.Helper()
	s := &served{t: t}
	srv, err := s3sim.Start(s3sim.Config{Now: func() time.Time { return time.Now().Add(-time.Duration(s.back.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	srv.CreateBucket(theLock.Bucket)
	s.Server = srv
	return s
}

func open(t *testing.T, url string) *s3store.Store {
	t.Helper()
	store, err := s3store.Open(context.Background(), s3store.Config{
		Default: s3store.Bucket{EndpointURL: url, Region: "us-east-1"}, Timeout: 10 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// take takes the lock as a run of its own, with a client of its own.
func (s *served) take(name string, ttl time.Duration) (context.Context, *lease.Lease, error) {
	s.t.Helper()
	return takeOn(s.t, open(s.t, s.URL()), name, ttl)
}

func takeOn(t *testing.T, store lease.Store, name string, ttl time.Duration) (context.Context, *lease.Lease, error) {
	return lease.Take(t.Context(), store, lease.Options{
		At: theLock, Holder: lease.Holder{Run: name, Host: "h", PID: 7, Command: "run", Source: "g"}, TTL: ttl, Now: time.Now,
	})
}

// TestLeaseOverHTTP: taken, held against others, who are told by whom,
// released, and taken again.
func TestLeaseOverHTTP(t *testing.T) {
	s := serve(t)
	ctx, first, err := s.take("first", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var held *lease.HeldError
	if _, _, err := s.take("second", time.Minute); !errors.As(err, &held) || held.Holder.Run != "first" || held.TTL != time.Minute {
		t.Fatalf("the second got %v", err)
	}
	if ctx.Err() != nil {
		t.Error("the first was told that it has lost the lease")
	}
	if err := first.Release(context.Background()); err != nil {
		t.Error(err)
	}
	_, second, err := s.take("second", time.Minute)
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	second.Release(context.Background())
}

// TestDeadLeaseOverHTTP: whether a holder is dead is judged by the server's
// Date and Last-Modified, and what is nobody's is taken.
func TestDeadLeaseOverHTTP(t *testing.T) {
	for age, dead := range map[time.Duration]bool{30 * time.Second: false, 2 * time.Minute: true} {
		s := serve(t)
		s.back.Store(int64(age))
		s.Put(theLock.Bucket, theLock.Key, s3sim.Object{Body: []byte(`{"run":"old","ttl_seconds":60}`)})
		s.back.Store(0)
		_, l, err := s.take("next", time.Minute)
		if taken := err == nil; taken != dead {
			t.Errorf("renewed %v ago: taken %v, %v", age, taken, err)
		}
		if l != nil {
			l.Release(context.Background())
		}
	}
}

// TestLostLeaseOverHTTP: a holder whose lease somebody else has written is told
// at the next renewal, and does not take it back at the end.
func TestLostLeaseOverHTTP(t *testing.T) {
	s := serve(t)
	ctx, l, err := s.take("first", 1500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	thief := []byte(`{"run":"thief","ttl_seconds":60}`)
	s.Put(theLock.Bucket, theLock.Key, s3sim.Object{Body: thief})
	select {
	case <-ctx.Done():
	case <-time.After(30 * time.Second):
		t.Fatal("never told")
	}
	if context.Cause(ctx) != lease.ErrLost {
		t.Errorf("cause %v", context.Cause(ctx))
	}
	if err := l.Release(context.Background()); err == nil {
		t.Error("released what is not held")
	}
	if got := s.Read(theLock.Bucket, theLock.Key, 0, 1000); string(got) != string(thief) {
		t.Errorf("overwritten by %s", got)
	}
}

// TestLeaseAfterLostAnswers: whatever becomes of the answer to a write that
// was carried out, on a free lease and on a dead one, its writer has the lease;
// what was not carried out is an error, and nobody has it.
func TestLeaseAfterLostAnswers(t *testing.T) {
	acted := map[s3sim.FaultKind]bool{
		s3sim.CutAfter: true, s3sim.EmptyOKAfterActing: true, s3sim.ErrorInOKAfterActing: true,
		s3sim.CutBefore: false, s3sim.EmptyOK: false, s3sim.ErrorInOK: false, s3sim.Garbage: false, s3sim.InternalError: false, s3sim.SlowDown: false,
	}
	for kind, want := range acted {
		for _, dead := range []bool{false, true} {
			s := serve(t)
			skip := 0
			if dead {
				s.back.Store(int64(time.Hour))
				s.Put(theLock.Bucket, theLock.Key, s3sim.Object{Body: []byte(`{"run":"old","ttl_seconds":60}`)})
				s.back.Store(0)
				skip = 1 // the first is refused
			}
			s.Inject(s3sim.Fault{Op: "PutObject", Skip: skip, Times: 1, Kind: kind})
			_, l, err := s.take("first", time.Minute)
			if taken := err == nil; taken != want {
				t.Errorf("fault %d, dead %v: taken %v, %v", kind, dead, taken, err)
			}
			_, other, otherErr := s.take("second", time.Minute)
			if free := otherErr == nil; free == want {
				t.Errorf("fault %d, dead %v: the second got %v, the first %v", kind, dead, otherErr, err)
			}
			for _, l := range []*lease.Lease{l, other} {
				if l == nil {
					continue
				}
				s.Inject(s3sim.Fault{Op: "PutObject", Times: 1, Kind: kind})
				err := l.Release(context.Background())
				if free := strings.Contains(string(s.Read(theLock.Bucket, theLock.Key, 0, 1000)), `"released": true`); err == nil && !free {
					t.Errorf("fault %d: said to be released, and is not", kind)
				}
			}
		}
	}
}

// TestStoppedWhileTaking: a run that is stopped while it takes the lease, at
// any of the requests, does not keep the next one out.
func TestStoppedWhileTaking(t *testing.T) {
	for skip := range 2 {
		for _, hang := range []bool{false, true} {
			s := serve(t)
			ctx, stop := context.WithCancel(t.Context())
			f := s3sim.Fault{Op: "PutObject", Skip: skip, Times: 1, Before: stop}
			if hang {
				f.Before, f.AfterAct = nil, func() { stop(); <-ctx.Done() }
				f.Kind = s3sim.CutAfter
			}
			s.Inject(f)
			_, l, err := lease.Take(ctx, open(t, s.URL()), lease.Options{
				At: theLock, Holder: lease.Holder{Run: "stopped"}, TTL: time.Minute, Now: time.Now,
			})
			if err == nil { // it was just in time
				l.Release(context.Background())
			}
			_, l, err = s.take("next", time.Minute)
			if err != nil {
				t.Fatalf("stopped at write %d: %v", skip+1, err)
			}
			l.Release(context.Background())
		}
	}
}

// TestDeafServerOverHTTP: a server that takes every write, whatever its
// condition, gives no lock.
func TestDeafServerOverHTTP(t *testing.T) {
	var n atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if r.Method == http.MethodGet {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, n.Add(1)))
	}))
	defer srv.Close()
	_, _, err := takeOn(t, open(t, srv.URL), "first", time.Minute)
	if err == nil || !strings.Contains(err.Error(), "ignores conditional writes") {
		t.Errorf("%v", err)
	}
}

// TestLeaseThatCannotBe: a bucket that is not there and a right that is
// missing are said as they are.
func TestLeaseThatCannotBe(t *testing.T) {
	s := serve(t)
	s.Inject(s3sim.Fault{Op: "PutObject", Times: 1, Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	if _, _, err := s.take("first", time.Minute); !errors.Is(err, reconcile.AccessDenied) || !strings.Contains(err.Error(), "s3:PutObject") {
		t.Errorf("%v", err)
	}
	_, _, err := lease.Take(t.Context(), open(t, s.URL()), lease.Options{
		At: reconcile.Location{Bucket: "none", Key: "k"}, Holder: lease.Holder{Run: "r"}, TTL: time.Minute, Now: time.Now,
	})
	if !errors.Is(err, reconcile.NotFound) || !strings.Contains(err.Error(), "s3://none") {
		t.Errorf("%v", err)
	}
}

// TestNoConditions: what a server that knows no conditional writes, or refuses
// them all, means for a lock is said in words.
func TestNoConditions(t *testing.T) {
	for want, f := range map[string]s3sim.Fault{
		"takes no conditional writes":                       {Status: 501, Code: "NotImplemented", Message: "A header you provided implies functionality that is not implemented"},
		"takes no conditional writes, so":                   {Status: 400, Code: "InvalidArgument", Message: "Unsupported header 'if-none-match' received for this API call"},
		"refuses If-None-Match although nothing is there, ": {Status: 412, Code: "PreconditionFailed", Message: "no"},
	} {
		s := serve(t)
		f.Op, f.Kind = "PutObject", s3sim.Respond
		s.Inject(f)
		if _, _, err := s.take("first", time.Minute); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), theLock.String()) {
			t.Errorf("%d: %v", f.Status, err)
		}
	}
}

// TestRaceOverHTTP: of many that come at once, on a free lease and on a dead
// one, exactly one gets it.
func TestRaceOverHTTP(t *testing.T) {
	for _, dead := range []bool{false, true} {
		s := serve(t)
		if dead {
			s.back.Store(int64(time.Hour))
			s.Put(theLock.Bucket, theLock.Key, s3sim.Object{Body: []byte(`{"run":"old","ttl_seconds":60}`)})
			s.back.Store(0)
		}
		var wg sync.WaitGroup
		var got atomic.Int32
		for i := range 20 {
			wg.Go(func() {
				if _, _, err := s.take(fmt.Sprint(i), time.Minute); err == nil {
					got.Add(1)
				}
			})
		}
		wg.Wait()
		if got.Load() != 1 {
			t.Errorf("dead %v: %d hold it", dead, got.Load())
		}
	}
}
