package conform

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Finding uploads that a killed run left, and what they hold already.
func uploadListChecks() []check {
	return []check{
		{"list", uploadsList},
		{"list-order", uploadsOrder},
		{"list-prefix", uploadsPrefix},
		{"list-pages", uploadsPages},
		{"list-same-key", uploadsSameKey},
		{"odd-keys", uploadsOddKeys},
		{"control-key", uploadsControlKey},
		{"parts", uploadsParts},
		{"parts-pages", uploadsPartsPages},
		{"gone-after-complete", uploadsGone},
	}
}

// uploads are the uploads of a bucket that are neither completed nor aborted,
// all pages, keys decoded.
func (p *probe) uploads(bucket string, changes ...func(*s3.ListMultipartUploadsInput)) []types.MultipartUpload {
	var all []types.MultipartUpload
	in := &s3.ListMultipartUploadsInput{Bucket: &bucket, EncodingType: types.EncodingTypeUrl}
	for _, change := range changes {
		change(in)
	}
	for {
		out, err := p.s3.ListMultipartUploads(p.ctx, in)
		p.must("list the uploads", err)
		for _, u := range out.Uploads {
			u.Key = aws.String(p.decoded(out.EncodingType, aws.ToString(u.Key)))
			all = append(all, u)
		}
		if !aws.ToBool(out.IsTruncated) {
			return all
		}
		if len(all) > 1000 || aws.ToString(out.NextKeyMarker) == "" {
			p.fatalf("the list of uploads does not end")
		}
		in.KeyMarker = aws.String(p.decoded(out.EncodingType, *out.NextKeyMarker))
		in.UploadIdMarker = out.NextUploadIdMarker
	}
}

// uploadNames are the keys and ids of uploads, sorted by key and then by id:
// S3 promises the order of keys, not of ids.
func uploadNames(uploads []types.MultipartUpload) []string {
	names := []string{}
	for _, u := range uploads {
		names = append(names, aws.ToString(u.Key)+" "+aws.ToString(u.UploadId))
	}
	slices.Sort(names)
	return names
}

// startUploads starts one upload for each key and returns their names.
func (p *probe) startUploads(bucket string, keys ...string) []string {
	var names []string
	for _, key := range keys {
		names = append(names, key+" "+p.createUpload(bucket, key, nil))
	}
	slices.Sort(names)
	return names
}

// The uploads come each with its id and its time: the age tells an orphan from
// the upload of a run that is at work.
func uploadsList(p *probe) {
	bucket := p.newBucket()
	want := p.startUploads(bucket, "b", "a/1", "c d+e")
	got := p.uploads(bucket)
	p.equal("uploads", uploadNames(got), want)
	for _, u := range got {
		if aws.ToTime(u.Initiated).IsZero() {
			p.errorf("Initiated of %s is missing", *u.Key)
		}
	}
}

func uploadsOrder(p *probe) {
	bucket := p.newBucket()
	p.startUploads(bucket, "b", "d", "a/1", "c d+e")
	var keys []string
	for _, u := range p.uploads(bucket) {
		keys = append(keys, aws.ToString(u.Key))
	}
	p.equal("keys", keys, []string{"a/1", "b", "c d+e", "d"})
}

func uploadsPrefix(p *probe) {
	bucket := p.newBucket()
	p.startUploads(bucket, "a", "c")
	want := p.startUploads(bucket, "b/1", "b/2")
	got := p.uploads(bucket, func(in *s3.ListMultipartUploadsInput) { in.Prefix = aws.String("b/") })
	p.equal("uploads under b/", uploadNames(got), want)
}

func uploadsPages(p *probe) {
	bucket := p.newBucket()
	want := p.startUploads(bucket, "a", "b", "c", "d", "e")
	for _, size := range []int32{1, 2, 5} {
		got := p.uploads(bucket, func(in *s3.ListMultipartUploadsInput) { in.MaxUploads = &size })
		p.equal(fmt.Sprintf("uploads in pages of %d", size), uploadNames(got), want)
	}
}

