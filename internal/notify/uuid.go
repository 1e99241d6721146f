package notify

import (
	"crypto/sha256"
	"fmt"
)

// runUUID is a UUID made of a run's id, the same for both pings of the run.
// Version 8 is for values of the maker's own: RFC 9562, section 5.8.
func runUUID(run string) string {
	b := sha256.Sum256([]byte(run))
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
