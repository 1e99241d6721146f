package conform

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func versionChecks() []check {
	return []check{
		{"none-without-versioning", versionNone},
		{"read", versionRead},
		{"copy", versionCopy},
		{"delete-marker", versionDeleteMarker},
	}
}

func versionNone(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x")
	if v := p.head(bucket, "k").VersionId; v != nil {
		p.errorf("VersionId: %q, want none", *v)
	}
}

// newVersioned makes a bucket with an object k of two versions, and returns
// the id of the older one.
func (p *probe) newVersioned() (bucket, older string) {
	bucket = p.newBucket()
	_, err := p.s3.PutBucketVersioning(p.ctx, &s3.PutBucketVersioningInput{
		Bucket:                  &bucket,
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	p.must("enable versioning", err)
	out, err := p.s3.PutObject(p.ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("k"), Body: strings.NewReader("older")})
	p.must("put", err)
	if aws.ToString(out.VersionId) == "" {
		p.fatalf("the put has no version id")
	}
	p.put(bucket, "k", "newer")
	return bucket, *out.VersionId
}

// A version is read by its id, whatever was written since.
func versionRead(p *probe) {
	bucket, older := p.newVersioned()
	p.holds(bucket, "k", []byte("newer"))
	out, err := p.s3.GetObject(p.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k"), VersionId: &older})
	p.must("get the older version", err)
	p.equal("body of the older version", string(p.readAll(out.Body)), "older")
	h, err := p.s3.HeadObject(p.ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("k"), VersionId: &older})
	p.must("head the older version", err)
	p.equal("ETag of the older version", aws.ToString(h.ETag), etagOf([]byte("older")))
	p.equal("VersionId", aws.ToString(h.VersionId), older)
}

// A copy's source may be a version.
func versionCopy(p *probe) {
	bucket, older := p.newVersioned()
	archive := p.newBucket()
	_, err := p.copyObject(bucket, archive, "k", func(in *s3.CopyObjectInput) {
		in.CopySource = aws.String(*in.CopySource + "?versionId=" + older)
	})
	p.must("copy", err)
	p.holds(archive, "k", []byte("older"))
}

// A delete hides the object and keeps its versions.
func versionDeleteMarker(p *probe) {
	bucket, older := p.newVersioned()
	out, err := p.s3.DeleteObject(p.ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: aws.String("k")})
	p.must("delete", err)
	p.equal("DeleteMarker", aws.ToBool(out.DeleteMarker), true)
	p.absent(bucket, "k")
	p.equal("keys", keysOf(p.list(bucket)), []string{})
	_, err = p.s3.HeadObject(p.ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("k"), VersionId: &older})
	p.must("head the older version", err)
}
