package s3store_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"reconcile/internal/s3store"
)

// TestIdentity: STS says who the caller is, whose answer is as its API reference
// has it. It is not asked for buckets that are not Amazon's, and nobody waits for
// one that refuses.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func TestIdentity(t *testing.T) {
	const arn = "arn:aws:sts::111122223333:assumed-role/auditor/session"
	status, asked := http.StatusOK, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		if r.Method != http.MethodPost || form.Get("Action") != "GetCallerIdentity" || form.Get("Version") != "2011-06-15" || r.Header.Get("Authorization") == "" {
			t.Errorf("%s %s %q", r.Method, r.URL, body)
		}
		w.WriteHeader(status)
		if status != http.StatusOK {
			io.WriteString(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>`)
			return
		}
		fmt.Fprintf(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>%s</Arn><UserId>AROAEXAMPLE:session</UserId><Account>111122223333</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata></GetCallerIdentityResponse>`, arn)
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_STS": server.URL, "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "", "AWS_PROFILE": "",
		"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	store, err := s3store.Open(context.Background(), s3store.Config{
		Default: s3store.Bucket{Region: "us-west-2"},
		Buckets: map[string]s3store.Bucket{"elsewhere": {Region: "us-west-2", EndpointURL: server.URL}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := store.Identity(t.Context(), "elsewhere"); got != "" || asked > 0 {
		t.Errorf("of another server: %q, and STS was asked %d times", got, asked)
	}
	if got := store.Identity(t.Context(), "my-glacier"); got != arn || asked != 1 {
		t.Errorf("%q, by %d requests", got, asked)
	}
	status = http.StatusForbidden
	if got := store.Identity(t.Context(), "my-glacier"); got != "" || asked != 2 {
		t.Errorf("refused: %q, by %d requests", got, asked)
	}
}
