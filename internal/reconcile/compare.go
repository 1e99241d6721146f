package reconcile

// Verdict is what a comparison of two objects came to.
type Verdict uint8

// The verdicts.
const (
	Incomparable Verdict = iota // sizes agree, nothing else can be held against each other
	Equal                       // a comparable pair agrees
	Different                   // a comparable pair disagrees
	Undecided                   // HEADs would decide it
)

// Compare holds a listed or HEADed source against its target, by what S3
// documents as comparable: sizes always, full-object checksums of one
// algorithm, ETags that are equal, and plain ETags that are not equal where
// neither side is encrypted with KMS or a customer key. A composite ETag that
// differs says nothing as long as the part layouts are not known to be equal:
// the same bytes cut elsewhere have another one. sameLayout says that they are.
//
// Undecided is returned only where a HEAD on both sides can settle the matter.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
func Compare(source, target Object, sameLayout bool) (Verdict, Proof) {
	return compare(&source, &target, sameLayout)
}

func compare(source, target *Object, sameLayout bool) (Verdict, Proof) {
	if source.Size != target.Size {
		return Different, NoProof
	}
	if v, ok := compareChecksums(source.Checksum, target.Checksum); ok {
		return v, ProofChecksum
	}
	if source.ETag != "" && source.ETag == target.ETag {
		return Equal, ProofETag
	}
	v := compareETags(source, target, sameLayout)
	if v == Different {
		return v, ProofETag
	}
	if v == Incomparable && checksumsPending(source.Checksum, target.Checksum) {
		v = Undecided
	}
	return v, NoProof
}

// compareChecksums decides by checksums where both values are known.
func compareChecksums(a, b Checksum) (Verdict, bool) {
	if !a.FullObject() || !b.FullObject() || a.Algorithm != b.Algorithm || a.Value == "" || b.Value == "" {
		return Incomparable, false
	}
	if a.Value == b.Value {
		return Equal, true
	}
	return Different, true
}

// compareETags decides about ETags that are not equal.
func compareETags(a, b *Object, sameLayout bool) Verdict {
	switch {
	case a.ETag == "" || b.ETag == "" || a.Encryption.Opaque() || b.Encryption.Opaque():
		return Incomparable
	case a.Multipart() != b.Multipart(), a.Multipart() && !sameLayout:
		return Incomparable
	case a.Encryption == EncryptionUnknown || b.Encryption == EncryptionUnknown:
		return Undecided
	}
	return Different
}

// checksumsPending reports whether the listings promise full-object checksums
// of one algorithm whose values nobody has asked for yet.
func checksumsPending(a, b Checksum) bool {
	return a.FullObject() && b.FullObject() && a.Algorithm == b.Algorithm && (a.Value == "" || b.Value == "")
}

// CommonChecksum returns the pair of full-object checksums of one algorithm
// that two HEADed objects share, the first in a's order.
func CommonChecksum(a, b []Checksum) (Checksum, Checksum, bool) {
	for _, x := range a {
		for _, y := range b {
			if _, ok := compareChecksums(x, y); ok {
				return x, y, true
			}
		}
	}
	return Checksum{}, Checksum{}, false
}
