package copier

import "reconcile/internal/reconcile"

// askRestoreState asks HEAD whether the source can be read, and decides on.
func (t *task) askRestoreState() error {
	if err := t.headSource(); err != nil {
		return err
	}
	if t.d.Source.Restore.Phase == reconcile.RestoreUnknown {
		t.d = t.d.Unclassed()
		return nil
	}
	d, readable := t.d.Select(t.opts.Policy)
	if readable {
		t.decide(d.Resolve(t.opts.Policy))
		return nil
	}
	t.d = d.Whereabouts(t.opts.Policy)
	return nil
}

// decide takes a decision about a pair that HEADs have shown, unless it is too
// early for it.
func (t *task) decide(d reconcile.Decision) {
	if t.unproven = t.early(d); !t.unproven {
		t.d = d
	}
}

// askTarget asks HEAD whether the target is there, and decides on.
func (t *task) askTarget() error {
	if _, err := t.headTarget(); err != nil {
		return err
	}
	t.decide(t.d.Resolve(t.opts.Policy))
	return nil
}

// askArchive asks HEAD whether an object that is left alone is in its archive.
// What cannot be asked is not known, and no failure of the object.
func (t *task) askArchive() error {
	found, err := t.headTarget()
	if err != nil {
		t.opts.Log.Warn("whether an object is in its archive is not known", "target", t.d.Target.Location.String(), "err", err)
		t.d.Need, t.d.Archive = reconcile.NeedNothing, reconcile.ArchiveNotLooked
		return nil
	}
	t.d = t.d.InArchive(found)
	return nil
}

// askCollisions asks HEAD whether the target is another source object's too.
func (t *task) askCollisions() error {
	if err := t.collides(opHead); err != nil {
		return err
	}
	t.d.Alone = true
	t.decide(t.d.Resolve(t.opts.Policy))
	return nil
}

// look decides by HEADs what the listings could not. Where a bucket is known
// to hold objects under KMS its plain ETags say nothing, and one HEAD a key
// and night would say no more.
func (t *task) look() error {
	p := t.opts.Policy
	if t.last && p.Digests.Open(&t.d.Source, &t.d.Target) || !p.RequireChecksum && t.headsSettleNothing() {
		t.d = t.d.Judge(reconcile.Incomparable, reconcile.NoProof, p)
		return nil
	}
	if err := t.headSource(); err != nil {
		return err
	}
	if t.target == nil { // else it has just been asked
		found, err := t.headTarget()
		if err != nil {
			return err
		}
		if !found {
			t.d.Need = reconcile.NeedCopy
			return nil
		}
	}
	comparison, proof := t.compareHeads(false)
	if comparison == reconcile.Incomparable && t.layoutsSettle() {
		same, err := t.sameParts()
		if err != nil {
			return err
		}
		if same {
			comparison, proof = t.compareHeads(true)
		}
	}
	t.decide(t.d.Judge(comparison, proof, p))
	return nil
}

// headsSettleNothing reports whether it is known beforehand that HEADs will not
// show more than the listings: the ETags of a bucket under KMS say nothing, and
// neither the listings nor other objects of both buckets have checksums.
func (t *task) headsSettleNothing() bool {
	a, b := &t.d.Source, &t.d.Target
	ofA, ofB := t.learned.buckets.of(a.Bucket), t.learned.buckets.of(b.Bucket)
	return a.Size == b.Size && (ofA.opaque.Load() || ofB.opaque.Load()) &&
		!reconcile.ChecksumsPending(a, b) && !(ofA.checked.Load() && ofB.checked.Load())
}
