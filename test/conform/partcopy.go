package conform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func partCopyChecks() []check {
	return []check{
		{"same-layout", partCopySameLayout},
		{"other-layout", partCopyOtherLayout},
		{"whole-source", partCopyWholeSource},
		{"uneven", partCopyUneven},
		{"odd-key", partCopyOddKey},
		{"source-if-match", partCopySourceIfMatch},
		{"range-outside", partCopyRangeOutside},
		{"missing-source", partCopyMissingSource},
		{"archived-source", partCopyArchivedSource},
		{"carries-only-bytes", partCopyOnlyBytes},
		{"over-5gib", partCopyOver5GiB},
	}
}

// spansOf are the values of x-amz-copy-source-range that cut an object into
// these parts.
func spansOf(parts [][]byte) []string {
	var spans []string
	offset := 0
	for _, part := range parts {
		spans = append(spans, fmt.Sprintf("bytes=%d-%d", offset, offset+len(part)-1))
		offset += len(part)
	}
	return spans
}

// copyPart copies a range of k in one bucket to a part of k in another; an
// empty span is all of it.
func (p *probe) copyPart(source, archive, id string, number int32, span string, changes ...func(*s3.UploadPartCopyInput)) (*s3.UploadPartCopyOutput, error) {
	in := &s3.UploadPartCopyInput{
		Bucket: &archive, Key: aws.String("k"), UploadId: &id, PartNumber: &number,
		CopySource: copySource(source, "k"),
	}
	if span != "" {
		in.CopySourceRange = &span
	}
	for _, change := range changes {
		change(in)
	}
	return p.s3.UploadPartCopy(p.ctx, in)
}

// copyParts copies k by these ranges and returns the ETag of the copy.
func (p *probe) copyParts(source, archive string, spans []string) string {
	id := p.createUpload(archive, "k", nil)
	var done []types.CompletedPart
	for i, span := range spans {
		out, err := p.copyPart(source, archive, id, int32(i+1), span)
		p.must("copy part "+span, err)
		if out.CopyPartResult == nil {
			p.fatalf("the answer has no CopyPartResult")
		}
		done = append(done, types.CompletedPart{ETag: out.CopyPartResult.ETag, PartNumber: aws.Int32(int32(i + 1))})
	}
	out, err := p.complete(archive, "k", id, done)
	p.must("complete", err)
	return aws.ToString(out.ETag)
}

// With the source's part boundaries the copy has the source's composite ETag:
// later audits prove it from the two listings alone.
func partCopySameLayout(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	parts := p.smallParts()
	etag := p.putParts(source, "k", parts, nil)
	p.equal("ETag of the copy", p.copyParts(source, archive, spansOf(parts)), etag)
	p.holds(archive, "k", slices.Concat(parts...))
}

// With other boundaries the bytes are the same, and the ETag is not.
func partCopyOtherLayout(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	parts := p.smallParts()
	etag := p.putParts(source, "k", parts, nil)
	whole := slices.Concat(parts...)
	other := [][]byte{whole[:p.minPart()+7], whole[p.minPart()+7:]}
	got := p.copyParts(source, archive, spansOf(other))
	p.equal("ETag of the copy", got, compositeETag(other...))
	if got == etag {
		p.errorf("the copy has the ETag of the source, which has another layout")
	}
	p.holds(archive, "k", whole)
}

// A part may be all of a source; then no range is sent.
func partCopyWholeSource(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	body := []byte("less than a part")
	p.put(source, "k", string(body))
	p.equal("ETag of the copy", p.copyParts(source, archive, []string{""}), compositeETag(body))
	p.holds(archive, "k", body)
}

// Parts need not be of one size.
func partCopyUneven(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	parts := [][]byte{pattern(p.minPart()+12_345, 5), pattern(p.minPart(), 6), pattern(1, 7)}
	etag := p.putParts(source, "k", parts, nil)
	p.equal("ETag of the source", etag, compositeETag(parts...))
	p.equal("ETag of the copy", p.copyParts(source, archive, spansOf(parts)), etag)
	p.holds(archive, "k", slices.Concat(parts...))
}

