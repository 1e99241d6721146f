package s3store

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"reconcile/internal/reconcile"
)

func TestAmazon(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"":                                   true,
		"https://s3.eu-west-1.amazonaws.com": true,
		"https://bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com/": true,
		"https://s3.cn-north-1.amazonaws.com.cn":                             true,
		"https://s3.dualstack.us-west-2.api.aws":                             true,
		"http://127.0.0.1:9000":                                              false,
		"https://amazonaws.com.example.org":                                  false,
		"https://notamazonaws.com":                                           false,
	} {
		s := open(t, Config{Buckets: map[string]Bucket{"b": {EndpointURL: endpoint}}})
		if got := s.Amazon("b"); got != want {
			t.Errorf("%q: %v, want %v", endpoint, got, want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, endpoint := range []string{"localhost:9000", "ftp://x", "http://", "://"} {
		if _, err := Open(t.Context(), Config{Default: Bucket{EndpointURL: endpoint}}); err == nil {
			t.Errorf("%q was accepted", endpoint)
		}
	}
	if _, err := Open(t.Context(), Config{Default: Bucket{Profile: "missing"}}); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("missing profile: %v", err)
	}
}

// TestEndpointChain takes the endpoint from wherever the SDK does.
func TestEndpointChain(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		file string
		want string
	}{
		{"both", map[string]string{"AWS_ENDPOINT_URL": "http://e:1"}, "", "http://e:1"},
		{"s3 before both", map[string]string{"AWS_ENDPOINT_URL": "http://e:1", "AWS_ENDPOINT_URL_S3": "http://s:1"}, "", "http://s:1"},
		{"profile", nil, "[default]\nendpoint_url = http://p:1\n", "http://p:1"},
		{"profile's service", nil, "[default]\nservices = x\n[services x]\ns3 =\n  endpoint_url = http://ps:1\n", "http://ps:1"},
		{"ignored", map[string]string{"AWS_ENDPOINT_URL_S3": "http://s:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "", ""},
		{"none", nil, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(file, []byte(tt.file), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("AWS_CONFIG_FILE", file)
			t.Setenv("AWS_REGION", "eu-west-1")
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			s := open(t, Config{})
			client, err := s.client(t.Context(), "b")
			if err != nil {
				t.Fatal(err)
			}
			o := client.Options()
			if got := aws.ToString(o.BaseEndpoint); got != tt.want || o.UsePathStyle != (tt.want != "") || s.Amazon("b") != (tt.want == "") {
				t.Errorf("endpoint %q, path style %v, amazon %v; want %q", got, o.UsePathStyle, s.Amazon("b"), tt.want)
			}
		})
	}
}

// TestChecksumDefault leaves the SDK's checksums off for other servers, unless
// the user says otherwise.
func TestChecksumDefault(t *testing.T) {
	calculation := func(b Bucket) aws.RequestChecksumCalculation {
		b.Region = "eu-west-1"
		client, err := open(t, Config{Default: b}).client(t.Context(), "b")
		if err != nil {
			t.Fatal(err)
		}
		return client.Options().RequestChecksumCalculation
	}
	other := Bucket{EndpointURL: "http://127.0.0.1:1"}
	if got := calculation(other); got != aws.RequestChecksumCalculationWhenRequired {
		t.Errorf("other server: %v", got)
	}
	if got := calculation(Bucket{}); got != aws.RequestChecksumCalculationWhenSupported {
		t.Errorf("Amazon: %v", got)
	}
	t.Setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_supported")
	if got := calculation(other); got != aws.RequestChecksumCalculationWhenSupported {
		t.Errorf("the user's word: %v", got)
	}
}

// TestClientsAreShared makes one client for each region, endpoint and profile.
func TestClientsAreShared(t *testing.T) {
	s := open(t, Config{
		Default: Bucket{Region: "eu-west-1"},
		Buckets: map[string]Bucket{"a": {StorageClass: "STANDARD_IA"}, "b": {Region: "us-west-2"}},
	})
	client := func(bucket string) any {
		c, err := s.client(t.Context(), bucket)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if client("a") != client("c") || client("a") == client("b") {
		t.Error("clients are not shared as they should be")
	}
}

// TestFindRegion asks for the region of a bucket once, however many ask.
func TestFindRegion(t *testing.T) {
	s := open(t, Config{})
	asked := &counter{}
	s.profiles[""].http = &http.Client{Transport: roundTripper(func(r *http.Request) *http.Response {
		asked.add("", r.Method+" "+r.URL.Host)
		w := &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}
		if r.Method == "HEAD" && r.URL.Path == "/" {
			w.StatusCode = 301
			w.Header.Set("X-Amz-Bucket-Region", "eu-central-1")
			return w
		}
		w.Header.Set("Content-Length", "1")
		w.ContentLength = 1
		return w
	})}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := s.Head(t.Context(), theTarget); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	want := map[string]int64{
		"HEAD protected.s3.us-east-1.amazonaws.com":    1,
		"HEAD protected.s3.eu-central-1.amazonaws.com": 8,
	}
	if len(asked.byBucket[""]) != 2 {
		t.Errorf("asked %v", asked.byBucket[""])
	}
	for what, n := range want {
		if asked.byBucket[""][what] != n {
			t.Errorf("%s: %d, want %d", what, asked.byBucket[""][what], n)
		}
	}
}

// TestFindRegionFails reports the bucket that is not there, and asks again.
func TestFindRegionFails(t *testing.T) {
	s := open(t, Config{})
	n := 0
	s.profiles[""].http = &http.Client{Transport: &transport{counts: &s.counts, next: roundTripper(func(r *http.Request) *http.Response {
		n++
		return &http.Response{StatusCode: 404, Header: http.Header{}, Body: http.NoBody, Request: r}
	})}}
	for range 2 {
		_, err := s.List(t.Context(), reconcile.ListRequest{Bucket: "protected"})
		if e := asOurs(t, err); e.Kind != reconcile.NotFound || e.Op != "HeadBucket" {
			t.Errorf("%v", e)
		}
	}
	if n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
}

type roundTripper func(*http.Request) *http.Response

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// TestNoSecretsShown: credentials are refused in every endpoint, and what is
// said of it, or of a proxy, shows none.
func TestNoSecretsShown(t *testing.T) {
	for _, endpoint := range []string{
		"http://user:SECRET@host", "http://:SECRET@host", "http://SECRET@host", "ftp://u:SECRET@host", "http://u:SECRET@ho st",
		"http://u:SECRET@host:port", "http://host?key=SECRET", "http://host/#SECRET",
	} {
		t.Setenv("AWS_ENDPOINT_URL", "")
		_, errSet := Open(t.Context(), Config{Default: Bucket{EndpointURL: endpoint}})
		_, errBucket := Open(t.Context(), Config{Buckets: map[string]Bucket{"b": {EndpointURL: endpoint}}})
		t.Setenv("AWS_ENDPOINT_URL", endpoint)
		_, errEnvironment := Open(t.Context(), Config{})
		for _, err := range []error{errSet, errBucket, errEnvironment} {
			if err == nil || strings.Contains(err.Error(), "SECRET") {
				t.Errorf("%s: %v", endpoint, err)
			}
		}
	}
	t.Setenv("AWS_ENDPOINT_URL", "")
	message := (&plain{errors.New(`invalid proxy address "http://u:SECRET@proxy:port": no`)}).Error()
	if strings.Contains(message, "SECRET") {
		t.Error(message)
	}
}
