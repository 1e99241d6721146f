package config

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3store"
)

// base is what every job needs.
var base = []string{"--source", "cold", "--protected", "data"}

func with(args ...string) []string { return append(slices.Clone(base), args...) }

func TestDefaults(t *testing.T) {
	s := invocation{args: base}.mustSettings(t)
	if s.Command != "run" || s.Scan.Bucket != "cold" || s.Retry.Attempts != 3 || s.Retry.Delay != 500*time.Millisecond ||
		s.Retry.Patience != 10*time.Minute || s.Copy.Concurrency != 0 || s.Policy != (reconcile.Policy{}) ||
		s.Scan.Mode != "auto" || s.Copy.Layout != "auto" || s.Report.Rows != "changes" || s.LogFormat != "text" ||
		s.Copy.Threshold != 0 || s.Copy.PartSize != 0 || len(s.Reports) != 0 || len(s.Warnings) != 0 {
		t.Errorf("defaults: %+v", s)
	}
	if got := s.Scan.Router.Route("a/b.txt"); got.Routed {
		t.Errorf("without a public bucket a text is routed to %v", got.Location())
	}
	if b := s.Store.Buckets["data"]; b.StorageClass != "STANDARD" {
		t.Errorf("copies are written as %q", b.StorageClass)
	}
	if b := s.Store.Buckets["cold"]; b != (s3store.Bucket{}) {
		t.Errorf("the source has settings nobody gave: %+v", b)
	}
}

// TestPrecedence gives one setting in more and more places.
func TestPrecedence(t *testing.T) {
	for _, c := range []struct {
		name string
		in   invocation
		want int
	}{
		{"default", invocation{args: base}, 3},
		{"file", invocation{args: base, config: "attempts: 4"}, 4},
		{"alias in the file", invocation{args: base, config: "copy_retries: 4"}, 4},
		{"alias in the environment over file", invocation{args: base, config: "attempts: 4", env: map[string]string{"COPY_RETRIES": "5"}}, 5},
		{"lower case alias first", invocation{args: base, env: map[string]string{"COPY_RETRIES": "5", "copy_retries": "6"}}, 6},
		{"own variable over alias", invocation{args: base, env: map[string]string{"copy_retries": "6", "RECONCILE_ATTEMPTS": "7"}}, 7},
		{"an empty variable is unset", invocation{args: base, config: "attempts: 4", env: map[string]string{"RECONCILE_ATTEMPTS": ""}}, 4},
		{"flag over all", invocation{args: with("--attempts", "8"), config: "attempts: 4", env: map[string]string{"RECONCILE_ATTEMPTS": "7"}}, 8},
		{"what loses is not looked at", invocation{args: with("--attempts=8"), env: map[string]string{"RECONCILE_ATTEMPTS": "x"}}, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.in.mustSettings(t).Retry.Attempts; got != c.want {
				t.Errorf("attempts %d, want %d", got, c.want)
			}
		})
	}
}

func TestSeedEnvironment(t *testing.T) {
	s := invocation{env: map[string]string{
		"glacier_bucket": "cold", "protected_bucket": "data", "public_bucket": "open",
		"BUCKET_MAP": `{"HDF":"science","other":"rest"}`, "copy_retries": "2", "copy_retry_sleep_secs": "0",
		"AWS_ENDPOINT_URL": "http://second:1", "AWS_ENDPOINT_URL_S3": "http://first:1",
	}}.mustSettings(t)
	if s.Scan.Bucket != "cold" || s.Archives.Protected != "data" || s.Archives.Public != "open" || s.Retry.Attempts != 2 || s.Retry.Delay != 0 {
		t.Errorf("%+v", s)
	}
	if got := s.Scan.Router.Route("x.hdf").Location().Bucket; got != "science" {
		t.Errorf("x.hdf goes to %q", got)
	}
	if got := s.Store.Default.EndpointURL; got != "http://first:1" {
		t.Errorf("endpoint %q", got)
	}
}

