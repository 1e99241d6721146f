package s3store

import (
	"cmp"
	"context"
	"errors"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/s3control/types"
	"github.com/aws/smithy-go"
	smithyendpoints "github.com/aws/smithy-go/endpoints"

	"reconcile/internal/reconcile"
)

// BatchJob is a job of S3 Batch Operations that calls a Lambda function for
// each object of a manifest.
type BatchJob struct {
	Account      string             // twelve digits
	Description  string             // for people
	Token        string             // with the same one there is the same job
	Manifest     reconcile.Location // CSV of bucket and key
	ManifestETag string             // without quotes; the job reads this content and no other
	Function     string             // ARN
	Arguments    map[string]string  // for the function, with each object
	Role         string             // ARN that the job acts as
	ReportBucket string
	ReportPrefix string // without a slash at its end: S3 adds one
	Priority     int32
	Confirm      bool // the job waits until somebody confirms it
}

// invocationSchema is what the function is sent: the one with arguments.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_LambdaInvokeOperation.html
const invocationSchema = "2.0"

// CreateBatchJob creates a job and returns its id. Sent again with the same
// token it creates no other one: S3 answers with the first one's id.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateJob.html
func (s *Store) CreateBatchJob(ctx context.Context, j BatchJob) (id string, err error) {
	c := s.start(ctx, "CreateJob", j.Manifest, s.config.Timeout)
	defer c.end()
	client, err := s.control(c.ctx, j.Manifest.Bucket)
	if err != nil {
		return "", c.fail(err)
	}
	out, err := client.CreateJob(c.ctx, j.input())
	if err != nil {
		return "", c.controlFailed(err)
	}
	if id = aws.ToString(out.JobId); id == "" {
		return "", c.empty("no JobId")
	}
	return id, nil
}

func (j *BatchJob) input() *s3control.CreateJobInput {
	return &s3control.CreateJobInput{
		AccountId:            &j.Account,
		ClientRequestToken:   &j.Token,
		ConfirmationRequired: &j.Confirm,
		Description:          optional(j.Description),
		Priority:             &j.Priority,
		RoleArn:              &j.Role,
		Manifest: &types.JobManifest{
			Spec: &types.JobManifestSpec{
				Format: types.JobManifestFormatS3BatchOperationsCsv20180820,
				Fields: []types.JobManifestFieldName{types.JobManifestFieldNameBucket, types.JobManifestFieldNameKey},
			},
			Location: &types.JobManifestLocation{
				ObjectArn: aws.String(bucketARN(j.Function, j.Manifest.Bucket) + "/" + j.Manifest.Key),
				ETag:      &j.ManifestETag,
			},
		},
		Operation: &types.JobOperation{LambdaInvoke: &types.LambdaInvokeOperation{
			FunctionArn: &j.Function, InvocationSchemaVersion: aws.String(invocationSchema), UserArguments: j.Arguments,
		}},
		Report: &types.JobReport{
			Enabled: true, Format: types.JobReportFormatReportCsv20180820, ReportScope: types.JobReportScopeAllTasks,
			Bucket: aws.String(bucketARN(j.Function, j.ReportBucket)), Prefix: optional(j.ReportPrefix),
		},
	}
}

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
