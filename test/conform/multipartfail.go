package conform

import (
	"bytes"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// What an upload refuses, and how it ends without an object.
func multipartFailureChecks() []check {
	return []check{
		{"entity-too-small", multipartTooSmall},
		{"invalid-part-etag", multipartInvalidETag},
		{"invalid-part-missing", multipartMissingPart},
		{"invalid-part-order", multipartPartOrder},
		{"no-parts", multipartNoParts},
		{"abort", multipartAbort},
		{"abort-then-complete", multipartAbortComplete},
		{"no-such-upload", multipartNoSuchUpload},
		{"create-missing-bucket", multipartMissingBucket},
		{"part-number-limit", multipartNumberLimit},
	}
}

func multipartTooSmall(p *probe) {
	bucket := p.newBucket()
	id := p.createUpload(bucket, "k", nil)
	done := p.uploadParts(bucket, "k", id, [][]byte{[]byte("too"), []byte("small")})
	_, err := p.complete(bucket, "k", id, done)
	p.refused("complete", err, 400, "EntityTooSmall")
	p.absent(bucket, "k")
}

func multipartInvalidETag(p *probe) {
	bucket := p.newBucket()
	id := p.createUpload(bucket, "k", nil)
	part := p.uploadPart(bucket, "k", id, 1, []byte("x"))
	part.ETag = aws.String(etagOf([]byte("other")))
	_, err := p.complete(bucket, "k", id, []types.CompletedPart{part})
	p.refused("complete", err, 400, "InvalidPart")
	p.absent(bucket, "k")
}

func multipartMissingPart(p *probe) {
	bucket := p.newBucket()
	id := p.createUpload(bucket, "k", nil)
	part := p.uploadPart(bucket, "k", id, 1, []byte("x"))
	part.PartNumber = aws.Int32(2)
	_, err := p.complete(bucket, "k", id, []types.CompletedPart{part})
	p.refused("complete", err, 400, "InvalidPart")
	p.absent(bucket, "k")
}

func multipartPartOrder(p *probe) {
	bucket := p.newBucket()
	id := p.createUpload(bucket, "k", nil)
	// Both are large enough to be any part but the last, so that the order is
	// all there is to find fault with.
	done := p.uploadParts(bucket, "k", id, [][]byte{pattern(p.minPart(), 1), pattern(p.minPart(), 2)})
	_, err := p.complete(bucket, "k", id, []types.CompletedPart{done[1], done[0]})
	p.refused("complete", err, 400, "InvalidPartOrder")
	p.absent(bucket, "k")
}

// An upload cannot be completed into an object of nothing.
func multipartNoParts(p *probe) {
	bucket := p.newBucket()
	id := p.createUpload(bucket, "k", nil)
	_, err := p.complete(bucket, "k", id, nil)
	p.refused("complete", err, 400, "MalformedXML", "InvalidRequest")
	p.absent(bucket, "k")
}

// An abort leaves nothing that costs storage: not in the list of uploads, not
// under its id.
func multipartAbort(p *probe) {
	bucket := p.newBucket()
	id := p.createUpload(bucket, "k", nil)
	p.uploadPart(bucket, "k", id, 1, []byte("x"))
	p.equal("uploads before", len(p.uploads(bucket)), 1)
	_, err := p.s3.AbortMultipartUpload(p.ctx, &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: aws.String("k"), UploadId: &id})
	p.must("abort", err)
	p.equal("uploads after", len(p.uploads(bucket)), 0)
	_, err = p.s3.ListParts(p.ctx, &s3.ListPartsInput{Bucket: &bucket, Key: aws.String("k"), UploadId: &id})
	p.refused("list the parts", err, 404, "NoSuchUpload")
	p.absent(bucket, "k")
}

// An upload that somebody else cleaned away cannot be completed any more.
func multipartAbortComplete(p *probe) {
	bucket := p.newBucket()
	id := p.createUpload(bucket, "k", nil)
	part := p.uploadPart(bucket, "k", id, 1, []byte("x"))
	_, err := p.s3.AbortMultipartUpload(p.ctx, &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: aws.String("k"), UploadId: &id})
	p.must("abort", err)
	_, err = p.complete(bucket, "k", id, []types.CompletedPart{part})
	p.refused("complete", err, 404, "NoSuchUpload")
	p.absent(bucket, "k")
}

// An id that is no upload's is refused by everything that takes one.
func multipartNoSuchUpload(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "source", "x")
	key, number := aws.String("k"), aws.Int32(1)
	// An id as this server makes them, of an upload that is gone.
	id := p.createUpload(bucket, "k", nil)
	abort := &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: key, UploadId: &id}
	_, err := p.s3.AbortMultipartUpload(p.ctx, abort)
	p.must("abort", err)

	_, err = p.s3.UploadPart(p.ctx, &s3.UploadPartInput{
		Bucket: &bucket, Key: key, UploadId: &id, PartNumber: number, Body: bytes.NewReader([]byte("x")),
	})
	p.refused("upload a part", err, 404, "NoSuchUpload")
	_, err = p.s3.UploadPartCopy(p.ctx, &s3.UploadPartCopyInput{
		Bucket: &bucket, Key: key, UploadId: &id, PartNumber: number, CopySource: copySource(bucket, "source"),
	})
	p.refused("copy a part", err, 404, "NoSuchUpload")
}

func multipartMissingBucket(p *probe) {
	_, err := p.s3.CreateMultipartUpload(p.ctx, &s3.CreateMultipartUploadInput{
		Bucket: aws.String("no-such-bucket-here"), Key: aws.String("k"),
	})
	p.refused("create", err, 404, "NoSuchBucket")
}

// Parts are numbered 1 to 10,000.
func multipartNumberLimit(p *probe) {
	bucket := p.newBucket()
	id := p.createUpload(bucket, "k", nil)
	p.uploadPart(bucket, "k", id, 10_000, []byte("x"))
	_, err := p.s3.UploadPart(p.ctx, &s3.UploadPartInput{
		Bucket: &bucket, Key: aws.String("k"), UploadId: &id, PartNumber: aws.Int32(10_001), Body: bytes.NewReader([]byte("x")),
	})
	p.refused("upload part 10001", err, 400, "InvalidArgument")
}
