package s3store

import (
	"cmp"
	"context"
	"errors"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/smithy-go"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// control returns the client for S3's control plane, which serves jobs in the
// region of their manifests. Its endpoint is one of its own
// (AWS_ENDPOINT_URL_S3_CONTROL); a server that is not Amazon's has them all.
func (s *Store) control(ctx context.Context, bucket string) (*s3control.Client, error) {
	b := s.bucket(bucket)
	p := s.profiles[b.Profile]
	region := cmp.Or(b.Region, p.config.Region)
	if region == "" && s.Amazon(bucket) {
		var err error
		if region, err = s.findRegion(ctx, bucket, siteKey{b.Region, s.endpoint(b), b.Profile}); err != nil {
			return nil, err
		}
	}
	return s3control.NewFromConfig(p.config, func(o *s3control.Options) {
		o.Region = cmp.Or(region, fallbackRegion)
		o.HTTPClient = p.http
		o.Retryer = aws.NopRetryer{}
		o.RetryMaxAttempts = 0
		o.APIOptions = append(o.APIOptions, awsmiddleware.AddUserAgentKeyValue("reconcile", cmp.Or(s.config.Version, "dev")))
		if o.BaseEndpoint == nil && !s.Amazon(bucket) {
			o.BaseEndpoint = aws.String(s.endpoint(b))
		}
		if custom := aws.ToString(o.BaseEndpoint); !amazonEndpoint(custom) {
			o.BaseEndpoint, o.EndpointResolverV2 = nil, fixedEndpoint(custom)
		}
	}), nil
}

// fixedEndpoint is the endpoint as it was given. The SDK would put the account
// before its host, which only Amazon's names allow.
type fixedEndpoint string

// ResolveEndpoint returns the endpoint.
func (f fixedEndpoint) ResolveEndpoint(context.Context, s3control.EndpointParameters) (smithyendpoints.Endpoint, error) {
	u, err := url.Parse(string(f))
	if err != nil {
		return smithyendpoints.Endpoint{}, err
	}
	return smithyendpoints.Endpoint{URI: *u}, nil
}

// bucketARN is the ARN of a bucket in the partition of another ARN.
func bucketARN(like, bucket string) string {
	return "arn:" + partition(like) + ":s3:::" + bucket
}

// controlFailed is fail for the control plane, whose error documents have
// another shape: the SDK reads them.
func (c *call) controlFailed(err error) error {
	var api smithy.APIError
	if c.answer.status >= 300 && errors.As(err, &api) && api.ErrorCode() != "" {
		return c.refused(errorDocument{Code: api.ErrorCode(), Message: api.ErrorMessage()})
	}
	return c.fail(err)
}
