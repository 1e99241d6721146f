package s3store

import (
	"crypto/md5"
	"encoding/base64"
	"io"
)

// contentMD5 returns the value of the header Content-MD5 for a body. It is
// what S3 calls a digest, and no protection against anybody.
func contentMD5(body io.Reader) (string, error) {
	sum := md5.New()
	if _, err := io.Copy(sum, body); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(sum.Sum(nil)), nil
}
