package s3store

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// identityTimeout is how long a report waits for the name of who ran it.
const identityTimeout = 5 * time.Second

// Identity returns the ARN of the caller of requests to a bucket; empty where
// Amazon's STS does not say, and for a bucket that is not Amazon's: other
// servers have no STS of that name.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func (s *Store) Identity(ctx context.Context, bucket string) string {
	if !s.Amazon(bucket) {
		return ""
	}
	region, err := s.Region(ctx, bucket)
	if err != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, identityTimeout)
	defer cancel()
	p := s.profiles[s.bucket(bucket).Profile]
	client := sts.NewFromConfig(p.config, func(o *sts.Options) {
		o.Region, o.HTTPClient, o.Retryer, o.RetryMaxAttempts = region, p.http, aws.NopRetryer{}, 0
	})
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return ""
	}
	return aws.ToString(out.Arn)
}
