package reconcile

import "time"

// Method is how an object was copied.
type Method string

// The methods of copying.
const (
	MethodCopy      Method = "copy"      // one CopyObject
	MethodMultipart Method = "multipart" // UploadPartCopy, part by part
)

// Proof is what a "copied" or "present" rests on, the strongest first.
type Proof string

// The proofs.
const (
	NoProof       Proof = ""
	ProofChecksum Proof = "checksum" // full-object checksums of one algorithm agree
	ProofETag     Proof = "etag"     // comparable ETags agree
	ProofSize     Proof = "size"     // nothing comparable; the sizes agree
)

// Outcome is what became of one object: every object listed leaves the
// program as exactly one.
type Outcome struct {
	Source    Object   // zero Key for an orphan
	Target    Location // zero where there is none (unrouted, excluded …)
	Status    Status
	ErrorKind Kind          // empty on success
	Message   string        // what went wrong; empty on success
	Attempts  int           // the largest number of attempts any one request took; 0: no request
	Method    Method        // empty: not copied
	Proof     Proof         // empty: nothing proved
	Elapsed   time.Duration // from taking the object up to its outcome
}

// Success is the row's "success".
func (o Outcome) Success() bool { return o.Status.Success() }

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

// Summary counts the outcomes of a run.
type Summary struct {
	Scanned      int64 // outcomes of any status: every object listed
	Counts       map[Status]int64
	BytesCopied  int64
	ExpiringSoon int64
	Proofs       map[Proof]int64
	Requests     map[string]int64 // by S3 operation, every attempt counted
}

// Add counts one outcome. now is the time against which a restored copy
// expires soon.
func (s *Summary) Add(o Outcome, now time.Time) {
	var t Tally
	t.Add(&o, func() time.Time { return now })
	t.AddTo(s)
}

// AddCounts adds what another summary counts, but for its requests.
func (s *Summary) AddCounts(o Summary) {
	s.Scanned += o.Scanned
	s.BytesCopied += o.BytesCopied
	s.ExpiringSoon += o.ExpiringSoon
	for status, n := range o.Counts {
		s.count(status, n)
	}
	for proof, n := range o.Proofs {
		s.prove(proof, n)
	}
}

func (s *Summary) count(status Status, n int64) {
	if n == 0 {
		return
	}
	if s.Counts == nil {
		s.Counts = map[Status]int64{}
	}
	s.Counts[status] += n
}

func (s *Summary) prove(proof Proof, n int64) {
	if n == 0 {
		return
	}
	if s.Proofs == nil {
		s.Proofs = map[Proof]int64{}
	}
	s.Proofs[proof] += n
}

// Broken returns how many outcomes make the command's exit code 3.
func (s *Summary) Broken(command string) int64 {
	var n int64
	for status, count := range s.Counts {
		if status.Breaks(command) {
			n += count
		}
	}
	return n
}
