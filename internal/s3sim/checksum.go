package s3sim

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"net/http"
	"strings"
)

// algorithm is one of S3's checksum algorithms.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
type algorithm uint8

const (
	noChecksum algorithm = iota
	algCRC64NVME
	algCRC32
	algCRC32C
	algSHA1
	algSHA256
)

var algorithmNames = [...]string{"", "CRC64NVME", "CRC32", "CRC32C", "SHA1", "SHA256"}

func (a algorithm) String() string { return algorithmNames[a] }

// header is the name of the header that carries a's sums.
func (a algorithm) header() string { return "x-amz-checksum-" + strings.ToLower(a.String()) }

// element is the name of the XML element that carries a's sums.
func (a algorithm) element() string { return "Checksum" + a.String() }

// parseAlgorithm returns the algorithm of that name; an empty one is none.
func parseAlgorithm(name string) (algorithm, bool) {
	for i, known := range algorithmNames {
		if strings.EqualFold(known, name) {
			return algorithm(i), true
		}
	}
	return noChecksum, false
}

// crc returns the cyclic check behind a, or nil for a hash.
func (a algorithm) crc() *crc {
	switch a {
	case algCRC64NVME:
		return crcNVMe
	case algCRC32:
		return crcIEEE
	case algCRC32C:
		return crcCastagnoli
	}
	return nil
}

// text is a CRC as S3 writes it: base64 of the big-endian bytes.
func (c *crc) text(sum uint64) string {
	var raw [8]byte
	binary.BigEndian.PutUint64(raw[:], sum)
	return base64.StdEncoding.EncodeToString(raw[8-c.bits/8:])
}

// sum returns the checksum of a content in base64. The time a SHA takes grows
// with the size, that of a CRC does not for synthetic content.
func (a algorithm) sum(body *content) string {
	if c := a.crc(); c != nil {
		return c.text(c.of(body))
	}
	h := a.newHash()
	_ = body.writeTo(h) // a hash never fails
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func (a algorithm) newHash() hash.Hash {
	if a == algSHA1 {
		return sha1.New()
	}
	return sha256.New()
}

// composite returns the checksum of checksums of a multipart object, without
// the number of parts.
func (a algorithm) composite(sums []string) (string, error) {
	var all []byte
	for _, s := range sums {
		raw, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return "", err
		}
		all = append(all, raw...)
	}
	return a.sum(literal(all)), nil
}

// givenChecksum returns the algorithm and value of the checksum in a header or
// trailer.
func givenChecksum(h http.Header) (algorithm, string) {
	for a := algCRC64NVME; a <= algSHA256; a++ {
		if v := h.Get(a.header()); v != "" {
			return a, v
		}
	}
	return noChecksum, ""
}
