package reconcile

// Heads are the HEADs that a run sends under each choice of --proof.
type Heads struct{ Any, Checksum, Listing int64 }

// Add adds others.
func (h *Heads) Add(o Heads) {
	h.Any += o.Any
	h.Checksum += o.Checksum
	h.Listing += o.Listing
}

// each is the same number under every choice.
func each(n int64) Heads { return Heads{n, n, n} }

// Heads are those that a run sends for a decision before anything is copied: to
// find out its state or its target, whatever the proof, or to compare what the
// listings show of both sides. A bucket that turns out to be under KMS takes
// fewer.
func (d *Decision) Heads(p Policy) Heads {
	switch d.Need {
	case NeedRestoreState, NeedTarget, NeedArchive:
		return each(1)
	case NeedCollisions:
		return each(int64(len(d.Collisions)))
	case NeedNothing:
		if d.Status.pairing() != compared {
			return Heads{}
		}
	}
	if !d.Listed {
		return Heads{}
	}
	var h Heads
	comparison, proof := compare(&d.Source, &d.Target, false, p.Digests)
	both := 2 * (1 + d.partsAsked()) // sides
	if comparison == Undecided {
		h.Any = both
	}
	if comparison != Different && proof != ProofChecksum {
		h.Checksum = both
	}
	return h
}

// partsAsked is how many parts of each side are asked for where only their
// layouts tell whether composite ETags mean anything.
func (d *Decision) partsAsked() int64 {
	a, b := &d.Source, &d.Target
	n := PartsInETag(b.ETag)
	if FormOf(b.ETag) != ETagComposite || SameETag(a.ETag, b.ETag) || PartsInETag(a.ETag) != n || ChecksumsPending(a, b) {
		return 0
	}
	return min(int64(n), 2)
}
