package s3store

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"reconcile/internal/display"
)

// Bucket says how one bucket is reached and, as a target, how it is written.
// A zero field takes what the default says.
type Bucket struct {
	Region        string
	EndpointURL   string // empty: as the SDK's chain says, else Amazon's own
	Profile       string // of the shared configuration files
	ExpectedOwner string // account that must own the bucket, else requests are refused
	RequesterPays bool

	StorageClass string // of the copies; empty: STANDARD
	SSE          string // AES256, aws:kms or aws:kms:dsse; empty: with a key aws:kms, else the bucket's default encryption
	KMSKeyID     string // empty: the bucket's key
	ACL          string // canned ACL; empty: private
}

// Config says how a Store reaches its buckets. The zero value is usable.
type Config struct {
	Default Bucket
	Buckets map[string]Bucket // by name

	// Annotations says whether CopyObject copies an object's annotations, on
	// Amazon: COPY or EXCLUDE; empty: COPY.
	Annotations string

	Concurrency int           // requests at a time, for which connections are kept
	Timeout     time.Duration // one small request: LIST, HEAD, tags, create, abort; default 60s
	CopyTimeout time.Duration // one CopyObject, UploadPartCopy or Complete; default 15m
	Version     string        // of the program, for the user agent
}

// The defaults of Config. A copy of 5 GiB within S3 is silent until it is
// done, which takes minutes: a time without bytes says nothing there.
const (
	defaultTimeout     = time.Minute
	defaultCopyTimeout = 15 * time.Minute
)

// Store sends requests to S3. It is made by Open and safe for concurrent use.
type Store struct {
	config   Config
	profiles map[string]*profile // by name; read only after Open
	counts   counter
	bare     sync.Map // of bucket: takes If-Match without quotes only; true
	digests  sync.Map // of bucket: demands a digest of every body; true

	mu      sync.Mutex
	sites   map[siteKey]*site
	regions map[string]*regionLookup // by bucket
}

// Open loads credentials, region and endpoint of every profile from the SDK's
// usual chain: environment, shared files, container, instance. Credentials are
// not used yet: wrong ones show up with the first request. The error is one of
// configuration.
func Open(ctx context.Context, config Config) (*Store, error) {
	config.Timeout = cmp.Or(config.Timeout, defaultTimeout)
	config.CopyTimeout = cmp.Or(config.CopyTimeout, defaultCopyTimeout)
	s := &Store{
		config:   config,
		profiles: map[string]*profile{},
		sites:    map[siteKey]*site{},
		regions:  map[string]*regionLookup{},
	}
	if err := s.prepare(ctx, "", config.Default); err != nil {
		return nil, err
	}
	for name := range config.Buckets {
		if err := s.prepare(ctx, name, s.bucket(name)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// prepare checks one bucket's settings and loads its profile.
func (s *Store) prepare(ctx context.Context, name string, b Bucket) error {
	if err := checkEndpoint(b.EndpointURL); err != nil {
		return fmt.Errorf("bucket %q: %w", name, err)
	}
	if err := checkEncryption(b); err != nil {
		return fmt.Errorf("bucket %q: %w", name, err)
	}
	if s.profiles[b.Profile] != nil {
		return nil
	}
	p, err := s.loadProfile(ctx, b.Profile)
	if err != nil {
		return fmt.Errorf("load AWS configuration (profile %q): %w", display.URL(b.Profile), &plain{err})
	}
	s.profiles[b.Profile] = p
	return nil
}

// checkEndpoint refuses what the SDK would only trip over at the first
// request: an endpoint is a scheme and a host. Credentials in it are refused
// wherever it comes from, the SDK's own files included: it would show them.
func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	shown := display.URL(endpoint)
	switch {
	case display.HasUser(endpoint) || err == nil && u.User != nil:
		return fmt.Errorf("endpoint URL %q: credentials do not belong into it", shown)
	case err != nil:
		return fmt.Errorf("endpoint URL %q: not a URL", shown)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("endpoint URL %q: must begin with http:// or https:// and name a host", shown)
	case u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("endpoint URL %q: has a query or a fragment", shown)
	}
	return nil
}

// bucket returns the settings of a bucket, the default's where it has none.
func (s *Store) bucket(name string) Bucket {
	b, d := s.config.Buckets[name], s.config.Default
	return Bucket{
		Region:        cmp.Or(b.Region, d.Region),
		EndpointURL:   cmp.Or(b.EndpointURL, d.EndpointURL),
		Profile:       cmp.Or(b.Profile, d.Profile),
		ExpectedOwner: cmp.Or(b.ExpectedOwner, d.ExpectedOwner),
		RequesterPays: b.RequesterPays || d.RequesterPays,
		StorageClass:  cmp.Or(b.StorageClass, d.StorageClass),
		SSE:           cmp.Or(b.SSE, d.SSE),
		KMSKeyID:      cmp.Or(b.KMSKeyID, d.KMSKeyID),
		ACL:           cmp.Or(b.ACL, d.ACL),
	}
}

// Amazon reports whether the bucket's endpoint is Amazon's own: no custom
// endpoint, or one under a domain of Amazon's. What S3 documents is promised
// there, elsewhere it has to be found out.
func (s *Store) Amazon(bucket string) bool {
	return amazonEndpoint(s.endpoint(s.bucket(bucket)))
}

// endpoint returns the custom endpoint URL of a bucket, "" for Amazon's.
func (s *Store) endpoint(b Bucket) string {
	return cmp.Or(b.EndpointURL, s.profiles[b.Profile].endpoint)
}

func amazonEndpoint(endpoint string) bool {
	if endpoint == "" {
		return true
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	host := "." + strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	for _, domain := range []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws"} {
		if strings.HasSuffix(host, domain) {
			return true
		}
	}
	return false
}
