package reconcile

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// ETagForm is what an ETag looks like. Having a digest's form is not yet being
// a digest; see Digests.
type ETagForm uint8

// The forms.
const (
	ETagOpaque    ETagForm = iota // not the form of a digest; it says nothing
	ETagPlain                     // 32 hexadecimal digits, as an MD5 has
	ETagComposite                 // the same, with "-" and the number of parts
)

// FormOf returns the form of an ETag without quotes.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
func FormOf(etag string) ETagForm {
	const digits = 32
	if len(etag) < digits || !hexadecimal(etag[:digits]) {
		return ETagOpaque
	}
	switch {
	case len(etag) == digits:
		return ETagPlain
	case strings.LastIndexByte(etag, '-') == digits && PartsInETag(etag) > 0:
		return ETagComposite
	}
	return ETagOpaque
}

func hexadecimal(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

// SameETag reports whether two ETags are the same. Hexadecimal digits are it in
// either case: some servers list them in another one than a copy of them has.
func SameETag(a, b string) bool {
	return a == b || FormOf(a) != ETagOpaque && strings.EqualFold(a, b)
}

const (
	emptyMD5 = "d41d8cd98f00b204e9800998ecf8427e" // the MD5 of no bytes
	zeros    = "00000000000000000000000000000000"
)

// empty reports whether an object with bytes has an ETag that stands for none:
// servers that compute no digest give it, or zeros, to every object.
func empty(o *Object) bool {
	return o.Size > 0 && (strings.EqualFold(o.ETag, emptyMD5) || strings.HasPrefix(o.ETag, zeros))
}

// PartsInETag returns the number of parts that an ETag ends in, between 1 and
// S3's limit of 10,000, and 0 where it does not end in one.
func PartsInETag(etag string) int {
	dash := strings.LastIndexByte(etag, '-')
	if dash < 0 || len(etag)-dash > 6 {
		return 0
	}
	n, err := strconv.ParseUint(etag[dash+1:], 10, 16)
	if err != nil || n > 10000 {
		return 0
	}
	return int(n)
}

// Digests remembers where ETags have been seen to be digests of the content.
// Amazon documents it. Of any other server it is believed once two objects of
// equal size and equal ETag were seen, a listed pair or a source and its copy:
// until then ETags that differ mean nothing, since some servers make them of
// the name, of the time, or at random.
//
// What is seen counts for its two buckets and its form alone, and a pair of
// equal keys counts for equal keys only: an ETag made of the name agrees there.
// Objects without bytes are no evidence: servers that make ETags at random still
// give those the MD5 of nothing. A pair with equal ETags and other sizes is
// evidence against its kind, of which then no ETag says anything.
//
// A nil *Digests believes every bucket. It is safe for concurrent use.
type Digests struct {
	// Documented says of a bucket that its server is Amazon's.
	Documented func(bucket string) bool
	seen       sync.Map // digestKind → true
	refuted    sync.Map // digestKind → true
	anyRefuted atomic.Bool
}

type digestKind struct {
	source, target string // buckets
	form           ETagForm
	renamed        bool // the two keys are not the same
}

func kindOf(source, target *Object) digestKind {
	return digestKind{source.Bucket, target.Bucket, FormOf(target.ETag), source.Key != target.Key}
}

// saw notes a pair whose ETags are equal.
func (d *Digests) saw(source, target *Object) {
	if d == nil || source.Size == 0 || d.documented(source, target) {
		return
	}
	k := kindOf(source, target)
	if _, known := d.seen.Load(k); !known {
		d.seen.Store(k, true)
	}
}

// contradict notes a pair of other sizes if its ETags are equal all the same.
func (d *Digests) contradict(source, target *Object) {
	if d != nil && source.ETag == target.ETag && FormOf(target.ETag) != ETagOpaque && !d.documented(source, target) {
		d.refuted.Store(kindOf(source, target), true)
		d.anyRefuted.Store(true)
	}
}

// contradicted reports whether ETags of the pair's kind have been seen to be
// something else than digests of the content.
func (d *Digests) contradicted(source, target *Object) bool {
	if d == nil || !d.anyRefuted.Load() {
		return false
	}
	_, ok := d.refuted.Load(kindOf(source, target))
	return ok
}

// believed reports whether ETags of the pair's kind are digests, so that two
// that differ are of different contents.
func (d *Digests) believed(source, target *Object) bool {
	if d == nil || d.documented(source, target) {
		return true
	}
	_, ok := d.seen.Load(kindOf(source, target))
	return ok
}

// Open reports whether the pair's ETags differ and would be of different
// contents if ETags of their kind were seen to be digests, which they have not
// been yet.
func (d *Digests) Open(source, target *Object) bool {
	form := FormOf(target.ETag)
	switch {
	case form == ETagOpaque || FormOf(source.ETag) != form || SameETag(source.ETag, target.ETag):
		return false
	case source.Encryption.Opaque() || target.Encryption.Opaque():
		return false
	case form == ETagComposite && PartsInETag(source.ETag) != PartsInETag(target.ETag):
		return false
	}
	return !d.believed(source, target)
}

func (d *Digests) documented(source, target *Object) bool {
	return d.Documented != nil && d.Documented(source.Bucket) && d.Documented(target.Bucket)
}
