package s3store

import (
	"strings"

	"reconcile/internal/reconcile"
)

// copySourceOf names the source of a copy in the header x-amz-copy-source. The
// SDK sends the text as it is, and S3 decodes it: every byte of the key but
// the unreserved ones of RFC 3986 and the slash is escaped here, the plus sign
// too, which url.PathEscape leaves and S3 takes for a space.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
func copySourceOf(at reconcile.Location) string {
	var b strings.Builder
	b.Grow(len(at.Bucket) + len(at.Key) + 16)
	if strings.HasPrefix(at.Bucket, "arn:") { // an access point
		b.WriteString(at.Bucket + "/object")
	} else {
		escapeTo(&b, at.Bucket, "") // Ceph's have a tenant: acme:glacier
	}
	b.WriteByte('/')
	escapeTo(&b, at.Key, "/")
	if at.VersionID != "" {
		b.WriteString("?versionId=")
		escapeTo(&b, at.VersionID, "")
	}
	return b.String()
}

// escapeTo writes s with every byte percent-encoded that is neither
// unreserved nor one of keep.
func escapeTo(b *strings.Builder, s, keep string) {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if unreserved(c) || strings.IndexByte(keep, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

// quoted returns an ETag as requests carry it, nil for none.
func quoted(etag string) *string {
	if etag == "" {
		return nil
	}
	q := `"` + etag + `"`
	return &q
}

// unquoted takes the quotes off an ETag, as reports and comparisons have it. A
// weak one (W/"…", from a proxy that compresses) stands for its value: S3 has
// none, and its conditions compare strongly.
func unquoted(etag *string) string {
	if etag == nil {
		return ""
	}
	return strings.Trim(strings.TrimPrefix(strings.TrimSpace(*etag), "W/"), `"`)
}

// optional returns nil for the empty string: the SDK sends empty headers.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
