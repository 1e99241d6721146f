package s3store

import (
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/internal/reconcile"
)

// The algorithms that requests and rules name.
const (
	crc64nvme = string(types.ChecksumAlgorithmCrc64nvme)
	crc32c    = string(types.ChecksumAlgorithmCrc32c)
	crc32     = string(types.ChecksumAlgorithmCrc32)
)

// sums are the checksum values of one answer, in the order of preference: the
// full-object one that S3 computes by itself first.
type sums [10]struct {
	algorithm string
	value     *string
}

// checksums returns what an answer says of checksums, the preferred ones
// first. kind is the answer's ChecksumType, which older objects and other
// servers leave out.
func (s sums) checksums(kind types.ChecksumType, multipart bool) []reconcile.Checksum {
	var all []reconcile.Checksum
	for _, sum := range s {
		if sum.value == nil || *sum.value == "" {
			continue
		}
		all = append(all, reconcile.Checksum{
			Algorithm: sum.algorithm,
			Type:      checksumType(kind, sum.algorithm, *sum.value, multipart),
			Value:     *sum.value,
		})
	}
	return all
}

// checksumType says what a checksum is of. Where S3 does not, a value that
// ends in -N is one of the parts' checksums; CRC64NVME exists for whole objects
// only; and any other checksum of an object written by parts is taken for
// composite, because full-object ones came later than composite ones.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
func checksumType(kind types.ChecksumType, algorithm, value string, multipart bool) string {
	switch {
	case strings.Contains(value, "-"): // not in base64's alphabet
		return reconcile.Composite
	case kind != "":
		return string(kind)
	case multipart && algorithm != crc64nvme:
		return reconcile.Composite
	}
	return reconcile.FullObject
}

// preferred returns the first full-object checksum, else the first of all.
func preferred(all []reconcile.Checksum) reconcile.Checksum {
	for _, c := range all {
		if c.FullObject() {
			return c
		}
	}
	if len(all) > 0 {
		return all[0]
	}
	return reconcile.Checksum{}
}

// of returns the checksum of one algorithm, zero where there is none. It is a
// part's: its type says nothing of the object.
func (s sums) of(algorithm string) reconcile.Checksum {
	for _, sum := range s {
		if sum.algorithm == algorithm && sum.value != nil && *sum.value != "" {
			return reconcile.Checksum{Algorithm: algorithm, Value: *sum.value}
		}
	}
	return reconcile.Checksum{}
}

// knownSums are the checksum headers that the SDK reads, and those that are no
// checksums.
var knownSums = map[string]bool{
	"CRC64NVME": true, "CRC32C": true, "CRC32": true, "SHA256": true, "SHA1": true, "SHA512": true, "MD5": true,
	"XXHASH128": true, "XXHASH3": true, "XXHASH64": true, "TYPE": true, "MODE": true, "ALGORITHM": true,
}

// unknownSums returns the checksums of algorithms that are newer than the SDK,
// under the names that the server gives them, in order.
func unknownSums(h http.Header, kind string) []reconcile.Checksum {
	var all []reconcile.Checksum
	for name, values := range h {
		algorithm, ok := strings.CutPrefix(strings.ToUpper(name), "X-AMZ-CHECKSUM-")
		if !ok || knownSums[algorithm] || values[0] == "" {
			continue
		}
		all = append(all, reconcile.Checksum{Algorithm: algorithm, Type: kind, Value: values[0]})
	}
	slices.SortFunc(all, func(a, b reconcile.Checksum) int { return strings.Compare(a.Algorithm, b.Algorithm) })
	return all
}
