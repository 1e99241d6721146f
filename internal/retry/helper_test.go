package retry_test

import (
	"time"

	"reconcile/internal/reconcile"
)

func failure(kind reconcile.Kind, status int, code string) error {
	return &reconcile.Error{
		Op: "CopyObject", Location: reconcile.Location{Bucket: "b", Key: "k"}, Kind: kind, Status: status, Code: code,
	}
}

var (
	broken    = failure(reconcile.Network, 0, "")
	throttled = failure(reconcile.Throttled, 503, "SlowDown")
	denied    = failure(reconcile.AccessDenied, 403, "AccessDenied")
)

// script answers one call after the other with the next of its answers, the
// last one for ever, and notes when it was asked.
type script struct {
	answers []error
	asked   []time.Time
}

func (s *script) send() error {
	n := min(len(s.asked), len(s.answers)-1)
	s.asked = append(s.asked, time.Now())
	return s.answers[n]
}

// gaps returns how long it waited before each repetition.
func (s *script) gaps() []time.Duration {
	var all []time.Duration
	for i := 1; i < len(s.asked); i++ {
		all = append(all, s.asked[i].Sub(s.asked[i-1]))
	}
	return all
}
