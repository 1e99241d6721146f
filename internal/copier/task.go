package copier

import (
	"errors"
	"fmt"
	"time"

	"reconcile/internal/reconcile"
)

// task carries one object from its decision to its outcome.
type task struct {
	pair
	c        *Copier
	unproven bool          // the pair's ETags differ, and nobody knows yet whether they are digests
	last     bool          // it was set aside for that, and all the evidence there will be is there
	met      bool          // its target was found when it was to be written: it is not overwritten
	elapsed  time.Duration // so far
}

func (c *Copier) task(x contexts, d reconcile.Decision) *task {
	return &task{c: c, pair: pair{
		sender: sender{contexts: x, limiter: c.limiter, retry: c.opts.Retry},
		opts:   &c.opts, learned: c.Learned, refusals: &c.refusals, from: c.source, to: c.target, d: d,
	}}
}

// handle carries the decision out. done is false where it was set aside.
func (t *task) handle(later *aside) (o reconcile.Outcome, done bool) {
	defer t.releaseUnused()
	began := t.opts.Now()
	o = t.run()
	t.elapsed += t.opts.Now().Sub(began)
	if t.unproven {
		err := t.setAside(later)
		if err == nil {
			return o, false
		}
		o = t.failed(fmt.Errorf("keep it until it is known whether its ETag is a digest: %w", err))
	}
	o.Elapsed = t.elapsed
	o.Attempts, o.Refused = int(t.attempts.Load()), int(t.throttled.Load())
	return o, true
}

// run answers one need after the other until the decision is settled.
func (t *task) run() reconcile.Outcome {
	for t.d.Need != reconcile.NeedNothing {
		if t.accept.Err() != nil {
			if t.d.Need == reconcile.NeedArchive {
				t.d.Need = reconcile.NeedNothing // its status stands, and nobody has looked
				return t.d.Outcome()
			}
			return t.outcome(reconcile.Canceled, "", "not begun")
		}
		var err error
		switch t.d.Need {
		case reconcile.NeedRestoreState:
			err = t.askRestoreState()
		case reconcile.NeedTarget:
			err = t.askTarget()
		case reconcile.NeedLook:
			err = t.look()
		case reconcile.NeedArchive:
			err = t.askArchive()
		case reconcile.NeedCollisions:
			err = t.askCollisions()
		case reconcile.NeedCopy:
			if !t.met {
				return t.copy()
			}
			t.d = t.d.Judge(reconcile.Different, reconcile.ProofETag, reconcile.Policy{})
		}
		if err != nil {
			return t.failed(err)
		}
		if t.unproven {
			return reconcile.Outcome{} // which comes later
		}
	}
	return t.d.Outcome()
}

// copy copies the object, and proves the copy.
func (t *task) copy() reconcile.Outcome {
	if err := t.collides(opCopy); err != nil { // before anybody pays for a restore
		return t.failed(err)
	}
	if err := t.lapsed(); err != nil {
		return t.failed(err)
	}
	t.ensureExpiry()
	way := choose(t.d.Source, t.opts.Layout, t.opts.Threshold)
	if t.opts.Plan {
		return t.planned(way)
	}
	t.target = nil // what is overwritten says nothing of what takes its place
	w := writing{conditional: conditional{pair: &t.pair}, reader: t.c.source, uploads: t.c.uploads(&t.sender), omitted: &t.c.omitted}
	o, refused := w.run(way)
	if refused != nil {
		return t.refused(refused)
	}
	return o
}

// refused tells apart what a 412 means: the pin on the source and the condition on
// the target share it. Where the server does not say, HEAD does.
func (t *task) refused(err error) reconcile.Outcome {
	if errors.Is(err, reconcile.Changed) {
		return t.failed(err)
	}
	t.source = nil
	if err := t.headPinned(); err != nil {
		return t.failed(err)
	}
	listed := t.d.Listed
	found, headErr := t.headTarget()
	if headErr != nil {
		return t.failed(headErr)
	}
	if !found {
		return t.failed(t.vanished(listed, err))
	}
	comparison, proof := t.compareHeads(false)
	policy := t.opts.Policy
	policy.Overwrite = false // it was written after it was listed: nobody asked to overwrite that
	t.met = true
	t.decide(t.d.Judge(comparison, proof, policy))
	return t.d.Outcome()
}

// vanished is the error for a write that was refused because of a target that
// is not there now.
func (t *task) vanished(listed bool, cause error) error {
	reason := "the target was written and removed by somebody else meanwhile, or the server refuses whatever has a condition"
	switch {
	case raced(cause):
		return cause
	case listed:
		reason = "the target was removed by somebody else meanwhile"
	}
	return &reconcile.Error{
		Op: opCopy, Location: t.d.Target.Location, Kind: reconcile.Conflict,
		Err: fmt.Errorf("%s; a later run will find it missing: %w", reason, cause),
	}
}
