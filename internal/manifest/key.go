package manifest

const upperHex = "0123456789ABCDEF"

// EncodeKey returns a key as S3 Batch Operations wants it in a manifest:
// URL-encoded. Every byte but letters, digits and - . _ ~ / is escaped, a plus
// and a space too, so that it reads the same whether a plus is then taken for a
// space or not; and no cell needs quotes.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-create-job.html
func EncodeKey(key string) string {
	b := make([]byte, 0, len(key)+16)
	for i := range len(key) {
		if c := key[i]; unreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return string(b)
}

func unreserved(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return c == '-' || c == '.' || c == '_' || c == '~' || c == '/'
}
