package conform

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func getChecks() []check {
	return []check{
		{"whole", getWhole},
		{"empty", getEmpty},
		{"range", getRange},
		{"range-unsatisfiable", getRangeUnsatisfiable},
		{"missing-key", getMissingKey},
		{"missing-bucket", getMissingBucket},
		{"if-match", getIfMatch},
		{"archived", getArchived},
		{"instant-classes", getInstantClasses},
	}
}

// Every byte comes back, whatever its value, with the same head as a HEAD's.
func getWhole(p *probe) {
	bucket := p.newBucket()
	body := pattern(70_001, 1)
	p.put(bucket, "k", string(body), withUserMetadata, withContentHeaders)
	out, err := p.s3.GetObject(p.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k")})
	p.must("get", err)
	p.equal("md5 of the body", etagOf(p.readAll(out.Body)), etagOf(body))
	p.equal("ETag", aws.ToString(out.ETag), etagOf(body))
	p.equal("ContentLength", aws.ToInt64(out.ContentLength), int64(len(body)))
	p.equal("Metadata", out.Metadata, userMetadata)
	p.equal("ContentType", aws.ToString(out.ContentType), contentHeaders.contentType)
}

// pattern is n bytes that do not repeat with any power of two, so that bytes
// in the wrong place are seen; seeds make different contents.
func pattern(n int, seed byte) []byte {
	b := make([]byte, n)
	x := uint32(seed)*2654435761 + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func getEmpty(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "")
	p.holds(bucket, "k", []byte{})
	p.equal("ContentLength", aws.ToInt64(p.head(bucket, "k").ContentLength), int64(0))
}

func getRange(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "0123456789")
	for _, c := range []struct{ spec, body, contentRange string }{
		{"bytes=2-5", "2345", "bytes 2-5/10"},
		{"bytes=0-0", "0", "bytes 0-0/10"},
		{"bytes=7-", "789", "bytes 7-9/10"},
		{"bytes=-3", "789", "bytes 7-9/10"},
		{"bytes=5-99", "56789", "bytes 5-9/10"},
	} {
		out, err := p.s3.GetObject(p.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k"), Range: &c.spec})
		if err != nil {
			p.errorf("get %s: %v", c.spec, err)
			continue
		}
		p.equal("body of "+c.spec, string(p.readAll(out.Body)), c.body)
		p.equal("Content-Range of "+c.spec, aws.ToString(out.ContentRange), c.contentRange)
		p.equal("status of "+c.spec, statusOf(out.ResultMetadata), 206)
	}
}

func getRangeUnsatisfiable(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "0123456789")
	_, err := p.s3.GetObject(p.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k"), Range: aws.String("bytes=10-12")})
	p.refused("get", err, 416, "InvalidRange")
}

func getMissingKey(p *probe) {
	bucket := p.newBucket()
	_, err := p.s3.GetObject(p.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k")})
	p.refused("get", err, 404, "NoSuchKey")
}

func getMissingBucket(p *probe) {
	_, err := p.s3.GetObject(p.ctx, &s3.GetObjectInput{Bucket: aws.String("no-such-bucket-here"), Key: aws.String("k")})
	p.refused("get", err, 404, "NoSuchBucket")
}

func getIfMatch(p *probe) {
	bucket := p.newBucket()
	etag := p.put(bucket, "k", "x")
	out, err := p.s3.GetObject(p.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k"), IfMatch: &etag})
	p.must("get with the right ETag", err)
	p.equal("body", string(p.readAll(out.Body)), "x")
	other := etagOf([]byte("other"))
	_, err = p.s3.GetObject(p.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k"), IfMatch: &other})
	p.refused("get with another ETag", err, 412, "PreconditionFailed")
}

// What is archived can be listed and headed, and not read.
func getArchived(p *probe) {
	bucket := p.newBucket()
	for _, class := range []types.StorageClass{types.StorageClassGlacier, types.StorageClassDeepArchive} {
		key := string(class)
		p.put(bucket, key, "x", inClass(class))
		_, err := p.s3.GetObject(p.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
		p.refused(fmt.Sprintf("get in %s", class), err, 403, "InvalidObjectState")
		p.equal("size", aws.ToInt64(p.head(bucket, key).ContentLength), int64(1))
	}
}

// Classes that need no restore are read at once; Glacier Instant Retrieval is
// one of them for all its name.
func getInstantClasses(p *probe) {
	bucket := p.newBucket()
	for _, class := range []types.StorageClass{types.StorageClassGlacierIr, types.StorageClassStandardIa, types.StorageClassIntelligentTiering} {
		p.put(bucket, string(class), "x", inClass(class))
		p.holds(bucket, string(class), []byte("x"))
	}
}