// One key may have several uploads, and paging passes over none of them.
func uploadsSameKey(p *probe) {
	bucket := p.newBucket()
	want := p.startUploads(bucket, "k", "k", "k")
	got := p.uploads(bucket, func(in *s3.ListMultipartUploadsInput) { in.MaxUploads = aws.Int32(1) })
	p.equal("uploads", uploadNames(got), want)
}

// Uploads are listed whatever their keys are: an orphan that cannot be named
// cannot be aborted.
func uploadsOddKeys(p *probe) {
	bucket := p.newBucket()
	want := p.startUploads(bucket, "a b+c%2B.txt", "é/😀", `"<&>"`)
	got := p.uploads(bucket, func(in *s3.ListMultipartUploadsInput) { in.MaxUploads = aws.Int32(100) })
	p.equal("uploads", uploadNames(got), want)
}

// The answer that creates an upload repeats the key and knows no EncodingType,
// so for a key with a control character it may be no XML: the upload is there,
// and its id unread. The listing, which is encoded, names it all the same.
func uploadsControlKey(p *probe) {
	bucket := p.newBucket()
	const key = "a\u0001b"
	_, err := p.s3.CreateMultipartUpload(p.ctx, &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: aws.String(key)})
	if err != nil && errorStatus(err) != 200 {
		p.fatalf("create the upload: %v", err)
	}
	found := p.uploads(bucket)
	if len(found) != 1 || *found[0].Key != key {
		p.fatalf("uploads: %q, want one of %q", uploadNames(found), key)
	}
	_, err = p.s3.AbortMultipartUpload(p.ctx, &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: aws.String(key), UploadId: found[0].UploadId})
	p.must("abort", err)
	p.equal("uploads after the abort", len(p.uploads(bucket)), 0)
}

// listParts are the parts of an upload of k, all pages.
func (p *probe) listParts(bucket, id string, max *int32) []types.Part {
	var all []types.Part
	in := &s3.ListPartsInput{Bucket: &bucket, Key: aws.String("k"), UploadId: &id, MaxParts: max}
	for {
		out, err := p.s3.ListParts(p.ctx, in)
		p.must("list the parts", err)
		all = append(all, out.Parts...)
		if !aws.ToBool(out.IsTruncated) {
			return all
		}
		if len(all) > 1000 || aws.ToString(out.NextPartNumberMarker) == "" {
			p.fatalf("the list of parts does not end")
		}
		in.PartNumberMarker = out.NextPartNumberMarker
	}
}

// The parts that are there, with what resuming needs: number, size, ETag.
func uploadsParts(p *probe) {
	bucket := p.newBucket()
	id := p.createUpload(bucket, "k", nil)
	p.equal("parts of a new upload", len(p.listParts(bucket, id, nil)), 0)
	p.uploadPart(bucket, "k", id, 7, []byte("seven"))
	p.uploadPart(bucket, "k", id, 2, []byte("two"))
	parts := p.listParts(bucket, id, nil)
	if len(parts) != 2 {
		p.fatalf("%d parts, want 2", len(parts))
	}
	for i, want := range []struct {
		number int32
		body   string
	}{{2, "two"}, {7, "seven"}} {
		p.equal("PartNumber", aws.ToInt32(parts[i].PartNumber), want.number)
		p.equal("Size", aws.ToInt64(parts[i].Size), int64(len(want.body)))
		p.equal("ETag", aws.ToString(parts[i].ETag), etagOf([]byte(want.body)))
	}
}

func uploadsPartsPages(p *probe) {
	bucket := p.newBucket()
	id := p.createUpload(bucket, "k", nil)
	want := []int32{1, 2, 3, 5, 9}
	for _, number := range want {
		p.uploadPart(bucket, "k", id, number, []byte("x"))
	}
	for _, size := range []int32{1, 2, 5} {
		var got []int32
		for _, part := range p.listParts(bucket, id, &size) {
			got = append(got, aws.ToInt32(part.PartNumber))
		}
		p.equal(fmt.Sprintf("parts in pages of %d", size), got, want)
	}
}

func uploadsGone(p *probe) {
	bucket := p.newBucket()
	p.putParts(bucket, "k", [][]byte{[]byte("x")}, nil)
	p.equal("uploads", len(p.uploads(bucket)), 0)
}
