package conform

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func headChecks() []check {
	return []check{
		{"fields", headFields},
		{"metadata", headMetadata},
		{"content-headers", headContentHeaders},
		{"missing-key", headMissingKey},
		{"missing-bucket", headMissingBucket},
		{"class-absent-for-standard", headClassStandard},
		{"class", headClass},
		{"restore-absent", headRestoreAbsent},
		{"part-number-of-one", headPartNumberOfOne},
		{"checksum-mode", headChecksumMode},
		{"checksum-type", headChecksumType},
		{"checksum-crc64nvme", headChecksumCRC64},
		{"encryption-silent", headEncryption},
	}
}

func headFields(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "hello", func(in *s3.PutObjectInput) { in.ContentType = aws.String("text/plain") })
	h := p.head(bucket, "k")
	p.equal("ContentLength", aws.ToInt64(h.ContentLength), int64(5))
	p.equal("ETag", aws.ToString(h.ETag), etagOf([]byte("hello")))
	p.equal("ContentType", aws.ToString(h.ContentType), "text/plain")
	if aws.ToTime(h.LastModified).IsZero() {
		p.errorf("LastModified is missing")
	}
	listed := p.list(bucket)
	p.equal("LastModified, listed and headed", listed[0].LastModified.Truncate(time.Second).UTC(), h.LastModified.UTC())
}

// userMetadata and contentHeaders are what a copy has to carry over.
var userMetadata = map[string]string{"origin": "ingest-7", "granule-id": "MOD09.A2024001", "empty-ish": "x y  z"}

func withUserMetadata(in *s3.PutObjectInput) { in.Metadata = userMetadata }

func headMetadata(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x", withUserMetadata)
	p.equal("Metadata", p.head(bucket, "k").Metadata, userMetadata)
}

// headers are the content headers of an object; comparable.
type headers struct{ contentType, encoding, disposition, language, cache, expires string }

var contentHeaders = headers{
	contentType: "application/x-hdf; v=5",
	encoding:    "gzip",
	disposition: `attachment; filename="a b.hdf"`,
	language:    "de, en",
	cache:       "max-age=60, private",
	expires:     "Wed, 21 Oct 2099 07:28:00 GMT",
}

func withContentHeaders(in *s3.PutObjectInput) {
	in.ContentType = &contentHeaders.contentType
	in.ContentEncoding = &contentHeaders.encoding
	in.ContentDisposition = &contentHeaders.disposition
	in.ContentLanguage = &contentHeaders.language
	in.CacheControl = &contentHeaders.cache
	in.Expires = aws.Time(time.Date(2099, 10, 21, 7, 28, 0, 0, time.UTC))
}

func headersOf(h *s3.HeadObjectOutput) headers {
	return headers{
		contentType: aws.ToString(h.ContentType),
		encoding:    aws.ToString(h.ContentEncoding),
		disposition: aws.ToString(h.ContentDisposition),
		language:    aws.ToString(h.ContentLanguage),
		cache:       aws.ToString(h.CacheControl),
		expires:     aws.ToString(h.ExpiresString),
	}
}

func headContentHeaders(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x", withContentHeaders)
	p.equal("content headers", headersOf(p.head(bucket, "k")), contentHeaders)
}

// A HEAD has no body, so the SDK knows the refusal by its status alone.
func headMissingKey(p *probe) {
	bucket := p.newBucket()
	_, err := p.s3.HeadObject(p.ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("k")})
	p.refused("head", err, 404, "NotFound")
}

func headMissingBucket(p *probe) {
	_, err := p.s3.HeadObject(p.ctx, &s3.HeadObjectInput{Bucket: aws.String("no-such-bucket-here"), Key: aws.String("k")})
	p.refused("head", err, 404, "NotFound")
}

func headClassStandard(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x")
	p.equal("StorageClass", p.head(bucket, "k").StorageClass, types.StorageClass(""))
}

func headClass(p *probe) {
	bucket := p.newBucket()
	for _, class := range []types.StorageClass{
		types.StorageClassGlacier, types.StorageClassDeepArchive, types.StorageClassGlacierIr, types.StorageClassStandardIa,
	} {
		p.put(bucket, string(class), "x", inClass(class))
		p.equal("StorageClass", p.head(bucket, string(class)).StorageClass, class)
	}
}

// An archived object that nobody asked for says nothing of a restore.
func headRestoreAbsent(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "cold", "x", inClass(types.StorageClassGlacier))
	p.put(bucket, "warm", "x")
	for _, key := range []string{"cold", "warm"} {
		if r := p.head(bucket, key).Restore; r != nil {
			p.errorf("x-amz-restore of %s: %q, want none", key, *r)
		}
	}
}

// An object of one part has a part 1, which is all of it, and no parts count;
// it has no part 2.
func headPartNumberOfOne(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "hello")
	h, err := p.s3.HeadObject(p.ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("k"), PartNumber: aws.Int32(1)})
	p.must("head part 1", err)
	p.equal("ContentLength", aws.ToInt64(h.ContentLength), int64(5))
	if h.PartsCount != nil {
		p.errorf("PartsCount: %d, want none", *h.PartsCount)
	}
	_, err = p.s3.HeadObject(p.ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("k"), PartNumber: aws.Int32(2)})
	p.refused("head part 2", err, 416)
}

// Checksums come when they are asked for, and only then.
func headChecksumMode(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "hello", withChecksum(types.ChecksumAlgorithmSha256))
	h := p.headChecksum(bucket, "k")
	p.equal("ChecksumSHA256", aws.ToString(h.ChecksumSHA256), sha256Of([]byte("hello")))
	if c := p.head(bucket, "k").ChecksumSHA256; c != nil {
		p.errorf("a head without checksum mode gives %q", *c)
	}
}

func headChecksumCRC64(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "hello", withChecksum(types.ChecksumAlgorithmCrc64nvme))
	h := p.headChecksum(bucket, "k")
	p.equal("ChecksumCRC64NVME", aws.ToString(h.ChecksumCRC64NVME), crc64Of([]byte("hello")))
}

// A checksum comes with its type: one of a full object is a proof across
// layouts, a composite one is not.
func headChecksumType(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "hello", withChecksum(types.ChecksumAlgorithmSha256))
	p.equal("ChecksumType", p.headChecksum(bucket, "k").ChecksumType, types.ChecksumTypeFullObject)
}

// An object that was not put under a KMS key must not look like one: plain
// ETags are comparable only where no KMS is at work.
func headEncryption(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x")
	switch sse := p.head(bucket, "k").ServerSideEncryption; sse {
	case "", types.ServerSideEncryptionAes256:
	default:
		p.errorf("ServerSideEncryption: %q", sse)
	}
}
