package conform

import (
	"bytes"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func attributeChecks() []check {
	return []check{
		{"of-one-part", attributesOnePart},
		{"class", attributesClass},
		{"parts-count", attributesPartsCount},
		{"parts", attributesParts},
		{"parts-pages", attributesPartsPages},
		{"missing-key", attributesMissingKey},
	}
}

// attributes are all attributes of object k.
func (p *probe) attributes(bucket string, changes ...func(*s3.GetObjectAttributesInput)) *s3.GetObjectAttributesOutput {
	in := &s3.GetObjectAttributesInput{
		Bucket: &bucket, Key: aws.String("k"),
		ObjectAttributes: types.ObjectAttributes("").Values(),
	}
	for _, change := range changes {
		change(in)
	}
	out, err := p.s3.GetObjectAttributes(p.ctx, in)
	p.must("get the attributes", err)
	return out
}

// The ETag has no quotes here, other than everywhere else.
func attributesOnePart(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "hello", withChecksum(types.ChecksumAlgorithmSha256))
	a := p.attributes(bucket)
	p.equal("ETag", aws.ToString(a.ETag), strings.Trim(etagOf([]byte("hello")), `"`))
	p.equal("ObjectSize", aws.ToInt64(a.ObjectSize), int64(5))
	if a.Checksum == nil {
		p.fatalf("Checksum is missing")
	}
	p.equal("ChecksumSHA256", aws.ToString(a.Checksum.ChecksumSHA256), sha256Of([]byte("hello")))
	p.equal("ChecksumType", a.Checksum.ChecksumType, types.ChecksumTypeFullObject)
}

// Unlike a head, the attributes name STANDARD.
func attributesClass(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x")
	p.equal("StorageClass", p.attributes(bucket).StorageClass, types.StorageClassStandard)
	p.put(bucket, "k", "x", inClass(types.StorageClassDeepArchive))
	p.equal("StorageClass", p.attributes(bucket).StorageClass, types.StorageClassDeepArchive)
}

func attributesPartsCount(p *probe) {
	bucket := p.newBucket()
	p.putParts(bucket, "k", p.smallParts(), nil)
	a := p.attributes(bucket)
	if a.ObjectParts == nil {
		p.fatalf("ObjectParts is missing")
	}
	p.equal("TotalPartsCount", aws.ToInt32(a.ObjectParts.TotalPartsCount), int32(2))
}

// putPartsWithChecksum writes k in parts with a composite checksum: with one
// of those S3 tells the single parts.
func (p *probe) putPartsWithChecksum(bucket string, parts [][]byte) {
	id := p.createUpload(bucket, "k", func(in *s3.CreateMultipartUploadInput) {
		in.ChecksumAlgorithm = types.ChecksumAlgorithmSha256
	})
	var done []types.CompletedPart
	for i, body := range parts {
		number := aws.Int32(int32(i + 1))
		out, err := p.s3.UploadPart(p.ctx, &s3.UploadPartInput{
			Bucket: &bucket, Key: aws.String("k"), UploadId: &id, PartNumber: number,
			Body: bytes.NewReader(body), ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
		})
		p.must("upload a part", err)
		done = append(done, types.CompletedPart{ETag: out.ETag, PartNumber: number, ChecksumSHA256: aws.String(sha256Of(body))})
	}
	_, err := p.complete(bucket, "k", id, done)
	p.must("complete", err)
}

// The sizes of all parts in one request: the cheap way to a source's layout.
func attributesParts(p *probe) {
	bucket := p.newBucket()
	parts := p.smallParts()
	p.putPartsWithChecksum(bucket, parts)
	a := p.attributes(bucket)
	if a.ObjectParts == nil || len(a.ObjectParts.Parts) != len(parts) {
		p.fatalf("ObjectParts: %+v, want %d parts", a.ObjectParts, len(parts))
	}
	for i, part := range a.ObjectParts.Parts {
		p.equal("PartNumber", aws.ToInt32(part.PartNumber), int32(i+1))
		p.equal("Size", aws.ToInt64(part.Size), int64(len(parts[i])))
		p.equal("ChecksumSHA256", aws.ToString(part.ChecksumSHA256), sha256Of(parts[i]))
	}
	p.equal("IsTruncated", aws.ToBool(a.ObjectParts.IsTruncated), false)
}

func attributesPartsPages(p *probe) {
	bucket := p.newBucket()
	p.putPartsWithChecksum(bucket, p.smallParts())
	first := p.attributes(bucket, func(in *s3.GetObjectAttributesInput) { in.MaxParts = aws.Int32(1) })
	if first.ObjectParts == nil || len(first.ObjectParts.Parts) != 1 {
		p.fatalf("ObjectParts: %+v, want one part", first.ObjectParts)
	}
	p.equal("IsTruncated", aws.ToBool(first.ObjectParts.IsTruncated), true)
	rest := p.attributes(bucket, func(in *s3.GetObjectAttributesInput) {
		in.PartNumberMarker = first.ObjectParts.NextPartNumberMarker
	})
	if rest.ObjectParts == nil || len(rest.ObjectParts.Parts) != 1 {
		p.fatalf("ObjectParts after the first: %+v, want one part", rest.ObjectParts)
	}
	p.equal("PartNumber", aws.ToInt32(rest.ObjectParts.Parts[0].PartNumber), int32(2))
}

func attributesMissingKey(p *probe) {
	bucket := p.newBucket()
	_, err := p.s3.GetObjectAttributes(p.ctx, &s3.GetObjectAttributesInput{
		Bucket: &bucket, Key: aws.String("k"), ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesEtag},
	})
	p.refused("get the attributes", err, 404, "NoSuchKey")
}
