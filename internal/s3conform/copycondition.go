package s3conform

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The pin on the source and the guard on the target of CopyObject.
func copyConditionChecks() []check {
	return []check{
		{"source-if-match-equal", copySourceIfMatchEqual},
		{"source-if-match-unequal", copySourceIfMatchUnequal},
		{"if-none-match", copyIfNoneMatch},
		{"if-none-match-absent", copyIfNoneMatchAbsent},
		{"if-match-equal", copyIfMatchEqual},
		{"if-match-unequal", copyIfMatchUnequal},
		{"if-match-absent", copyIfMatchAbsent},
		{"pin-and-guard", copyPinAndGuard},
	}
}

// The pin takes the ETag quoted, as listings give it, and unquoted, as an
// inventory does.
func copySourceIfMatchEqual(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	etag := p.put(source, "k", "x")
	for _, pin := range []string{etag, strings.Trim(etag, `"`)} {
		_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) { in.CopySourceIfMatch = &pin })
		if err != nil {
			p.errorf("copy pinned to %s: %v", pin, err)
		}
	}
	p.holds(archive, "k", []byte("x"))
}

func copySourceIfMatchUnequal(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "x")
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) {
		in.CopySourceIfMatch = aws.String(etagOf([]byte("other")))
	})
	p.refused("copy", err, 412, "PreconditionFailed")
	p.absent(archive, "k")
}

// If-None-Match: * on a target that is there refuses and changes nothing.
func copyIfNoneMatch(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "new")
	p.put(archive, "k", "older")
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) { in.IfNoneMatch = aws.String("*") })
	p.refused("copy", err, 412, "PreconditionFailed")
	p.holds(archive, "k", []byte("older"))
}

func copyIfNoneMatchAbsent(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "new")
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) { in.IfNoneMatch = aws.String("*") })
	p.must("copy", err)
	p.holds(archive, "k", []byte("new"))
}

func copyIfMatchEqual(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "new")
	etag := p.put(archive, "k", "older")
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) { in.IfMatch = &etag })
	p.must("copy", err)
	p.holds(archive, "k", []byte("new"))
}

func copyIfMatchUnequal(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "new")
	p.put(archive, "k", "older")
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) {
		in.IfMatch = aws.String(etagOf([]byte("other")))
	})
	p.refused("copy", err, 412, "PreconditionFailed")
	p.holds(archive, "k", []byte("older"))
}

// If-Match where nothing is: refused, as 404 or as 412, and nothing written.
func copyIfMatchAbsent(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "new")
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) {
		in.IfMatch = aws.String(etagOf([]byte("other")))
	})
	p.refusedBadRequest("copy", err)
	p.absent(archive, "k")
}

// With both conditions set, either one that fails refuses the copy.
func copyPinAndGuard(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	etag := p.put(source, "k", "new")
	both := func(pin string) func(*s3.CopyObjectInput) {
		return func(in *s3.CopyObjectInput) { in.CopySourceIfMatch, in.IfNoneMatch = &pin, aws.String("*") }
	}
	_, err := p.copyObject(source, archive, "k", both(etagOf([]byte("other"))))
	p.refused("copy with a wrong pin", err, 412, "PreconditionFailed")
	p.absent(archive, "k")
	_, err = p.copyObject(source, archive, "k", both(etag))
	p.must("copy with a right pin and a free target", err)
	_, err = p.copyObject(source, archive, "k", both(etag))
	p.refused("copy with a taken target", err, 412, "PreconditionFailed")
}
