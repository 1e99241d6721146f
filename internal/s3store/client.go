package s3store

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
)

// profile is what the SDK's chain says for one profile, with the transport
// that every request of the profile shares: a profile may bring its own CA.
type profile struct {
	config   aws.Config
	http     *http.Client
	endpoint string // custom endpoint URL by environment or shared files, or ""
	checksum bool   // the user said when requests carry checksums
}

// site is one place requests go to. Buckets that agree in all of siteKey
// share a client.
type site struct {
	client *s3.Client
}

type siteKey struct {
	region, endpoint, profile string
}

// fallbackRegion is what requests are signed for where nothing names a region
// and none can be found out: servers that are not Amazon's take any or this.
const fallbackRegion = "us-east-1"

const (
	dialTimeout  = 10 * time.Second
	minIdleConns = 256
	maxHeader    = 1 << 20 // bytes; user metadata has 2 KiB at most
)

func (s *Store) loadProfile(ctx context.Context, name string) (*profile, error) {
	// The SDK would write its own lines to stderr. What matters of them is in
	// the errors.
	cfg, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(name), config.WithLogger(logging.Nop{}))
	if err != nil {
		return nil, err
	}
	p := &profile{config: cfg, http: s.httpClient(cfg), checksum: saysChecksums(cfg)}
	// Only the service's client knows the whole chain of the endpoint:
	// AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's services section.
	p.endpoint = aws.ToString(s3.NewFromConfig(cfg).Options().BaseEndpoint)
	return p, checkEndpoint(p.endpoint)
}

// saysChecksums reports whether the environment or a shared file says when
// requests carry checksums. The loaded configuration does not tell: it has the
// SDK's default filled in.
func saysChecksums(cfg aws.Config) bool {
	if os.Getenv("AWS_REQUEST_CHECKSUM_CALCULATION") != "" {
		return true
	}
	for _, source := range cfg.ConfigSources {
		shared, ok := source.(config.SharedConfig)
		if ok && shared.RequestChecksumCalculation != 0 {
			return true
		}
	}
	return false
}

// httpClient builds on the SDK's client, which brings AWS_CA_BUNDLE and the
// proxy of the environment.
func (s *Store) httpClient(cfg aws.Config) *http.Client {
	base, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		base = awshttp.NewBuildableClient()
	}
	base = base.WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout })
	tr := base.GetTransport()
	// The default keeps 10 connections to a host and opens the others anew for
	// each request; concurrency is bounded by the layers above.
	tr.MaxIdleConnsPerHost = max(s.config.Concurrency, minIdleConns)
	tr.MaxIdleConns = 0
	tr.MaxConnsPerHost = 0
	tr.MaxResponseHeaderBytes = maxHeader
	return &http.Client{
		Transport: &transport{next: tr, counts: &s.counts},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			// A redirect names another region or host, for which the
			// signature would be wrong; and one call is one request.
			return http.ErrUseLastResponse
		},
	}
}

// client returns the client for a bucket. On Amazon, with no region
// configured by any means, the bucket is asked for its region first.
func (s *Store) client(ctx context.Context, bucket string) (*s3.Client, error) {
	b := s.bucket(bucket)
	key := siteKey{b.Region, s.endpoint(b), b.Profile}
	key.region = cmp.Or(key.region, s.profiles[b.Profile].config.Region)
	if key.region == "" && amazonEndpoint(key.endpoint) {
		region, err := s.findRegion(ctx, bucket, key)
		if err != nil {
			return nil, err
		}
		key.region = region
	}
	key.region = cmp.Or(key.region, fallbackRegion)
	return s.site(key).client, nil
}

func (s *Store) site(key siteKey) *site {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sites[key] == nil {
		s.sites[key] = &site{client: s.newClient(key)}
	}
	return s.sites[key]
}

func (s *Store) newClient(key siteKey) *s3.Client {
	p := s.profiles[key.profile]
	return s3.NewFromConfig(p.config, func(o *s3.Options) {
		o.Region = key.region
		o.HTTPClient = p.http
		o.Retryer = aws.NopRetryer{}
		o.RetryMaxAttempts = 0 // AWS_MAX_ATTEMPTS would wrap the Retryer
		o.APIOptions = append(o.APIOptions, awsmiddleware.AddUserAgentKeyValue("reconcile", cmp.Or(s.config.Version, "dev")))
		s.forServer(o, amazonEndpoint(key.endpoint))
		if key.endpoint == "" {
			return
		}
		o.BaseEndpoint = aws.String(key.endpoint)
		o.UsePathStyle = true
		if !p.checksum && !amazonEndpoint(key.endpoint) {
			// Not every server that is not Amazon's takes the checksums that
			// the SDK adds by itself.
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		}
	})
}
