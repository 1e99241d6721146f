package conform

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func bucketChecks() []check {
	return []check{
		{"head-missing", bucketHeadMissing},
		{"head-region", bucketHeadRegion},
	}
}

// A bucket that is not there is a 404, which a run takes for a configuration
// error before it has touched anything.
func bucketHeadMissing(p *probe) {
	_, err := p.s3.HeadBucket(p.ctx, &s3.HeadBucketInput{Bucket: aws.String("no-such-bucket-here")})
	p.refused("head a missing bucket", err, 404)
}

// HeadBucket names the bucket's region: the way the region is found out.
func bucketHeadRegion(p *probe) {
	bucket := p.newBucket()
	out, err := p.s3.HeadBucket(p.ctx, &s3.HeadBucketInput{Bucket: &bucket})
	p.must("head bucket", err)
	p.equal("x-amz-bucket-region", aws.ToString(out.BucketRegion), p.target.Region)
}
