package pipeline

import (
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/restore"
)

// copy hands an object to the copier. The target was missing when it was looked
// for; that nobody has written it since is the write's own condition.
func (r *recovery) copy(p restore.Pending) error {
	d := reconcile.Decision{Source: p.Source, Collisions: p.Collisions, Need: reconcile.NeedCopy}
	d.Target.Location = p.Target
	if r.job.Copy.Policy.Overwrite { // what stands there must be known to be overwritten
		d.Unseen, d.Need = true, reconcile.NeedTarget
	}
	r.mu.Lock()
	if p.Asked > 0 || !p.Since.IsZero() {
		r.waited.Arrived++
	}
	r.copying[p.Source.Location] = p
	r.out.begin()
	r.mu.Unlock()
	r.copies <- d
	return nil
}

// copied takes what the copier says of an object.
func (r *recovery) copied(o reconcile.Outcome) error {
	r.settling.RLock()
	defer r.settling.RUnlock()
	r.mu.Lock()
	p, known := r.copying[o.Source.Location]
	if !known {
		p = restore.Pending{Source: o.Source}
	}
	unreadable := o.ErrorKind == reconcile.Unreadable
	if unreadable && restore.Undated(p.Source) && r.due(&p) {
		r.mu.Unlock()
		return r.putBack(p)
	}
	lapsed := unreadable && (o.Status == reconcile.Failed || o.Status == reconcile.NotRestored)
	if lapsed {
		r.waited.Lapsed++
	}
	again := lapsed && p.Lapsed < lapsedAtMost
	if again {
		p.Lapsed++
		p.Due, p.Since = r.job.Copy.Now(), time.Time{}
		p.Attempts = max(p.Attempts, o.Attempts)
	} else {
		r.out.release(p.Source.Size)
	}
	r.mu.Unlock()
	var err error
	if again {
		err = r.keep(p)
	} else {
		err = r.finish(p, o)
	}
	bytes := int64(0)
	if o.Status == reconcile.Copied {
		bytes = p.Source.Size
	}
	r.through(o.Source.Location, bytes, again)
	return err
}

// due has an object looked at again whose copy has shown that it has not arrived
// yet; false once it should have.
func (r *recovery) due(p *restore.Pending) bool {
	now := r.job.Copy.Now()
	_, last := restore.Arrival(p.Source.StorageClass, p.Tier, p.Batch, p.Since)
	if p.Since.IsZero() || now.After(last) {
		return false
	}
	p.Due = restore.NextLook(p.Source.StorageClass, p.Tier, p.Batch, p.Since, now, r.job.Waiting.Poll)
	return true
}

// putBack leaves an object that was to be copied for a later pass.
func (r *recovery) putBack(p restore.Pending) error {
	err := r.keep(p)
	r.through(p.Source.Location, 0, true)
	return err
}

// through notes that an object is not being copied any more; again: it is pending.
func (r *recovery) through(at reconcile.Location, bytes int64, again bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.copying, at)
	r.out.end(bytes, len(r.copying))
	if again || len(r.copying) == 0 || r.held && r.out.roomy() {
		r.stir()
	}
}

// lapsedAtMost is how often an object is asked for again because its readable
// copy was gone before it could be copied.
const lapsedAtMost = 3
