package reconcile

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
)

// Said is what somebody says of an object by naming it: a granule record, a
// catalog. The zero value says nothing.
type Said struct {
	Sized    bool
	Size     int64    // bytes; where Sized
	Checksum Checksum // of the whole object; without a Value: none
}

// Denies says in what an object is not what was said; empty: nothing that is
// known of it disagrees. checksums are those that are known with their values;
// digest says that a plain ETag is the MD5 of the content.
func (s Said) Denies(o Object, checksums []Checksum, digest bool) string {
	if s.Sized && s.Size != o.Size {
		return fmt.Sprintf("it has %d bytes, and was named with %d", o.Size, s.Size)
	}
	if s.Checksum.Value == "" {
		return ""
	}
	for _, c := range checksums {
		if c.Algorithm == s.Checksum.Algorithm && c.FullObject() && c.Value != "" {
			if c.Value != s.Checksum.Value {
				return fmt.Sprintf("its %s is %s, and it was named with %s", c.Algorithm, c.Value, s.Checksum.Value)
			}
			return ""
		}
	}
	if md5 := s.etag(); digest && md5 != "" && !o.Multipart() && o.ETag != "" && o.ETag != md5 {
		return fmt.Sprintf("its MD5 is %s, and it was named with %s", o.ETag, md5)
	}
	return ""
}

// NeedsHead reports whether a HEAD can tell of an object that was listed what
// the listing does not: the value of a checksum, or whether its ETag is a digest.
func (s Said) NeedsHead(o Object) bool {
	if s.Checksum.Value == "" {
		return false
	}
	if o.Checksum.Algorithm == s.Checksum.Algorithm && o.Checksum.FullObject() {
		return true
	}
	md5 := s.etag()
	return md5 != "" && !o.Multipart() && o.ETag != md5
}

// etag is the MD5 that was said, as an ETag has it; empty: none was.
func (s Said) etag() string {
	sum, err := base64.StdEncoding.DecodeString(s.Checksum.Value)
	if s.Checksum.Algorithm != "MD5" || err != nil {
		return ""
	}
	return hex.EncodeToString(sum)
}
