package reconcile

import (
	"strings"
	"time"
)

// Location names an object in S3, or a bucket where Key is empty.
type Location struct {
	Bucket    string
	Key       string
	VersionID string // empty: the current version
}

// Scheme begins every address of what is in S3.
const Scheme = "s3://"

// InS3 reports whether an address is one in S3. Any other is a path on disk, or
// wrong.
func InS3(address string) bool { return strings.HasPrefix(address, Scheme) }

// ParseLocation reads s3://bucket and s3://bucket/key, the key as it is written.
// It is false where the address is not in S3 or names no bucket.
func ParseLocation(address string) (Location, bool) {
	rest, inS3 := strings.CutPrefix(address, Scheme)
	bucket, key, _ := strings.Cut(rest, "/")
	return Location{Bucket: bucket, Key: key}, inS3 && bucket != ""
}

// String returns s3://bucket/key, on one line. The key is printed as it is, but
// for line ends.
func (l Location) String() string {
	s := Scheme + l.Bucket
	if l.Key != "" {
		s += "/" + oneLine(l.Key)
	}
	if l.VersionID != "" {
		s += "?versionId=" + l.VersionID
	}
	return s
}

// oneLine writes line ends as JSON does: a name must not look like two lines of
// a log or of a message.
func oneLine(key string) string {
	if !strings.ContainsAny(key, "\n\r") {
		return key
	}
	return strings.NewReplacer("\n", `\u000a`, "\r", `\u000d`).Replace(key)
}

// Object is what a listing, or a HEAD, says of one object.
type Object struct {
	Location
	Size         int64  // bytes
	ETag         string // without quotes; empty when the server gave none
	StorageClass string // S3's name; never empty: STANDARD when the server is silent
	Restore      RestoreState
	// Checksum is what is known of the object's checksum. A listing names the
	// algorithm and the type and leaves Value empty; HEAD gives the value.
	Checksum Checksum
	// Encryption is the server-side encryption as HEAD says it; a listing
	// never does, so EncryptionUnknown is the rule there.
	Encryption   Encryption
	LastModified time.Time
}

// Multipart reports whether the object was written by parts: S3 ends such
// ETags in -N, N being the number of parts.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
func (o Object) Multipart() bool { return PartsInETag(o.ETag) > 0 }

// Checksum is one of the checksums S3 keeps with an object.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
type Checksum struct {
	Algorithm string // CRC32, CRC32C, CRC64NVME, SHA1, SHA256 …; empty: none known
	Type      string // FULL_OBJECT or COMPOSITE
	Value     string // base64; empty when only its existence is known
}

// The two checksum types of S3. Only FULL_OBJECT ones can be compared between
// objects whose part layouts may differ.
const (
	FullObject = "FULL_OBJECT"
	Composite  = "COMPOSITE"
)

// FullObject reports whether c is of the bytes of the whole object.
func (c Checksum) FullObject() bool { return c.Algorithm != "" && c.Type == FullObject }

// Encryption is how an object is encrypted at rest, as far as it matters for
// comparing ETags: only without KMS and customer keys is an ETag an MD5.
type Encryption string

// The encryptions, in S3's words where S3 has one.
const (
	EncryptionUnknown Encryption = ""
	EncryptionS3      Encryption = "AES256" // also: not encrypted at all
	EncryptionKMS     Encryption = "aws:kms"
	EncryptionKMSDSSE Encryption = "aws:kms:dsse"
	EncryptionSSEC    Encryption = "sse-c"
)

// Opaque reports whether an ETag under this encryption says nothing of the
// content.
func (e Encryption) Opaque() bool {
	return e == EncryptionKMS || e == EncryptionKMSDSSE || e == EncryptionSSEC
}

// Detail is what HEAD says of an object: the Object with restore state,
// encryption and checksum values filled in, and everything that a copy by
// parts has to carry over by hand, because only the bytes are copied.
type Detail struct {
	Object
	Headers    Headers
	Metadata   map[string]string // user metadata, names without x-amz-meta-
	TagCount   int               // number of tags; the tags need a request of their own
	PartsCount int               // parts, when a part was asked for; else 0
	Version    string            // of the object that answered; empty or "null" where the bucket has no versions
	Checksums  []Checksum        // all of them, with values
}

// Headers are the system metadata that a client may set. Expires is kept as
// the text it was given as: it need not be a date.
type Headers struct {
	ContentType        string
	CacheControl       string
	ContentDisposition string
	ContentEncoding    string
	ContentLanguage    string
	Expires            string
	WebsiteRedirect    string
}
