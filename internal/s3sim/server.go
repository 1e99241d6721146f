package s3sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Server is a running S3 server. Close it when it is no longer needed.
type Server struct {
	cfg      Config
	auth     *verifier
	listener net.Listener
	http     *http.Server
	served   chan struct{} // closed when the accepting goroutine has ended
	done     context.Context
	stop     context.CancelFunc

	closing  sync.Mutex // guards closed against the start of requests
	closed   bool
	inFlight sync.WaitGroup

	mu      sync.RWMutex
	buckets map[string]*bucket

	ids         atomic.Uint64 // of requests, versions and uploads
	connections atomic.Int64
	accepted    atomic.Int64 // restores
	stats       stats
	limits      limits
	faults      faults
	jobs        jobs
}

// Start listens and serves until Close.
func Start(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	listener, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("s3sim: listen: %w", err)
	}
	s := &Server{
		cfg:      cfg,
		auth:     &verifier{accessKey: cfg.AccessKey, secret: cfg.SecretKey, region: cfg.Region},
		listener: listener,
		served:   make(chan struct{}),
		buckets:  map[string]*bucket{},
	}
	s.done, s.stop = context.WithCancel(context.Background())
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // cut connections are meant
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				s.connections.Add(1)
			}
		},
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(listener) // always returns an error, ErrServerClosed after Close
	}()
	return s, nil
}

// URL is where the server listens, as an endpoint URL.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Region is what clients have to sign for.
func (s *Server) Region() string { return s.cfg.Region }

// AccessKey is the id of the accepted credentials.
func (s *Server) AccessKey() string { return s.cfg.AccessKey }

// SecretKey is the secret of the accepted credentials.
func (s *Server) SecretKey() string { return s.cfg.SecretKey }

// Close ends all connections, also those of requests that hang, and waits for
// the requests in progress to notice. It must not be called from a fault's
// functions.
func (s *Server) Close() error {
	s.closing.Lock()
	s.closed = true
	s.closing.Unlock()
	s.stop()
	err := s.http.Close()
	<-s.served
	s.inFlight.Wait()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("s3sim: close: %w", err)
	}
	return nil
}

// enter registers a request, unless the server is being closed.
func (s *Server) enter() bool {
	s.closing.Lock()
	defer s.closing.Unlock()
	if s.closed {
		return false
	}
	s.inFlight.Add(1)
	return true
}

// CreateBucket creates a bucket, or replaces the one of that name by an empty
// one.
func (s *Server) CreateBucket(name string, opts ...BucketOption) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets[name] = newBucket(name, s.cfg.Now(), opts)
}

// bucket returns the bucket of that name, or nil.
func (s *Server) bucket(name string) *bucket {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.buckets[name]
}

// mustBucket is bucket for the Go API, where a missing one is the caller's
// mistake.
func (s *Server) mustBucket(name string) *bucket {
	b := s.bucket(name)
	if b == nil {
		panic("s3sim: no bucket " + name)
	}
	return b
}

// newID returns an id that this server has not given out before.
func (s *Server) newID() string {
	return fmt.Sprintf("%016X", mix(0x5351, s.ids.Add(1)))
}