// The source of a part is escaped as that of a copy.
func partCopyOddKey(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	const key = "a b+c%2B.txt"
	p.put(source, key, "right")
	p.put(source, "a b c+.txt", "wrong")
	id := p.createUpload(archive, key, nil)
	out, err := p.s3.UploadPartCopy(p.ctx, &s3.UploadPartCopyInput{
		Bucket: &archive, Key: aws.String(key), UploadId: &id, PartNumber: aws.Int32(1), CopySource: copySource(source, key),
	})
	p.must("copy the part", err)
	_, err = p.complete(archive, key, id, []types.CompletedPart{{ETag: out.CopyPartResult.ETag, PartNumber: aws.Int32(1)}})
	p.must("complete", err)
	p.holds(archive, key, []byte("right"))
}

// Each part is pinned to the source's ETag: no mixture of two contents.
func partCopySourceIfMatch(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	etag := p.put(source, "k", "x")
	id := p.createUpload(archive, "k", nil)
	_, err := p.copyPart(source, archive, id, 1, "", func(in *s3.UploadPartCopyInput) { in.CopySourceIfMatch = &etag })
	p.must("copy with the right ETag", err)
	other := etagOf([]byte("other"))
	_, err = p.copyPart(source, archive, id, 2, "", func(in *s3.UploadPartCopyInput) { in.CopySourceIfMatch = &other })
	p.refused("copy with a wrong ETag", err, 412, "PreconditionFailed")
}

// A range beyond the end is refused, not shortened: a source that shrank under
// the copy is seen.
func partCopyRangeOutside(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", string(pattern(p.minPart()+10, 8)))
	id := p.createUpload(archive, "k", nil)
	_, err := p.copyPart(source, archive, id, 1, fmt.Sprintf("bytes=0-%d", p.minPart()+10))
	p.refusedBadRequest("copy one byte too many", err)
	_, err = p.copyPart(source, archive, id, 1, fmt.Sprintf("bytes=%d-%d", p.minPart()+10, p.minPart()+20))
	p.refusedBadRequest("copy from behind the end", err)
}

func partCopyMissingSource(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	id := p.createUpload(archive, "k", nil)
	_, err := p.copyPart(source, archive, id, 1, "")
	p.refused("copy", err, 404, "NoSuchKey")
}

func partCopyArchivedSource(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "x", inClass(types.StorageClassDeepArchive))
	id := p.createUpload(archive, "k", nil)
	_, err := p.copyPart(source, archive, id, 1, "")
	p.refused("copy", err, 403, notReadable...)
}

// Copying parts carries bytes and nothing else: what is not given when the
// upload is created is lost.
func partCopyOnlyBytes(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	p.put(source, "k", "x", withUserMetadata, func(in *s3.PutObjectInput) { in.Tagging = aws.String("a=b") })
	p.copyParts(source, archive, []string{""})
	if m := p.head(archive, "k").Metadata; len(m) != 0 {
		p.errorf("Metadata of the copy: %v, want none", m)
	}
	p.equal("tags of the copy", p.tags(archive, "k"), map[string]string{})
}

// Above the limit of one CopyObject parts are the way, and the boundaries that
// make the same composite ETag are the source's.
func partCopyOver5GiB(p *probe) {
	source, archive := p.newBucket(), p.newBucket()
	const size = maxCopySize + 12_345
	p.putSynthetic(source, "k", size)
	got := p.copyParts(source, archive, []string{
		fmt.Sprintf("bytes=0-%d", 3<<30-1), fmt.Sprintf("bytes=%d-%d", 3<<30, size-1),
	})
	if !strings.HasSuffix(got, `-2"`) {
		p.errorf("ETag of the copy: %s, want one of two parts", got)
	}
	p.equal("size of the copy", aws.ToInt64(p.head(archive, "k").ContentLength), int64(size))
}
