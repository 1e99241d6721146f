package conform

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func copyChecks() []check {
	return []check{
		{"plain", copyPlain},
		{"empty", copyEmpty},
		{"same-bucket", copySameBucket},
		{"overwrite", copyOverwrite},
		{"metadata-default", copyMetadataDefault},
		{"metadata-replace", copyMetadataReplace},
		{"tagging-default", copyTaggingDefault},
		{"tagging-replace", copyTaggingReplace},
		{"class-becomes-standard", copyClassStandard},
		{"class-asked", copyClassAsked},
		{"multipart-source", copyMultipartSource},
		{"checksum-asked", copyChecksumAsked},
		{"checksum-true", copyChecksumTrue},
	}
}

// copyObject copies k of one bucket to k of another.
func (p *probe) copyObject(source, archive, key string, changes ...func(*s3.CopyObjectInput)) (*s3.CopyObjectOutput, error) {
	in := &s3.CopyObjectInput{Bucket: &archive, Key: &key, CopySource: copySource(source, key)}
	for _, change := range changes {
		change(in)
	}
	return p.s3.CopyObject(p.ctx, in)
}

// A copy has the bytes, the ETag and the size, and its answer says so.
func copyPlain(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	body := pattern(70_001, 2)
	p.put(source, "k", string(body))
	out, err := p.copyObject(source, archive, "k")
	p.must("copy", err)
	if out.CopyObjectResult == nil {
		p.fatalf("the answer has no CopyObjectResult")
	}
	p.equal("ETag of the answer", aws.ToString(out.CopyObjectResult.ETag), etagOf(body))
	if aws.ToTime(out.CopyObjectResult.LastModified).IsZero() {
		p.errorf("LastModified of the answer is missing")
	}
	p.equal("ETag of the copy", aws.ToString(p.head(archive, "k").ETag), etagOf(body))
	p.holds(archive, "k", body)
	p.holds(source, "k", body)
}

func copyEmpty(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "")
	_, err := p.copyObject(source, archive, "k")
	p.must("copy", err)
	p.holds(archive, "k", []byte{})
}

func copySameBucket(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x")
	_, err := p.s3.CopyObject(p.ctx, &s3.CopyObjectInput{Bucket: &bucket, Key: aws.String("l"), CopySource: copySource(bucket, "k")})
	p.must("copy", err)
	p.equal("keys", keysOf(p.list(bucket)), []string{"k", "l"})
}

func copyOverwrite(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "new")
	p.put(archive, "k", "older")
	_, err := p.copyObject(source, archive, "k")
	p.must("copy", err)
	p.holds(archive, "k", []byte("new"))
}

// Metadata and content headers come along when nothing is said.
func copyMetadataDefault(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "x", withUserMetadata, withContentHeaders)
	for _, directive := range []types.MetadataDirective{"", types.MetadataDirectiveCopy} {
		_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) { in.MetadataDirective = directive })
		p.must("copy", err)
		h := p.head(archive, "k")
		p.equal("Metadata", h.Metadata, userMetadata)
		p.equal("content headers", headersOf(h), contentHeaders)
	}
}

// REPLACE takes the request's metadata and headers, and nothing of the source's.
func copyMetadataReplace(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "x", withUserMetadata, withContentHeaders)
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) {
		in.MetadataDirective = types.MetadataDirectiveReplace
		in.Metadata = map[string]string{"new": "one"}
		in.ContentType = aws.String("text/csv")
	})
	p.must("copy", err)
	h := p.head(archive, "k")
	p.equal("Metadata", h.Metadata, map[string]string{"new": "one"})
	p.equal("content headers", headersOf(h), headers{contentType: "text/csv"})
}

func copyTaggingDefault(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "x", func(in *s3.PutObjectInput) { in.Tagging = aws.String("project=a%2Bb&level=2") })
	for _, directive := range []types.TaggingDirective{"", types.TaggingDirectiveCopy} {
		_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) { in.TaggingDirective = directive })
		p.must("copy", err)
		p.equal("tags", p.tags(archive, "k"), map[string]string{"project": "a+b", "level": "2"})
	}
}