func TestEveryFlag(t *testing.T) {
	keys := writeConfigFile(t, "keys.txt", "")
	s := invocation{args: with("--prefix", "", "--include-online", "--on-differ", "overwrite", "--proof", "checksum",
		"--restore-status", "head", "--layout", "fast", "--retry-delay", "1.5", "--throttle-patience", "90s",
		"--concurrency", "7", "--multipart-threshold", "256MiB", "--part-size", "128MB", "--exclude-keys", keys,
		"--report", "-", "--report", "s3://reports/a.csv", "--report-rows", "all", "--log-format", "json", "--quiet",
		"--public", "s3://open/", "--request-payer", "requester", "--region", "us-west-2", "--profile", "dr",
		"--storage-class", "STANDARD_IA", "--kms-key-id", "key", "--acl", "bucket-owner-full-control",
		"--expected-bucket-owner", "012345678901", "--source-expected-bucket-owner", "109876543210")}.mustSettings(t)
	if s.Policy != (reconcile.Policy{IncludeOnline: true, Overwrite: true, RequireChecksum: true}) ||
		s.Scan.Mode != "head" || s.Copy.Layout != "fast" || s.Retry.Delay != 1500*time.Millisecond ||
		s.Retry.Patience != 90*time.Second || s.Copy.Concurrency != 7 || s.Copy.Threshold != 256<<20 || s.Copy.PartSize != 128e6 ||
		s.ExcludeKeys != keys || len(s.Reports) != 2 || s.Report.Rows != "all" || s.LogFormat != "json" || !s.Quiet {
		t.Errorf("%+v", s)
	}
	source := s3store.Bucket{Region: "us-west-2", Profile: "dr", RequesterPays: true, ExpectedOwner: "109876543210"}
	target := source
	target.ExpectedOwner, target.StorageClass, target.KMSKeyID, target.ACL = "012345678901", "STANDARD_IA", "key", "bucket-owner-full-control"
	want := map[string]s3store.Bucket{"cold": source, "data": target, "open": target}
	if !maps.Equal(s.Store.Buckets, want) {
		t.Errorf("buckets %+v", s.Store.Buckets)
	}
}

const fullConfig = `
# comments are fine
glacier_bucket: cold
protected: &p data
public_bucket: open
bucket_map:
  hdf: *p
  .TXT: open
attempts: 5
retry-delay: 0.25
throttle_patience: 1m
include_online: true
multipart_threshold: 268435456
expected-bucket-owner: 012345678901
report: [a.json, b.csv]
rules:
  - glob: "**/tmp/*"
    exclude: true
  - prefix: old/
    from_prefix: old/
    to_prefix: new/
    bucket: s3://attic
buckets:
  cold: {region: eu-west-1, endpoint_url: "http://127.0.0.1:9", request_payer: requester}
  attic:
    storage_class: DEEP_ARCHIVE
    acl: public-read
    expected_bucket_owner: 111111111111
  unused: {region: us-east-1}
`

func TestConfigFile(t *testing.T) {
	s := invocation{config: fullConfig}.mustSettings(t)
	if s.Scan.Bucket != "cold" || s.Retry.Attempts != 5 || s.Retry.Delay != 250*time.Millisecond || s.Retry.Patience != time.Minute ||
		!s.Policy.IncludeOnline || s.Copy.Threshold != 256<<20 || len(s.Reports) != 2 {
		t.Errorf("%+v", s)
	}
	for key, want := range map[string]string{
		"a.hdf": "s3://data/a.hdf", "a.txt": "s3://open/a.txt", "old/a.xml": "s3://attic/new/a.xml", "a.bin": "s3://data/a.bin",
	} {
		if got := s.Scan.Router.Route(key).Location().String(); got != want {
			t.Errorf("%s goes to %s, want %s", key, got, want)
		}
	}
	if !s.Scan.Router.Route("x/tmp/y").Excluded {
		t.Error("x/tmp/y is not excluded")
	}
	want := map[string]s3store.Bucket{
		"cold":   {Region: "eu-west-1", EndpointURL: "http://127.0.0.1:9", RequesterPays: true},
		"data":   {StorageClass: "STANDARD", ExpectedOwner: "012345678901"},
		"open":   {StorageClass: "STANDARD", ExpectedOwner: "012345678901"},
		"attic":  {StorageClass: "DEEP_ARCHIVE", ExpectedOwner: "111111111111", ACL: "public-read"},
		"unused": {Region: "us-east-1"},
	}
	if !maps.Equal(s.Store.Buckets, want) {
		t.Errorf("buckets %+v", s.Store.Buckets)
	}
	if len(s.Warnings) != 2 || !strings.Contains(s.Warnings[0], "DEEP_ARCHIVE") || !strings.Contains(s.Warnings[1], "unused") {
		t.Errorf("warnings %q", s.Warnings)
	}
}

func TestEmptyConfigFiles(t *testing.T) {
	for _, config := range []string{"\n", "# nothing\n", "---\n", "{}\n", "---\n...\n"} {
		invocation{args: base, config: config}.mustSettings(t)
	}
}

func TestConfigFromEnvironment(t *testing.T) {
	path := writeConfigFile(t, "c.yaml", "source: cold\nprotected: data\n")
	if s := (invocation{env: map[string]string{"RECONCILE_CONFIG": path}}).mustSettings(t); s.Scan.Bucket != "cold" {
		t.Errorf("source %q", s.Scan.Bucket)
	}
}

// TestReportsReplace: the paths of one place replace those of a lesser one.
func TestReportsReplace(t *testing.T) {
	in := invocation{args: base, env: map[string]string{"RECONCILE_REPORT": "x.json,y.csv"}, config: "report: z.json"}
	if s := in.mustSettings(t); len(s.Reports) != 2 || s.Reports[1].Path != "y.csv" {
		t.Errorf("%v", s.Reports)
	}
}
