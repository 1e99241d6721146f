package s3sim

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong with some requests, or with what a job of S3
// Batch Operations does: Op is then S3ComputeObjectChecksum or
// S3InitiateRestoreObject for one of its objects, and RunJob for the job as a
// whole, Bucket and KeyPrefix being those of its manifest. Whatever its kind, the
// task or the job fails with Code and Message; None fails nothing.
type Fault struct {
	// Op is S3's name of the operation ("CopyObject"), Bucket and KeyPrefix say
	// what it is about; "" is any.
	Op, Bucket, KeyPrefix string
	// Match, if set, has to agree as well.
	Match func(*http.Request) bool
	// Times is how often the fault strikes; 0 = always.
	Times int
	// Skip lets the first matching requests pass.
	Skip int
	// Probability of striking, 0 = 1; drawn from a generator started with Seed.
	Probability float64
	Seed        uint64
	// Kind is what happens. The zero value is None.
	Kind FaultKind
	// Status, Code and Message are the answer of Respond, and Code and Message
	// that of ErrorInOK and ErrorInOKAfterActing; by default those of
	// InternalError.
	Status        int
	Code, Message string
	// Delay passes before anything else.
	Delay time.Duration
	// Hint has Hang say so first, by a 103, which clients pass over: a test need
	// not wait until its client has lost patience.
	Hint bool
	// Before is called before the operation acts, AfterAct when it has, before
	// the answer. They may use the server, but not close it.
	Before, AfterAct func()
}

// FaultKind is what a [Fault] does to a request.
type FaultKind int

// The kinds of faults.
const (
	None                 FaultKind = iota // only Delay, Before and AfterAct
	Respond                               // answers Status, Code and Message without acting
	ErrorInOK                             // 200 with an <Error> body, without acting
	ErrorInOKAfterActing                  // acts, then the same
	EmptyOK                               // 200 with an empty body, without acting
	EmptyOKAfterActing                    // acts, then the same
	CutBefore                             // resets the connection without acting
	CutAfter                              // acts, then resets the connection
	Truncate                              // acts, sends half of the body, then closes
	Hang                                  // never answers, until the client or the server goes away
	Garbage                               // 200 with a body that is no XML, without acting
	SlowDown                              // 503 SlowDown without acting
	InternalError                         // 500 InternalError without acting
)

// FaultHandle is a fault that was injected.
type FaultHandle struct {
	Fault
	faults *faults
	rand   *rand.Rand
	seen   int // matching requests
	hits   int
}

// faults are those that are in force, in the order of injection.
type faults struct {
	mu  sync.Mutex
	all []*FaultHandle
}

// Inject puts a fault in force. Where several match a request, the one injected
// first strikes.
func (s *Server) Inject(f Fault) *FaultHandle {
	h := &FaultHandle{Fault: f, faults: &s.faults, rand: rand.New(rand.NewPCG(f.Seed, f.Seed))}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.all = append(s.faults.all, h)
	return h
}

// Remove ends the fault. It leaves alone the requests that it struck before.
func (h *FaultHandle) Remove() {
	h.faults.mu.Lock()
	defer h.faults.mu.Unlock()
	h.faults.all = slices.DeleteFunc(h.faults.all, func(x *FaultHandle) bool { return x == h })
}

// Hits returns how many requests the fault has struck.
func (h *FaultHandle) Hits() int {
	h.faults.mu.Lock()
	defer h.faults.mu.Unlock()
	return h.hits
}

// pick returns the fault that strikes a request, or nil.
func (f *faults) pick(c *call) *FaultHandle {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, h := range f.all {
		if h.matches(c) && h.strikes() {
			return h
		}
	}
	return nil
}

func (h *FaultHandle) matches(c *call) bool {
	return (h.Op == "" || h.Op == c.op) &&
		(h.Bucket == "" || h.Bucket == c.bucket) &&
		strings.HasPrefix(c.key, h.KeyPrefix) &&
		(h.Match == nil || h.Match(c.r))
}

// strikes decides about one matching request; the caller holds the lock.
func (h *FaultHandle) strikes() bool {
	h.seen++
	if h.seen <= h.Skip || h.Times > 0 && h.hits >= h.Times {
		return false
	}
	if h.Probability > 0 && h.rand.Float64() >= h.Probability {
		return false
	}
	h.hits++
	return true
}

// run does to a request what the fault says.
func (h *FaultHandle) run(c *call) (outcome, error) {
	if !c.wait(h.Delay) {
		return outcome{}, nil
	}
	if h.Before != nil {
		h.Before()
	}
	if !h.acts() {
		return h.instead(c)
	}
	p, err := c.act()
	if h.AfterAct != nil {
		h.AfterAct()
	}
	if err != nil && h.Kind != CutAfter {
		return outcome{}, err
	}
	switch h.Kind {
	case ErrorInOKAfterActing:
		p = h.errorInOK(c)
	case EmptyOKAfterActing:
		p = newReply(http.StatusOK)
	case CutAfter:
		p = nil
	}
	return outcome{reply: p, truncate: h.Kind == Truncate}, nil
}

// acts reports whether the operation is carried out.
func (h *FaultHandle) acts() bool {
	switch h.Kind {
	case None, ErrorInOKAfterActing, EmptyOKAfterActing, CutAfter, Truncate:
		return true
	}
	return false
}

// instead answers in place of the operation.
func (h *FaultHandle) instead(c *call) (outcome, error) {
	c.drain()
	switch h.Kind {
	case Respond:
		return outcome{}, h.apiError()
	case ErrorInOK:
		return outcome{reply: h.errorInOK(c)}, nil
	case EmptyOK:
		return outcome{reply: newReply(http.StatusOK)}, nil
	case Garbage:
		return outcome{reply: xmlReply([]byte("<html><p>this is not what you asked for"))}, nil
	case SlowDown:
		return outcome{}, errSlowDown
	case InternalError:
		return outcome{}, errInternal
	case Hang:
		if h.Hint {
			c.w.WriteHeader(http.StatusEarlyHints)
		}
		select {
		case <-c.r.Context().Done():
		case <-c.srv.done.Done():
		}
	}
	return outcome{}, nil
}

func (h *FaultHandle) apiError() *apiError {
	e := *errInternal
	if h.Status != 0 {
		e.status = h.Status
	}
	if h.Code != "" {
		e.code, e.message = h.Code, h.Message
	}
	return &e
}

func (h *FaultHandle) errorInOK(c *call) *reply {
	p := h.apiError().reply(c.r, c.id, c.srv.cfg.Quirks)
	p.status = http.StatusOK
	return p
}