func copyTaggingReplace(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "x", func(in *s3.PutObjectInput) { in.Tagging = aws.String("project=a&level=2") })
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) {
		in.TaggingDirective = types.TaggingDirectiveReplace
		in.Tagging = aws.String("only=this")
	})
	p.must("copy", err)
	p.equal("tags", p.tags(archive, "k"), map[string]string{"only": "this"})
}

// The copy of a cold object is warm unless a class is asked for: the class is
// no part of what is copied.
func copyClassStandard(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "x", inClass(types.StorageClassGlacierIr))
	_, err := p.copyObject(source, archive, "k")
	p.must("copy", err)
	p.equal("StorageClass", p.head(archive, "k").StorageClass, types.StorageClass(""))
	p.equal("class listed", p.list(archive)[0].StorageClass, types.ObjectStorageClassStandard)
	p.equal("StorageClass of the source", p.head(source, "k").StorageClass, types.StorageClassGlacierIr)
}

func copyClassAsked(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "x")
	_, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) { in.StorageClass = types.StorageClassStandardIa })
	p.must("copy", err)
	p.equal("StorageClass", p.head(archive, "k").StorageClass, types.StorageClassStandardIa)
}

// CopyObject of an object of several parts makes one of one part: its ETag is
// the plain MD5, not the source's, which is why a layout is worth preserving.
func copyMultipartSource(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	parts := p.smallParts()
	p.putParts(source, "k", parts, nil)
	out, err := p.copyObject(source, archive, "k")
	p.must("copy", err)
	whole := slices.Concat(parts...)
	p.equal("ETag of the answer", aws.ToString(out.CopyObjectResult.ETag), etagOf(whole))
	h, err := p.s3.HeadObject(p.ctx, &s3.HeadObjectInput{Bucket: &archive, Key: aws.String("k"), PartNumber: aws.Int32(1)})
	p.must("head part 1 of the copy", err)
	p.equal("size of part 1", aws.ToInt64(h.ContentLength), int64(len(whole)))
	if strings.Contains(aws.ToString(h.ETag), "-") {
		p.errorf("ETag of the copy: %s, want a plain MD5", *h.ETag)
	}
}

// A checksum that is asked for is in the answer, and stays with the copy.
func copyChecksumAsked(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "hello")
	out, err := p.copyObject(source, archive, "k", func(in *s3.CopyObjectInput) {
		in.ChecksumAlgorithm = types.ChecksumAlgorithmSha256
	})
	p.must("copy", err)
	p.equal("ChecksumSHA256 of the answer", aws.ToString(out.CopyObjectResult.ChecksumSHA256), sha256Of([]byte("hello")))
	h := p.headChecksum(archive, "k")
	p.equal("ChecksumSHA256 of the copy", aws.ToString(h.ChecksumSHA256), sha256Of([]byte("hello")))
	p.equal("ChecksumType", h.ChecksumType, types.ChecksumTypeFullObject)
}

// The copy of an object with a checksum has one, and it is true. S3's
// documents disagree on which algorithm that is, so any will do.
func copyChecksumTrue(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	body := []byte("hello")
	p.put(source, "k", "hello", withChecksum(types.ChecksumAlgorithmCrc32))
	_, err := p.copyObject(source, archive, "k")
	p.must("copy", err)
	h := p.headChecksum(archive, "k")
	found := false
	for _, c := range []struct {
		algorithm string
		got       *string
		want      string
	}{
		{"CRC32", h.ChecksumCRC32, crc32Of(body)},
		{"CRC64NVME", h.ChecksumCRC64NVME, crc64Of(body)},
		{"SHA256", h.ChecksumSHA256, sha256Of(body)},
	} {
		if c.got != nil {
			found = true
			p.equal(c.algorithm, *c.got, c.want)
		}
	}
	if !found {
		p.errorf("the copy has no checksum")
	}
}
