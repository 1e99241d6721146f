package conform

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func multipartChecks() []check {
	return []check{
		{"complete", multipartComplete},
		{"part-number", multipartPartNumber},
		{"part-number-beyond", multipartPartNumberBeyond},
		{"part-number-etag", multipartPartNumberETag},
		{"attributes", multipartAttributes},
		{"invisible-until-complete", multipartInvisible},
		{"replace-part", multipartReplacePart},
		{"gaps-in-numbers", multipartGaps},
		{"one-part", multipartOnePart},
		{"if-none-match", multipartIfNoneMatch},
		{"if-none-match-absent", multipartIfNoneMatchAbsent},
		{"if-match", multipartIfMatch},
	}
}

// minPart is the smallest size of a part that is not the last, in bytes.
func (p *probe) minPart() int { return cmp.Or(p.target.MinPart, 5<<20) }

// smallParts are the parts of the smallest object of two parts.
func (p *probe) smallParts() [][]byte {
	return [][]byte{pattern(p.minPart(), 3), pattern(1001, 4)}
}

// createUpload starts an upload of a key and returns its id.
func (p *probe) createUpload(bucket, key string, change func(*s3.CreateMultipartUploadInput)) string {
	in := &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key}
	if change != nil {
		change(in)
	}
	out, err := p.s3.CreateMultipartUpload(p.ctx, in)
	p.must("create the upload", err)
	if aws.ToString(out.UploadId) == "" {
		p.fatalf("the upload has no id")
	}
	return *out.UploadId
}

// uploadPart sends one part and returns what completing it takes.
func (p *probe) uploadPart(bucket, key, id string, number int32, body []byte) types.CompletedPart {
	out, err := p.s3.UploadPart(p.ctx, &s3.UploadPartInput{
		Bucket: &bucket, Key: &key, UploadId: &id, PartNumber: &number, Body: bytes.NewReader(body),
	})
	p.must(fmt.Sprintf("upload part %d", number), err)
	return types.CompletedPart{ETag: out.ETag, PartNumber: &number}
}

func (p *probe) complete(bucket, key, id string, parts []types.CompletedPart, changes ...func(*s3.CompleteMultipartUploadInput)) (*s3.CompleteMultipartUploadOutput, error) {
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &bucket, Key: &key, UploadId: &id,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}
	for _, change := range changes {
		change(in)
	}
	return p.s3.CompleteMultipartUpload(p.ctx, in)
}

// putParts writes an object of these parts and returns its ETag.
func (p *probe) putParts(bucket, key string, parts [][]byte, change func(*s3.CreateMultipartUploadInput)) string {
	id := p.createUpload(bucket, key, change)
	done := p.uploadParts(bucket, key, id, parts)
	out, err := p.complete(bucket, key, id, done)
	p.must("complete", err)
	return aws.ToString(out.ETag)
}

func (p *probe) uploadParts(bucket, key, id string, parts [][]byte) []types.CompletedPart {
	var done []types.CompletedPart
	for i, part := range parts {
		done = append(done, p.uploadPart(bucket, key, id, int32(i+1), part))
	}
	return done
}

// The parts in their order are the object, and its ETag is the composite one,
// in the answer, the head and the listing.
func multipartComplete(p *probe) {
	bucket := p.newBucket()
	parts := p.smallParts()
	want := compositeETag(parts...)
	p.equal("ETag of the answer", p.putParts(bucket, "k", parts, nil), want)
	h := p.head(bucket, "k")
	p.equal("ETag of the head", aws.ToString(h.ETag), want)
	p.equal("ContentLength", aws.ToInt64(h.ContentLength), int64(p.minPart()+1001))
	listed := p.list(bucket)
	p.equal("ETag listed", aws.ToString(listed[0].ETag), want)
	p.equal("Size listed", aws.ToInt64(listed[0].Size), int64(p.minPart()+1001))
	p.holds(bucket, "k", slices.Concat(parts...))
}

// The head of part n gives its size, and the number of parts: so a copy finds
// the boundaries, one request for each part.
func multipartPartNumber(p *probe) {
	bucket := p.newBucket()
	parts := p.smallParts()
	p.putParts(bucket, "k", parts, nil)
	for i, part := range parts {
		h, err := p.s3.HeadObject(p.ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("k"), PartNumber: aws.Int32(int32(i + 1))})
		p.must("head a part", err)
		p.equal("size of the part", aws.ToInt64(h.ContentLength), int64(len(part)))
		p.equal("PartsCount", aws.ToInt32(h.PartsCount), int32(len(parts)))
	}
	if n := p.head(bucket, "k").PartsCount; n != nil {
		p.errorf("PartsCount without a part number: %d, want none", *n)
	}
}

func multipartPartNumberBeyond(p *probe) {
	bucket := p.newBucket()
	p.putParts(bucket, "k", p.smallParts(), nil)
	_, err := p.s3.HeadObject(p.ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("k"), PartNumber: aws.Int32(3)})
	p.refused("head part 3 of 2", err, 416)
}

