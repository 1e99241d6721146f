package granule

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// digestBytes is how long the digests of S3's algorithms are, in bytes.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
var digestBytes = map[string]int{
	"MD5": 16, "SHA1": 20, "SHA256": 32, "SHA512": 64, "CRC32": 4, "CRC32C": 4, "CRC64NVME": 8,
	"XXHASH3": 8, "XXHASH64": 8, "XXHASH128": 16,
}

// Algorithm writes the name of an algorithm as S3 does: sha-256 is SHA256. What
// S3 does not have stays as it is.
func Algorithm(name string) string {
	plain := strings.ToUpper(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))
	if _, ok := digestBytes[plain]; ok {
		return plain
	}
	return strings.TrimSpace(name)
}

// Digest returns a value as S3 writes it, in base64, whether it is written in
// hexadecimal digits or in base64. A value of an algorithm that S3 does not have
// stays as it is. The error says that it cannot be one of the algorithm.
func Digest(algorithm, value string) (string, error) {
	want, known := digestBytes[algorithm]
	if !known {
		return value, nil
	}
	if b, err := hex.DecodeString(value); err == nil && len(b) == want {
		return base64.StdEncoding.EncodeToString(b), nil
	}
	if b, err := base64.StdEncoding.DecodeString(value); err == nil && len(b) == want {
		return base64.StdEncoding.EncodeToString(b), nil
	}
	return "", fmt.Errorf("%.80q is no %s: that has %d bytes, in hexadecimal digits or base64", value, algorithm, want)
}

// CheckKey returns why no object has the key.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
func CheckKey(key string) error {
	if key == "" {
		return fmt.Errorf("the key is empty")
	}
	if len(key) > 1024 {
		return fmt.Errorf("the key has %d bytes, more than a key can have", len(key))
	}
	return nil
}

// SetChecksum notes a value under an algorithm's name. An empty value says
// nothing; a value without an algorithm could be of any.
func (f *File) SetChecksum(algorithm, value string) error {
	if value == "" {
		return nil
	}
	if strings.TrimSpace(algorithm) == "" {
		return fmt.Errorf("a checksum whose algorithm is not said: %.80q", value)
	}
	name := Algorithm(algorithm)
	digest, err := Digest(name, value)
	if err != nil {
		return err
	}
	f.Algorithm, f.Hash = name, digest
	return nil
}
