package reconcile

// Need is what an object still needs before it has its outcome.
type Need uint8

// The needs. Each is carried on to the next by the copier: a restore state
// asked by HEAD may turn out to need a copy.
const (
	NeedNothing      Need = iota // settled by the listings alone
	NeedRestoreState             // HEAD must say whether it is restored
	NeedLook                     // HEADs must say whether the target is the same
	NeedCopy                     // it is missing, or to be overwritten
)

// Decision is what one listed object needs. It is a plain value: it can be
// written down and taken up later.
type Decision struct {
	Source Object
	Target Object   // its Location wherever the object is routed; the rest when Listed
	Listed bool     // the target was in its archive bucket's listing
	Rivals []string // other source keys whose route ends at the same target
	Need   Need
	// Settled, for NeedNothing.
	Status Status
	Proof  Proof
	Kind   Kind
	Reason string // what goes into the row's err_msg
}

// Outcome turns a settled decision into its outcome.
func (d Decision) Outcome() Outcome {
	o := Outcome{Source: d.Source, Status: d.Status, Proof: d.Proof, ErrorKind: d.Kind, Message: d.Reason}
	o.Target = d.Target.Location
	return o
}

// settle returns d with its status.
func (d Decision) settle(s Status, kind Kind, reason string) Decision {
	d.Need, d.Status, d.Kind, d.Reason = NeedNothing, s, kind, reason
	return d
}

// Policy is what the operator asked for, as far as decisions depend on it.
type Policy struct {
	IncludeOnline   bool // copy what needs no restore too
	Overwrite       bool // a target that differs is overwritten, not just reported
	RequireChecksum bool // --proof checksum: nothing weaker is accepted
}

// Select decides by the source alone: an online object is left alone unless
// asked for, what cannot be read has its outcome. ok is false when d is
// settled or its restore state has to be asked for.
func (d Decision) Select(p Policy) (Decision, bool) {
	switch d.Source.Restore.Phase {
	case Online:
		if !p.IncludeOnline {
			return d.settle(LeftOnline, "", ""), false
		}
	case Archived:
		return d.settle(NotRestored, Unreadable, "archived, and no restored copy is there"), false
	case Restoring:
		return d.settle(InRestore, Unreadable, "the restore is under way"), false
	case RestoreUnknown:
		d.Need = NeedRestoreState
		return d, false
	}
	return d, true
}

// Unroute settles a readable object that no archive bucket is configured for.
func (d Decision) Unroute() Decision {
	return d.settle(Unrouted, "", "no archive bucket is configured for it")
}

// Routed reports whether an archive bucket is configured for the object.
func (d Decision) Routed() bool { return d.Target.Bucket != "" }

// Resolve decides a readable, routed object by what is known of its target.
func (d Decision) Resolve(p Policy) Decision {
	if !d.Routed() {
		return d.Unroute()
	}
	if !d.Listed {
		d.Need = NeedCopy
		return d
	}
	verdict, proof := Compare(d.Source, d.Target, false)
	if p.RequireChecksum && verdict != Different && proof != ProofChecksum {
		verdict = Undecided
	}
	if verdict == Undecided {
		d.Need = NeedLook
		return d
	}
	return d.Judge(verdict, proof, p)
}

// Judge turns a verdict into what the object needs, or its outcome.
func (d Decision) Judge(v Verdict, proof Proof, p Policy) Decision {
	d.Proof = NoProof
	switch {
	case v == Different && p.Overwrite:
		d.Need = NeedCopy
		return d
	case v == Different:
		return d.settle(Differs, "", differReason(d.Source, d.Target, proof))
	case p.RequireChecksum && proof != ProofChecksum:
		return d.settle(Failed, Integrity, "--proof checksum: source and target share no full-object checksum")
	case v != Equal:
		proof = ProofSize
	}
	d.Proof = proof
	return d.settle(Present, "", "")
}

// differReason says what the two disagree in.
func differReason(source, target Object, proof Proof) string {
	if source.Size != target.Size {
		return "the target has another size"
	}
	if proof == ProofChecksum {
		return "the target has another checksum"
	}
	return "the target has another ETag"
}