// The head of a part has the ETag of the whole object, so that every question
// about the layout also asks whether the source is still the same.
func multipartPartNumberETag(p *probe) {
	bucket := p.newBucket()
	etag := p.putParts(bucket, "k", p.smallParts(), nil)
	h, err := p.s3.HeadObject(p.ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("k"), PartNumber: aws.Int32(1)})
	p.must("head part 1", err)
	p.equal("ETag", aws.ToString(h.ETag), etag)
}

// What the upload was created with is the object's.
func multipartAttributes(p *probe) {
	bucket := p.newBucket()
	p.putParts(bucket, "k", [][]byte{[]byte("x")}, func(in *s3.CreateMultipartUploadInput) {
		var put s3.PutObjectInput
		withContentHeaders(&put)
		in.ContentType, in.ContentEncoding, in.ContentDisposition = put.ContentType, put.ContentEncoding, put.ContentDisposition
		in.ContentLanguage, in.CacheControl, in.Expires = put.ContentLanguage, put.CacheControl, put.Expires
		in.Metadata = userMetadata
		in.Tagging = aws.String("project=a%2Bb&level=2")
		in.StorageClass = types.StorageClassStandardIa
	})
	h := p.head(bucket, "k")
	p.equal("content headers", headersOf(h), contentHeaders)
	p.equal("Metadata", h.Metadata, userMetadata)
	p.equal("StorageClass", h.StorageClass, types.StorageClassStandardIa)
	p.equal("tags", p.tags(bucket, "k"), map[string]string{"project": "a+b", "level": "2"})
}

// Nothing is seen of an upload, and nothing replaced by it, before it is
// completed.
func multipartInvisible(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "there", "older")
	for _, key := range []string{"k", "there"} {
		id := p.createUpload(bucket, key, nil)
		p.uploadPart(bucket, key, id, 1, []byte("new"))
	}
	p.absent(bucket, "k")
	p.equal("keys", keysOf(p.list(bucket)), []string{"there"})
	p.holds(bucket, "there", []byte("older"))
}

// A part that is sent again, after an answer was lost, takes the first one's place.
func multipartReplacePart(p *probe) {
	bucket := p.newBucket()
	id := p.createUpload(bucket, "k", nil)
	p.uploadPart(bucket, "k", id, 1, []byte("first try"))
	part := p.uploadPart(bucket, "k", id, 1, []byte("second"))
	_, err := p.complete(bucket, "k", id, []types.CompletedPart{part})
	p.must("complete", err)
	p.holds(bucket, "k", []byte("second"))
}

// Part numbers say the order and need not be consecutive.
func multipartGaps(p *probe) {
	bucket := p.newBucket()
	parts := p.smallParts()
	id := p.createUpload(bucket, "k", nil)
	done := []types.CompletedPart{
		p.uploadPart(bucket, "k", id, 3, parts[0]),
		p.uploadPart(bucket, "k", id, 10, parts[1]),
	}
	_, err := p.complete(bucket, "k", id, done)
	p.must("complete", err)
	p.holds(bucket, "k", slices.Concat(parts...))
}

// An object of one uploaded part has a composite ETag too, ending in -1.
func multipartOnePart(p *probe) {
	bucket := p.newBucket()
	body := []byte("small")
	p.equal("ETag", p.putParts(bucket, "k", [][]byte{body}, nil), compositeETag(body))
	p.holds(bucket, "k", body)
}

// completeIf completes an upload of key k under a condition.
func (p *probe) completeIf(bucket string, change func(*s3.CompleteMultipartUploadInput)) error {
	id := p.createUpload(bucket, "k", nil)
	part := p.uploadPart(bucket, "k", id, 1, []byte("new"))
	_, err := p.complete(bucket, "k", id, []types.CompletedPart{part}, change)
	return err
}

func multipartIfNoneMatch(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "older")
	err := p.completeIf(bucket, func(in *s3.CompleteMultipartUploadInput) { in.IfNoneMatch = aws.String("*") })
	p.refused("complete", err, 412, "PreconditionFailed")
	p.holds(bucket, "k", []byte("older"))
}

func multipartIfNoneMatchAbsent(p *probe) {
	bucket := p.newBucket()
	p.must("complete", p.completeIf(bucket, func(in *s3.CompleteMultipartUploadInput) { in.IfNoneMatch = aws.String("*") }))
	p.holds(bucket, "k", []byte("new"))
}

func multipartIfMatch(p *probe) {
	bucket := p.newBucket()
	etag := p.put(bucket, "k", "older")
	err := p.completeIf(bucket, func(in *s3.CompleteMultipartUploadInput) { in.IfMatch = aws.String(etagOf([]byte("other"))) })
	p.refused("complete with a wrong ETag", err, 412, "PreconditionFailed")
	p.holds(bucket, "k", []byte("older"))
	p.must("complete with the right ETag", p.completeIf(bucket, func(in *s3.CompleteMultipartUploadInput) { in.IfMatch = &etag }))
	p.holds(bucket, "k", []byte("new"))
}
