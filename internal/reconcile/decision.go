package reconcile

import "fmt"

// Need is what an object still needs before it has its outcome.
type Need uint8

// The needs. Each is carried on to the next by the copier: a restore state
// asked by HEAD may turn out to need a copy.
const (
	NeedNothing      Need = iota // settled by the listings alone
	NeedRestoreState             // HEAD must say whether it is restored
	NeedTarget                   // HEAD must say whether the target is there
	NeedLook                     // HEADs must say whether the target is the same
	NeedCopy                     // it is missing, or to be overwritten
	NeedArchive                  // it is left alone; HEAD must say whether it is in its archive
	NeedCollisions               // the target is there; HEADs must say whether another source object is routed to it too
)

// Decision is what one listed object needs. It is a plain value: it can be
// written down and taken up later.
type Decision struct {
	Source     Object
	Target     Object   // its Location wherever the object is routed; the rest when Listed
	Listed     bool     // the target is there: its archive bucket's listing says so, or a HEAD
	Unseen     bool     // nobody has looked yet whether the target is there
	Collisions []string // other source keys whose route ends at the same target
	Alone      bool     // none of them was there when it was looked for
	// Version is the version of the source that somebody has named. Only a
	// current version is copied: if it is another one, that is an error. Empty:
	// the current one, whichever that is.
	Version string
	Said    Said // of the source, by whoever has named it
	Need    Need
	// Settled, for NeedNothing.
	Status Status
	Proof  Proof
	Kind   Kind
	Reason string // what goes into the row's err_msg
	// Archive, for objects that are left alone: whether they are in their
	// archive, where that was looked for.
	Archive Archive
	// Evidence is where the comparison got what it knew; empty: from listings.
	Evidence Evidence

	GranuleID, CollectionID string // that the object was named by; empty: none
}

// Outcome turns a settled decision into its outcome.
func (d Decision) Outcome() Outcome {
	o := Outcome{Source: d.Source, Status: d.Status, Proof: d.Proof, ErrorKind: d.Kind, Message: d.Reason}
	o.Target.Location = d.Target.Location
	o.Archive = d.Archive
	if d.Archive == ArchiveNoMatter && d.Routed() && d.Aside() {
		o.Archive = ArchiveNotLooked
	}
	o.GranuleID, o.CollectionID = d.GranuleID, d.CollectionID
	if d.Status == Failed && (d.Kind == NotFound || d.Kind == Other) { // it is the source that is not there, or cannot be told
		o.ErrorBucket = d.Source.Bucket
	}
	if !d.Listed {
		return o
	}
	o.Target, o.TargetSeen = d.Target, true
	if d.Status.pairing() == compared {
		o.Compared = CompareAspects(&d.Source, &d.Target)
		o.Evidence = d.Evidence
		if o.Evidence == "" {
			o.Evidence = EvidenceListing
		}
	}
	return o
}

// settle gives d its status.
//
// The rules below take and return a Decision as a value, which is half a KiB:
// what they share works on the one copy by its address.
func (d *Decision) settle(s Status, kind Kind, reason string) {
	d.Need, d.Status, d.Kind, d.Reason = NeedNothing, s, kind, reason
}

// Policy is what the operator asked for, as far as decisions depend on it.
type Policy struct {
	IncludeOnline   bool // copy what needs no restore too
	Overwrite       bool // a target that differs is overwritten, not just reported
	RequireChecksum bool // --proof checksum: nothing weaker is accepted
	// Digests says which ETags are digests; nil: all that have the form of one.
	Digests  *Digests
	Archived bool // decide about what cannot be read too: it is going to be restored
	// ListingOnly (--proof listing) believes sizes where a HEAD would settle more.
	ListingOnly bool
	// CompareAll looks for the targets of objects that are left alone too, to say
	// whether they are in their archive.
	CompareAll bool
	Classes    *Classes // storage classes that the operator has named
}

// Select decides by the source alone: an online object is left alone unless
// asked for, what cannot be read has its outcome. ok is false when d is
// settled or its restore state has to be asked for.
func (d Decision) Select(p Policy) (Decision, bool) {
	phase := d.Source.Restore.Phase
	if p.Archived && phase != Online {
		return d, true // the state matters only where the target is missing: see resolve
	}
	switch phase {
	case Online:
		if !p.IncludeOnline {
			d.settle(LeftOnline, "", "")
			return d, false
		}
	case Archived:
		d.settle(NotRestored, Unreadable, "archived, and no restored copy is there")
		return d, false
	case Restoring:
		d.settle(InRestore, Unreadable, "the restore is under way")
		return d, false
	case RestoreUnknown:
		d.Need = NeedRestoreState
		return d, false
	}
	return d, true
}

