package scan

import (
	"context"
	"sync/atomic"
)

// abort is why a scan goes no further: no more pages are asked for, and what
// was listed leaves as canceled. All workers ask it, for each object.
type abort struct {
	cancel  context.CancelFunc // ends the requests of the other workers
	why     atomic.Pointer[error]
	refused atomic.Pointer[error] // whoever takes the decisions failed: no decision leaves any more
}

// stop keeps the first reason: later ones follow from it.
func (a *abort) stop(err error) {
	if a.why.CompareAndSwap(nil, &err) {
		a.cancel()
	}
}

func (a *abort) refuse(err error) {
	a.refused.CompareAndSwap(nil, &err)
	a.stop(err)
}

// reason is nil as long as the scan goes on.
func (a *abort) reason() error { return load(&a.why) }

func (a *abort) refusal() error { return load(&a.refused) }

// ended notes that ctx has ended, if it has, and returns why nothing more is
// to be asked for.
func (a *abort) ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		a.stop(err)
	}
	return a.reason()
}

func load(p *atomic.Pointer[error]) error {
	if err := p.Load(); err != nil {
		return *err
	}
	return nil
}
