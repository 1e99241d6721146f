package conform

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// What a copy may be made from, and how its source is named.
func copySourceChecks() []check {
	return []check{
		{"source-escaping", copySourceEscaping},
		{"source-leading-slash", copySourceLeadingSlash},
		{"missing-source", copyMissingSource},
		{"missing-source-bucket", copyMissingSourceBucket},
		{"missing-target-bucket", copyMissingTargetBucket},
		{"archived-source", copyArchivedSource},
		{"restoring-source", copyRestoringSource},
		{"restored-source", copyRestoredSource},
		{"size-5gib", copySize5GiB},
		{"size-over-5gib", copySizeOver5GiB},
	}
}

// notReadable are the codes for a source that is archived: the one seen in the
// field, and the one in the API's model.
var notReadable = []string{"InvalidObjectState", "ObjectNotInActiveTierError"}

// CopySource is decoded once, and a plus sign that was escaped is a plus sign:
// the decoys are what wrong decoding would copy instead.
func copySourceEscaping(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	keys := []string{"a b.txt", "a+b.txt", "a%2Bb.txt", "a%20b.txt", "a%252Bb.txt"}
	for _, key := range keys {
		p.put(source, key, "content of "+key)
	}
	for _, key := range keys {
		if _, err := p.copyObject(source, archive, key); err != nil {
			p.errorf("copy %q: %v", key, err)
			continue
		}
		p.holds(archive, key, []byte("content of "+key))
	}
}

// The source may be written with a slash in front of the bucket.
func copySourceLeadingSlash(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "x")
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) {
		in.CopySource = aws.String("/" + *in.CopySource)
	})
	p.must("copy", err)
	p.holds(archive, "k", []byte("x"))
}

func copyMissingSource(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	_, err := p.copyObject(source, archive, "k")
	p.refused("copy", err, 404, "NoSuchKey")
	p.absent(archive, "k")
}

func copyMissingSourceBucket(p *probe) {
	_, err := p.copyObject("no-such-bucket-here", p.newBucket(), "k")
	p.refused("copy", err, 404, "NoSuchBucket")
}

func copyMissingTargetBucket(p *probe) {
	source := p.newBucket()
	p.put(source, "k", "x")
	_, err := p.copyObject(source, "no-such-bucket-here", "k")
	p.refused("copy", err, 404, "NoSuchBucket")
}

func copyArchivedSource(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	for _, class := range []types.StorageClass{types.StorageClassGlacier, types.StorageClassDeepArchive} {
		key := string(class)
		p.put(source, key, "x", inClass(class))
		_, err := p.copyObject(source, archive, key)
		p.refused("copy out of "+key, err, 403, notReadable...)
		p.absent(archive, key)
	}
}

// A restore that is asked for and not done does not make the object readable.
func copyRestoringSource(p *probe) {
	p.needsDelay()
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "x", inClass(types.StorageClassGlacier))
	p.askRestore(source, "k", 1)
	_, err := p.copyObject(source, archive, "k")
	p.refused("copy", err, 403, notReadable...)
	p.absent(archive, "k")
}

// What the product is for: the restored copy is read, and lands warm.
func copyRestoredSource(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "hello", inClass(types.StorageClassGlacier), withUserMetadata)
	p.restored(source, "k", 1)
	_, err := p.copyObject(source, archive, "k")
	p.must("copy", err)
	p.holds(archive, "k", []byte("hello"))
	h := p.head(archive, "k")
	p.equal("StorageClass of the copy", h.StorageClass, types.StorageClass(""))
	p.equal("Metadata of the copy", h.Metadata, userMetadata)
	if h.Restore != nil {
		p.errorf("x-amz-restore of the copy: %q, want none", *h.Restore)
	}
}

// maxCopySize is the largest source of one CopyObject, in bytes.
const maxCopySize = 5 << 30

func (p *probe) putSynthetic(bucket, key string, size int64) {
	if p.target.PutSynthetic == nil {
		p.skip("the server cannot make large objects without their bytes")
	}
	p.must("make a synthetic object", p.target.PutSynthetic(bucket, key, size))
}

func copySize5GiB(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.putSynthetic(source, "k", maxCopySize)
	_, err := p.copyObject(source, archive, "k")
	p.must("copy", err)
	p.equal("size of the copy", aws.ToInt64(p.head(archive, "k").ContentLength), int64(maxCopySize))
	p.equal("ETag of the copy", aws.ToString(p.head(archive, "k").ETag), aws.ToString(p.head(source, "k").ETag))
}

func copySizeOver5GiB(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.putSynthetic(source, "k", maxCopySize+1)
	_, err := p.copyObject(source, archive, "k")
	p.refused("copy", err, 400, "InvalidRequest")
	p.absent(archive, "k")
}
