package s3sim

import (
	"maps"
	"sync"
)

// stats counts requests by operation.
type stats struct {
	mu       sync.Mutex
	requests map[string]int64
	refused  map[string]int64
	inFlight map[string]int64
	highest  map[string]int64
}

func (s *stats) begin(op string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requests == nil {
		s.requests, s.refused = map[string]int64{}, map[string]int64{}
		s.inFlight, s.highest = map[string]int64{}, map[string]int64{}
	}
	s.requests[op]++
	s.inFlight[op]++
	s.highest[op] = max(s.highest[op], s.inFlight[op])
}

func (s *stats) end(op string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight[op]--
}

func (s *stats) refuse(op string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused[op]++
}

func (s *stats) snapshot(pick func() map[string]int64) map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := maps.Clone(pick())
	if out == nil {
		out = map[string]int64{}
	}
	return out
}

// Requests returns how many requests of each operation arrived, answered or
// not. What is no operation of S3 counts as "Unknown".
func (s *Server) Requests() map[string]int64 {
	return s.stats.snapshot(func() map[string]int64 { return s.stats.requests })
}

// Refused returns how many requests the rate limits answered with 503.
func (s *Server) Refused() map[string]int64 {
	return s.stats.snapshot(func() map[string]int64 { return s.stats.refused })
}

// MaxInFlight returns the highest number of requests of each operation that
// were in progress at the same time.
func (s *Server) MaxInFlight() map[string]int64 {
	return s.stats.snapshot(func() map[string]int64 { return s.stats.highest })
}

// ResetRequests sets what Requests, Refused and MaxInFlight return to zero.
func (s *Server) ResetRequests() {
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	clear(s.stats.requests)
	clear(s.stats.refused)
	clear(s.stats.highest)
}

// Accepted returns how many restores S3 would have begun, and charged for:
// extensions and refused requests left out, faster tiers counted.
func (s *Server) Accepted() int64 { return s.accepted.Load() }

// Connections returns how many TCP connections were accepted.
func (s *Server) Connections() int64 { return s.connections.Load() }
