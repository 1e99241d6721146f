package conform

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// The checksums of objects of several parts.
func multipartChecksumChecks() []check {
	return []check{
		{"checksum-full-object", multipartFullObject},
		{"checksum-composite", multipartComposite},
		{"checksum-part-copy", multipartChecksumPartCopy},
	}
}

// A CRC-64/NVME is always one of the full object: the same for any layout, and
// so the proof that a copy by parts can be held against.
func multipartFullObject(p *probe) {
	bucket := p.newBucket()
	parts := p.smallParts()
	id := p.createUpload(bucket, "k", func(in *s3.CreateMultipartUploadInput) {
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeFullObject
	})
	var done []types.CompletedPart
	for i, body := range parts {
		out, err := p.s3.UploadPart(p.ctx, &s3.UploadPartInput{
			Bucket: &bucket, Key: aws.String("k"), UploadId: &id, PartNumber: aws.Int32(int32(i + 1)),
			Body: bytes.NewReader(body), ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme,
		})
		p.must("upload a part", err)
		p.equal("checksum of the part", aws.ToString(out.ChecksumCRC64NVME), crc64Of(body))
		done = append(done, types.CompletedPart{
			ETag: out.ETag, PartNumber: aws.Int32(int32(i + 1)), ChecksumCRC64NVME: out.ChecksumCRC64NVME,
		})
	}
	want := crc64Of(slices.Concat(parts...))
	out, err := p.complete(bucket, "k", id, done, func(in *s3.CompleteMultipartUploadInput) {
		in.ChecksumType = types.ChecksumTypeFullObject
	})
	p.must("complete", err)
	p.equal("checksum of the answer", aws.ToString(out.ChecksumCRC64NVME), want)
	h := p.headChecksum(bucket, "k")
	p.equal("checksum of the object", aws.ToString(h.ChecksumCRC64NVME), want)
	p.equal("ChecksumType", h.ChecksumType, types.ChecksumTypeFullObject)
}

// A SHA-256 of parts is composite: it says so, and is no proof across layouts.
func multipartComposite(p *probe) {
	bucket := p.newBucket()
	parts := p.smallParts()
	id := p.createUpload(bucket, "k", func(in *s3.CreateMultipartUploadInput) {
		in.ChecksumAlgorithm = types.ChecksumAlgorithmSha256
	})
	var done []types.CompletedPart
	var sums []byte
	for i, body := range parts {
		out, err := p.s3.UploadPart(p.ctx, &s3.UploadPartInput{
			Bucket: &bucket, Key: aws.String("k"), UploadId: &id, PartNumber: aws.Int32(int32(i + 1)),
			Body: bytes.NewReader(body), ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
		})
		p.must("upload a part", err)
		sum := sha256.Sum256(body)
		sums = append(sums, sum[:]...)
		done = append(done, types.CompletedPart{
			ETag: out.ETag, PartNumber: aws.Int32(int32(i + 1)), ChecksumSHA256: aws.String(sha256Of(body)),
		})
	}
	_, err := p.complete(bucket, "k", id, done)
	p.must("complete", err)
	all := sha256.Sum256(sums)
	h := p.headChecksum(bucket, "k")
	p.equal("ChecksumSHA256", aws.ToString(h.ChecksumSHA256), base64.StdEncoding.EncodeToString(all[:])+"-2")
	p.equal("ChecksumType", h.ChecksumType, types.ChecksumTypeComposite)
}

// A copy by parts ends up with the checksum of the full object, computed by the
// server from bytes that we never saw. Whether the answer for a part has the
// part's checksum is open where the type is FULL_OBJECT; if so, it is true.
func multipartChecksumPartCopy(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	parts := p.smallParts()
	p.put(source, "k", string(slices.Concat(parts...)))
	id := p.createUpload(archive, "k", func(in *s3.CreateMultipartUploadInput) {
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeFullObject
	})
	var done []types.CompletedPart
	for i, span := range spansOf(parts) {
		out, err := p.copyPart(source, archive, id, int32(i+1), span)
		p.must("copy a part", err)
		if sum := out.CopyPartResult.ChecksumCRC64NVME; sum != nil {
			p.equal("checksum of the part", *sum, crc64Of(parts[i]))
		}
		done = append(done, types.CompletedPart{
			ETag: out.CopyPartResult.ETag, PartNumber: aws.Int32(int32(i + 1)),
			ChecksumCRC64NVME: out.CopyPartResult.ChecksumCRC64NVME,
		})
	}
	_, err := p.complete(archive, "k", id, done, func(in *s3.CompleteMultipartUploadInput) {
		in.ChecksumType = types.ChecksumTypeFullObject
	})
	p.must("complete", err)
	h := p.headChecksum(archive, "k")
	p.equal("checksum of the copy", aws.ToString(h.ChecksumCRC64NVME), crc64Of(slices.Concat(parts...)))
}
