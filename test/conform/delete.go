package conform

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func deleteChecks() []check {
	return []check{
		{"present", deletePresent},
		{"absent", deleteAbsent},
	}
}

func deletePresent(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x")
	_, err := p.s3.DeleteObject(p.ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: aws.String("k")})
	p.must("delete", err)
	p.absent(bucket, "k")
	p.equal("keys", keysOf(p.list(bucket)), []string{})
}

// Deleting what is not there succeeds, so that a repeated delete is harmless.
func deleteAbsent(p *probe) {
	bucket := p.newBucket()
	out, err := p.s3.DeleteObject(p.ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: aws.String("k")})
	p.must("delete", err)
	p.equal("status", statusOf(out.ResultMetadata), 204)
}