// Aside reports whether the object is left alone although it has an archive
// that it could be in.
func (d *Decision) Aside() bool {
	return d.Need == NeedNothing && (d.Status == LeftOnline || d.Status == NotRestored || d.Status == InRestore)
}

// InArchive says of an object that is left alone whether its target is there.
func (d Decision) InArchive(there bool) Decision {
	d.Need, d.Archive = NeedNothing, ArchiveMissing
	if there {
		d.Archive = ArchiveThere
	}
	return d
}

// Whereabouts says of an object that is left alone whether it is in its archive,
// by what the search for its target has shown, or what HEAD is to be asked.
func (d Decision) Whereabouts(p Policy) Decision {
	switch {
	case !d.Aside() || !d.Routed():
	case !d.Unseen:
		return d.InArchive(d.Listed)
	case p.CompareAll:
		d.Need = NeedArchive
	}
	return d
}

// Unclassed settles an object about whose restore HEAD says nothing either, since
// nobody knows its class: to leave it alone in silence would be to call it safe.
func (d Decision) Unclassed() Decision {
	d.settle(Failed, Other, fmt.Sprintf("nobody knows whether objects of storage class %s need a restore: name it by --archive-class or --online-class", d.Source.StorageClass))
	return d
}

// Unroute settles a readable object that no archive bucket is configured for.
func (d Decision) Unroute() Decision {
	d.unroute()
	return d
}

func (d *Decision) unroute() { d.settle(Unrouted, "", "no archive bucket is configured for it") }

// Routed reports whether an archive bucket is configured for the object.
func (d Decision) Routed() bool { return d.Target.Bucket != "" }

// Collide settles an object whose target is that of another source object too:
// of what stands there nobody can say whose it is, be it equal to one of them.
func (d Decision) Collide(other string) Decision {
	d.settle(Failed, Conflict, Location{Bucket: d.Source.Bucket, Key: other}.String()+" is routed to the same target")
	return d
}

// Resolve decides a readable, routed object by what is known of its target.
func (d Decision) Resolve(p Policy) Decision {
	d.resolve(p)
	return d
}

func (d *Decision) resolve(p Policy) {
	switch {
	case d.Target.Bucket == "":
		d.unroute()
		return
	case d.Unseen:
		d.Need = NeedTarget
		return
	case !d.Listed && p.Archived && d.Source.Restore.Phase == RestoreUnknown:
		d.Need = NeedRestoreState
		return
	case !d.Listed:
		d.Need = NeedCopy
		return
	case len(d.Collisions) > 0 && !d.Alone:
		d.Need = NeedCollisions
		return
	}
	comparison, proof := compare(&d.Source, &d.Target, false, p.Digests)
	if p.RequireChecksum && comparison != Different && proof != ProofChecksum {
		comparison = Undecided
	}
	if comparison == Undecided && p.ListingOnly {
		comparison = Incomparable
	}
	if comparison == Undecided {
		d.Need = NeedLook
		return
	}
	d.judge(comparison, proof, p)
}

// Early reports whether the pair is to be looked at, or passes for equal by its
// size, while its ETags differ and nobody knows yet whether they are digests:
// then the evidence has to be waited for.
func (d *Decision) Early(p Policy) bool {
	bySize := d.Need == NeedNothing && d.Status == Present && d.Proof == ProofSize
	return (d.Need == NeedLook || bySize && !p.ListingOnly) && p.Digests != nil && p.Digests.Open(&d.Source, &d.Target)
}

// Judge turns a comparison into what the object needs, or its outcome.
func (d Decision) Judge(v Comparison, proof Proof, p Policy) Decision {
	d.judge(v, proof, p)
	return d
}

func (d *Decision) judge(v Comparison, proof Proof, p Policy) {
	d.Proof = NoProof
	switch {
	case v == Different && p.Overwrite:
		d.Need = NeedCopy
		return
	case v == Different:
		d.settle(Differs, "", d.differReason(proof))
		return
	case p.RequireChecksum && proof != ProofChecksum:
		d.settle(Failed, Integrity, "--proof checksum: source and target share no full-object checksum")
		return
	case v != Equal:
		proof = ProofSize
	}
	d.Proof = proof
	d.settle(Present, "", "")
}

// differReason says what the two disagree in.
func (d *Decision) differReason(proof Proof) string {
	if d.Source.Size != d.Target.Size {
		return "the target has another size"
	}
	if proof == ProofChecksum {
		return "the target has another checksum"
	}
	return "the target has another ETag"
}
