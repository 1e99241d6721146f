package s3sim

import (
	"sync"
	"time"
)

// limits are how slow the server is and how much it takes.
type limits struct {
	mu        sync.Mutex
	latencies map[string]time.Duration
	rates     map[string]*rate
	bandwidth int64
}

// rate is a token bucket.
type rate struct {
	perSecond float64
	burst     float64
	tokens    float64
	last      time.Time
}

func (r *rate) take(now time.Time) bool {
	if !r.last.IsZero() {
		r.tokens = min(r.burst, r.tokens+now.Sub(r.last).Seconds()*r.perSecond)
	}
	r.last = now
	if r.tokens < 1 {
		return false
	}
	r.tokens--
	return true
}

// allow takes a token for op, and one of those for all operations.
func (l *limits) allow(op string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range [...]string{op, ""} {
		if r := l.rates[name]; r != nil && !r.take(now) {
			return false
		}
	}
	return true
}

func (l *limits) latency(op string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d, ok := l.latencies[op]; ok {
		return d
	}
	return l.latencies[""]
}

// transferTime is how long a server-side copy of n bytes takes.
func (l *limits) transferTime(n int64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bandwidth <= 0 {
		return 0
	}
	return time.Duration(float64(n) / float64(l.bandwidth) * float64(time.Second))
}

// SetLatency makes every request of an operation take that much longer; ""
// stands for all operations that have no latency of their own.
func (s *Server) SetLatency(op string, d time.Duration) {
	s.limits.mu.Lock()
	defer s.limits.mu.Unlock()
	if s.limits.latencies == nil {
		s.limits.latencies = map[string]time.Duration{}
	}
	s.limits.latencies[op] = d
}

// SetBandwidth makes server-side copies (CopyObject, UploadPartCopy) take as
// long as their bytes need at that rate, each for itself; 0 is no limit.
func (s *Server) SetBandwidth(bytesPerSecondPerStream int64) {
	s.limits.mu.Lock()
	defer s.limits.mu.Unlock()
	s.limits.bandwidth = bytesPerSecondPerStream
}

// SetRate limits an operation to perSecond requests, with bursts of up to burst
// (at least 1); what comes faster gets 503 SlowDown. "" limits all operations
// together, besides their own limits. 0 per second is no limit.
func (s *Server) SetRate(op string, perSecond float64, burst int) {
	s.limits.mu.Lock()
	defer s.limits.mu.Unlock()
	if perSecond <= 0 {
		delete(s.limits.rates, op)
		return
	}
	if s.limits.rates == nil {
		s.limits.rates = map[string]*rate{}
	}
	size := float64(max(burst, 1))
	s.limits.rates[op] = &rate{perSecond: perSecond, burst: size, tokens: size}
}
