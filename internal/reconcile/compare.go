package reconcile

// Comparison is what a comparison of two objects came to.
type Comparison uint8

// The comparisons.
const (
	Incomparable Comparison = iota // sizes agree, nothing else can be held against each other
	Equal                          // a comparable pair agrees
	Different                      // a comparable pair disagrees
	Undecided                      // HEADs would decide it
)

// Compare holds a listed or HEADed source against its target, by what S3
// documents as comparable: sizes always, full-object checksums of one
// algorithm, ETags that are equal, and plain ETags that are not equal where
// neither side is encrypted with KMS or a customer key. A composite ETag that
// differs says nothing as long as the part layouts are not known to be equal:
// the same bytes cut elsewhere have another one. sameLayout says that they are;
// with the same number of parts HEADs of the parts can tell.
// An ETag counts only where it is a digest: by its form, and, where it differs,
// by what digests has seen of the servers; equal ones are added to that.
//
// Undecided is returned only where a HEAD on both sides can settle the matter.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
func Compare(source, target Object, sameLayout bool, digests *Digests) (Comparison, Proof) {
	return compare(&source, &target, sameLayout, digests)
}

func compare(source, target *Object, sameLayout bool, digests *Digests) (Comparison, Proof) {
	if source.Size != target.Size {
		digests.contradict(source, target)
		return Different, NoProof
	}
	if v, ok := compareChecksums(source.Checksum, target.Checksum); ok {
		return v, ProofChecksum
	}
	v := compareETags(source, target, sameLayout, digests)
	if v == Different || v == Equal {
		return v, ProofETag
	}
	if v == Incomparable && checksumsPending(source.Checksum, target.Checksum) {
		v = Undecided
	}
	return v, NoProof
}

// compareChecksums decides by checksums where both values are known.
func compareChecksums(a, b Checksum) (Comparison, bool) {
	if !a.FullObject() || !b.FullObject() || a.Algorithm != b.Algorithm || a.Value == "" || b.Value == "" {
		return Incomparable, false
	}
	if a.Value == b.Value {
		return Equal, true
	}
	return Different, true
}

func compareETags(a, b *Object, sameLayout bool, digests *Digests) Comparison {
	form := FormOf(b.ETag)
	switch {
	case form == ETagOpaque || empty(a) || empty(b) || digests.contradicted(a, b):
		return Incomparable
	case SameETag(a.ETag, b.ETag):
		digests.saw(a, b)
		return Equal
	case FormOf(a.ETag) != form || a.Encryption.Opaque() || b.Encryption.Opaque():
		return Incomparable
	case form == ETagComposite && !sameLayout && PartsInETag(a.ETag) != PartsInETag(b.ETag):
		return Incomparable
	case form == ETagComposite && !sameLayout:
		return Undecided
	case a.Encryption == EncryptionUnknown || b.Encryption == EncryptionUnknown:
		return Undecided
	case !digests.believed(a, b):
		return Incomparable
	}
	return Different
}

// ChecksumsPending reports whether HEADs will show full-object checksums of one
// algorithm, as the listings say.
func ChecksumsPending(a, b *Object) bool { return checksumsPending(a.Checksum, b.Checksum) }

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
