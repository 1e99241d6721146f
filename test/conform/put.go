package conform

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func putChecks() []check {
	return []check{
		{"etag", putETag},
		{"missing-bucket", putMissingBucket},
		{"if-none-match-absent", putIfNoneMatchAbsent},
		{"if-none-match-present", putIfNoneMatchPresent},
		{"if-match-equal", putIfMatchEqual},
		{"if-match-unequal", putIfMatchUnequal},
		{"if-match-absent", putIfMatchAbsent},
		{"checksum-wrong", putChecksumWrong},
		{"checksum-default", putChecksumDefault},
		{"class-reset", putClassReset},
	}
}

// putIf writes an object under a condition.
func (p *probe) putIf(bucket, key, body string, change func(*s3.PutObjectInput)) error {
	in := &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)}
	change(in)
	_, err := p.s3.PutObject(p.ctx, in)
	return err
}

// The ETag of one part is the quoted MD5 of its bytes, also of none.
func putETag(p *probe) {
	bucket := p.newBucket()
	for key, body := range map[string]string{"some": "hello", "none": ""} {
		p.equal("ETag of the put", p.put(bucket, key, body), etagOf([]byte(body)))
		p.equal("ETag of the head", aws.ToString(p.head(bucket, key).ETag), etagOf([]byte(body)))
	}
}

func putMissingBucket(p *probe) {
	err := p.putIf("no-such-bucket-here", "k", "x", func(*s3.PutObjectInput) {})
	p.refused("put", err, 404, "NoSuchBucket")
}

func putIfNoneMatchAbsent(p *probe) {
	bucket := p.newBucket()
	p.must("put", p.putIf(bucket, "k", "x", func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") }))
	p.holds(bucket, "k", []byte("x"))
}

// The lock and the journal stand on this: the second of two writers loses.
func putIfNoneMatchPresent(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "first")
	err := p.putIf(bucket, "k", "second", func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") })
	p.refused("put", err, 412, "PreconditionFailed")
	p.holds(bucket, "k", []byte("first"))
}

func putIfMatchEqual(p *probe) {
	bucket := p.newBucket()
	etag := p.put(bucket, "k", "first")
	p.must("put", p.putIf(bucket, "k", "second", func(in *s3.PutObjectInput) { in.IfMatch = &etag }))
	p.holds(bucket, "k", []byte("second"))
}

func putIfMatchUnequal(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "first")
	other := etagOf([]byte("other"))
	err := p.putIf(bucket, "k", "second", func(in *s3.PutObjectInput) { in.IfMatch = &other })
	p.refused("put", err, 412, "PreconditionFailed")
	p.holds(bucket, "k", []byte("first"))
}

// If-Match where there is nothing to match is a 404, not a 412.
func putIfMatchAbsent(p *probe) {
	bucket := p.newBucket()
	other := etagOf([]byte("other"))
	err := p.putIf(bucket, "k", "x", func(in *s3.PutObjectInput) { in.IfMatch = &other })
	p.refused("put", err, 404, "NoSuchKey")
	p.absent(bucket, "k")
}

// A body that does not match its checksum is not stored.
func putChecksumWrong(p *probe) {
	bucket := p.newBucket()
	err := p.putIf(bucket, "k", "x", func(in *s3.PutObjectInput) { in.ChecksumCRC32 = aws.String("AAAAAA==") })
	p.refused("put", err, 400, "BadDigest")
	p.absent(bucket, "k")
}

// A client with the SDK's own defaults adds a checksum to what it uploads,
// and the server keeps it.
func putChecksumDefault(p *probe) {
	bucket := p.newBucket()
	client := p.newClient(func(o *s3.Options) {
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported
	})
	_, err := client.PutObject(p.ctx, &s3.PutObjectInput{
		Bucket: &bucket, Key: aws.String("k"), Body: strings.NewReader("hello"),
	})
	p.must("put", err)
	out, err := client.GetObject(p.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k")})
	p.must("get", err)
	p.equal("body", string(p.readAll(out.Body)), "hello")
	h := p.headChecksum(bucket, "k")
	p.equal("ChecksumCRC32", aws.ToString(h.ChecksumCRC32), crc32Of([]byte("hello")))
}

// An overwrite brings its own class; nothing of the old object stays.
func putClassReset(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "cold", inClass(types.StorageClassGlacier))
	p.put(bucket, "k", "warm")
	p.equal("StorageClass", p.head(bucket, "k").StorageClass, types.StorageClass(""))
	p.holds(bucket, "k", []byte("warm"))
}
