package reconcile

import "time"

// Method is how an object was copied.
type Method string

// The methods of copying.
const (
	MethodCopy      Method = "copy"      // one CopyObject
	MethodMultipart Method = "multipart" // UploadPartCopy, part by part
	MethodStream    Method = "stream"    // read and written by this program
)

// Proof is what a "copied" or "present" rests on, the strongest first.
type Proof string

// The proofs.
const (
	NoProof       Proof = ""
	ProofBytes    Proof = "bytes"    // every byte of both sides was read
	ProofChecksum Proof = "checksum" // full-object checksums of one algorithm agree
	ProofETag     Proof = "etag"     // comparable ETags agree
	ProofSize     Proof = "size"     // nothing comparable; the sizes agree
)

// Outcome is what became of one object: every object listed leaves the
// program as exactly one.
type Outcome struct {
	Source Object // zero Key where there is none: an orphan, a phantom
	// Target is where the object is routed; its Location is zero where there is
	// no target (unrouted, excluded …). All else of it is what was last seen
	// there, and only where TargetSeen.
	Target     Object
	TargetSeen bool
	Status     Status
	Archive    Archive // of objects that were left alone: whether they are in their archive

	ErrorKind   Kind   // empty on success
	ErrorCode   string // S3's error code; empty: there was none
	ErrorBucket string // the bucket that refused; empty: the target's, else the source's
	Message     string // what went wrong; empty on success

	Attempts int           // the largest number of attempts any one request took; 0: no request
	Refused  int           // throttled answers, which are no attempts
	Elapsed  time.Duration // from taking the object up to its outcome

	Method     Method    // empty: nothing was written
	Proof      Proof     // empty: nothing proved
	Compared   Compared  // zero: the two sides were not compared
	Evidence   Evidence  // empty: they were not compared
	VerifiedAt time.Time // when they were; zero: they were not
	Shallow    bool      // they were compared less closely than was asked for, and no closer look is known

	GranuleID, CollectionID string  // empty: nobody named one
	Catalog                 Catalog // empty: the catalog agrees, or there is none
	Leak                    bool    // a data file that lies in a public bucket
}

// Archive says of an object that was left alone whether it is in its archive.
type Archive string

// What is known of the archive.
const (
	ArchiveNoMatter  Archive = ""           // the status says it, or it has none
	ArchiveThere     Archive = "there"      // an object stands at its target; nothing was compared
	ArchiveMissing   Archive = "missing"    // its target is not there
	ArchiveNotLooked Archive = "not_looked" // nobody looked
)

// Catalog is what a catalog says against an object.
type Catalog string

// CatalogMismatch is an object that is not as its catalog has it.
const CatalogMismatch Catalog = "mismatch"

// Evidence says on what a comparison rests: one of the words below, some of
// which are followed by a job, a file or a date.
type Evidence string

// The evidence.
const (
	EvidenceListing         Evidence = "listing"
	EvidenceHead            Evidence = "head"
	EvidenceCopy            Evidence = "copy"             // the answer to the write itself
	EvidenceBytes           Evidence = "bytes"            // both sides were read
	EvidenceComputeChecksum Evidence = "compute_checksum" // and the job's id
	EvidenceCatalog         Evidence = "catalog"          // and the file
	EvidenceInventory       Evidence = "inventory"        // and its date
	EvidenceEarlier         Evidence = "earlier"          // the date, and the evidence of that time
)

// Of returns the evidence with what it is of: a job, a file, a date.
func (e Evidence) Of(what string) Evidence { return e + Evidence(" "+what) }

// Success is the row's "success".
func (o Outcome) Success() bool { return o.Status.Success() }

// Changed reports whether the outcome has a row under --report-rows changes:
// something was done, somebody has to look at it, it passes for equal by its
// size alone although the two sides disagree in something, or they disagree in
// what is beside the content.
func (o *Outcome) Changed() bool {
	return o.Status.Changed() || o.Unproved() && o.Compared.Disagree() || o.Compared.besides()
}

// Unproved reports whether the object counts as copied or present by its size
// alone.
func (o *Outcome) Unproved() bool {
	return (o.Status == Copied || o.Status == Present) && (o.Proof == ProofSize || o.Proof == NoProof)
}

// ExpiringSoon reports whether the object is restored, was not brought home,
// and loses its readable copy within a day of now. A restore without an expiry
// (INTELLIGENT_TIERING) is for good.
func (o Outcome) ExpiringSoon(now time.Time) bool {
	return o.expiringSoon(func() time.Time { return now })
}

// expiringSoon looks at the clock only where it matters: mostly it does not.
func (o *Outcome) expiringSoon(now func() time.Time) bool {
	r := &o.Source.Restore
	return r.Phase == Restored && !r.Expiry.IsZero() && !o.Status.Success() && r.Expiry.Sub(now()) < 24*time.Hour
}

// Less orders outcomes as the report does: by key in bytes, then by bucket. An
// orphan has no source and stands where its target's key belongs.
func (o Outcome) Less(p Outcome) bool {
	a, b := o.orderKey(), p.orderKey()
	if a != b {
		return a < b
	}
	if o.Source.Bucket != p.Source.Bucket {
		return o.Source.Bucket < p.Source.Bucket
	}
	return o.Target.Bucket < p.Target.Bucket
}

func (o Outcome) orderKey() string {
	if o.Source.Key == "" {
		return o.Target.Key
	}
	return o.Source.Key
}
