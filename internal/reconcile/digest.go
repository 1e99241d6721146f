package reconcile

import (
	"strconv"
	"strings"
	"sync"
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
// A nil *Digests believes every bucket. It is safe for concurrent use.
type Digests struct {
	// Documented says of a bucket that its server is Amazon's.
	Documented func(bucket string) bool
	seen       sync.Map // digestKind → true
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
	if d == nil || d.documented(source, target) {
		return
	}
	k := kindOf(source, target)
	if _, known := d.seen.Load(k); !known {
		d.seen.Store(k, true)
	}
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
	case form == ETagOpaque || FormOf(source.ETag) != form || source.ETag == target.ETag:
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
