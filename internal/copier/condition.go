package copier

import (
	"fmt"
	"sync"
)

// Not every server honours conditions on a target: some refuse them, some
// write all the same, some honour one condition and not the other. Amazon's
// honours both. On any other the first write of a kind to a bucket finds out,
// and never by overwriting what is not ours. The target is first seen to be as
// the decision saw it. Then:
//
//   - If-Match: the write is sent under one that cannot hold. A refusal shows
//     that it is honoured, and the write is sent again under the real one; a
//     success did the wanted write.
//   - If-None-Match of a CopyObject: the write is sent, and then once more onto
//     the copy just made, while that stands there. A refusal shows that it is
//     honoured; a success wrote the same bytes again.
//   - If-None-Match of a CompleteMultipartUpload: nothing shows it but somebody
//     else's write, since a second upload would cost the whole copy. Until then
//     each target is looked at right before.

// impossibleETag is what no object has.
const impossibleETag = "00000000000000000000000000000000"

// support is what is known of the conditions on targets.
type support uint8

const (
	unknown  support = iota
	unproven         // sent, and each target looked at right before
	honoured
	ignored
)

// The operations that take conditions.
const (
	opHead     = "HeadObject" // which takes none, but is tried too
	opCopy     = "CopyObject"
	opComplete = "CompleteMultipartUpload"
)

// writeKind is a kind of write on a bucket: servers honour conditions on some
// operations and not on others, and one of the conditions but not the other.
type writeKind struct {
	bucket, op string
	absent     bool // If-None-Match: *, else If-Match
}

// condition is the condition of one kind of write. Its lock is held while
// finding out, so that only one write is used for it.
type condition struct {
	sync.Mutex
	state support
}

func (c *condition) known() support {
	c.Lock()
	defer c.Unlock()
	return c.state
}

func (c *condition) set(s support) {
	c.Lock()
	defer c.Unlock()
	c.state = s
}

// conditionNotes says which conditions a server does not honour.
func (l *Learned) conditionNotes() (notes []string) {
	ignoring := map[string]bool{} // buckets where some condition was shown to be ignored
	l.conditions.each(func(k writeKind, c *condition) { ignoring[k.bucket] = ignoring[k.bucket] || c.known() == ignored })
	l.conditions.each(func(k writeKind, c *condition) {
		// What nothing has shown is judged by what was shown of the server.
		if state := c.known(); state == ignored || state == unproven && ignoring[k.bucket] {
			notes = append(notes, fmt.Sprintf("the guard was off: the server of s3://%s takes no conditions on %s; "+
				"each target was looked at right before it was written, and what somebody else wrote in that moment may have been overwritten", k.bucket, k.op))
		}
	})
	return notes
}
