package s3list

import (
	"cmp"
	"slices"

	"reconcile/internal/reconcile"
)

// Preference orders the checksum algorithms: the one that S3 computes by
// itself and always of the whole object first. Those that are not named come
// last.
var Preference = []string{crc64nvme, "CRC32C", "CRC32", "SHA256", "SHA1"}

const crc64nvme = "CRC64NVME"

// listed is what a listing says of checksums: algorithms and the type, no
// values.
func listed(algorithms []string, kind string) reconcile.Checksum {
	var best string
	for _, a := range algorithms {
		if best == "" || rank(a) < rank(best) {
			best = a
		}
	}
	if best == "" {
		return reconcile.Checksum{}
	}
	if best == crc64nvme {
		kind = cmp.Or(kind, reconcile.FullObject)
	}
	return reconcile.Checksum{Algorithm: best, Type: kind}
}

func rank(algorithm string) int {
	if i := slices.Index(Preference, algorithm); i >= 0 {
		return i
	}
	return len(Preference)
}
