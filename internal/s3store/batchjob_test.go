package s3store

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// createJobRequest is the published shape of the request.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateJob.html
type createJobRequest struct {
	XMLName              xml.Name `xml:"http://awss3control.amazonaws.com/doc/2018-08-20/ CreateJobRequest"`
	ConfirmationRequired bool
	ClientRequestToken   string
	Description          string
	Priority             int
	RoleArn              string
	Operation            struct {
		LambdaInvoke struct {
			FunctionArn, InvocationSchemaVersion string
			UserArguments                        struct {
				Entry []struct {
					Key   string `xml:"key"`
					Value string `xml:"value"`
				} `xml:"entry"`
			}
		}
	}
	Manifest struct {
		Spec struct {
			Format string
			Fields []string `xml:"Fields>member"`
		}
		Location struct{ ObjectArn, ETag string }
	}
	Report struct {
		Enabled                             bool
		Bucket, Prefix, Format, ReportScope string
	}
}

var testFunction = InvokeFunction{Function: "arn:aws-cn:lambda:cn-north-1:123456789012:function:reconcile", Arguments: map[string]string{"plan": "x"}}

var testJob = BatchJob{
	Account: "123456789012", Description: "plan x: 5 objects", Token: "t0ken", Priority: 7, Confirm: true,
	Manifest: reconcile.Location{Bucket: "my-plans", Key: "p/x-small.csv"}, ManifestETag: "abc-2",
	Operation: testFunction,
	Role:      "arn:aws-cn:iam::123456789012:role/r", ReportBucket: "my-results", ReportPrefix: "p/results",
}

// controlServer answers CreateJob and keeps what it was sent.
func controlServer(t *testing.T, answer http.HandlerFunc) (*Store, *http.Request, *createJobRequest) {
	t.Helper()
	got, request := &createJobRequest{}, &http.Request{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*request = *r
		body, _ := io.ReadAll(r.Body)
		if err := xml.Unmarshal(body, got); err != nil {
			t.Errorf("%v in %s", err, body)
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "access")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_REGION", "cn-north-1")
	s, err := Open(context.Background(), Config{Default: Bucket{EndpointURL: server.URL}})
	if err != nil {
		t.Fatal(err)
	}
	return s, request, got
}

// TestCreateBatchJob holds the request against the published one, and reads the
// published answer.
func TestCreateBatchJob(t *testing.T) {
	s, r, got := controlServer(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><CreateJobResult><JobId>00e123a4-c0d8-41f4-a0eb-b46f9ba5b07c</JobId></CreateJobResult>`)
	})
	id, err := s.CreateBatchJob(context.Background(), testJob)
	if err != nil || id != "00e123a4-c0d8-41f4-a0eb-b46f9ba5b07c" {
		t.Fatalf("%q %v", id, err)
	}
	if r.Method != "POST" || r.URL.Path != "/v20180820/jobs" || r.Header.Get("X-Amz-Account-Id") != "123456789012" ||
		!strings.HasPrefix(r.Host, "127.0.0.1:") {
		t.Errorf("%s %s host %s %v", r.Method, r.URL, r.Host, r.Header)
	}
	if auth := r.Header.Get("Authorization"); !strings.Contains(auth, "/cn-north-1/s3/aws4_request") {
		t.Errorf("signed as %s", auth)
	}
	want := createJobRequest{XMLName: got.XMLName, ConfirmationRequired: true, ClientRequestToken: "t0ken", Description: "plan x: 5 objects", Priority: 7, RoleArn: testJob.Role}
	want.Operation.LambdaInvoke = got.Operation.LambdaInvoke
	want.Manifest.Spec.Format, want.Manifest.Spec.Fields = "S3BatchOperations_CSV_20180820", []string{"Bucket", "Key"}
	want.Manifest.Location.ObjectArn, want.Manifest.Location.ETag = "arn:aws-cn:s3:::my-plans/p/x-small.csv", "abc-2"
	want.Report.Enabled, want.Report.Bucket, want.Report.Prefix = true, "arn:aws-cn:s3:::my-results", "p/results"
	want.Report.Format, want.Report.ReportScope = "Report_CSV_20180820", "AllTasks"
	a, _ := json.Marshal(want)
	b, _ := json.Marshal(got)
	if string(a) != string(b) {
		t.Errorf("%s\nwant\n%s", b, a)
	}
	l := got.Operation.LambdaInvoke
	if l.FunctionArn != testFunction.Function || l.InvocationSchemaVersion != "2.0" || len(l.UserArguments.Entry) != 1 ||
		l.UserArguments.Entry[0].Key != "plan" || l.UserArguments.Entry[0].Value != "x" {
		t.Errorf("%+v", l)
	}
	if s.Requests()["CreateJob"] != 1 {
		t.Errorf("%v", s.Requests())
	}
}

// TestCreateBatchJobRefused: refusals, throttling, and answers that say nothing.
func TestCreateBatchJobRefused(t *testing.T) {
	document := func(status int, code, message string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, `<?xml version="1.0"?><ErrorResponse><Error><Code>`+code+`</Code><Message>`+message+`</Message></Error><RequestId>r1</RequestId></ErrorResponse>`)
		}
	}
	for _, tt := range []struct {
		answer http.HandlerFunc
		kind   reconcile.Kind
		says   string
		again  bool
	}{
		{document(403, "AccessDenied", "Access Denied"), reconcile.AccessDenied, "needs s3:CreateJob", false},
		{document(400, "InvalidRequest", "Manifest ETag does not match"), reconcile.Other, "ETag does not match", false},
		{document(400, "IdempotencyException", "Token reused"), reconcile.Other, "IdempotencyException", false},
		{document(400, "TooManyRequestsException", "slow"), reconcile.Throttled, "TooManyRequestsException", true},
		{document(503, "ServiceUnavailable", "later"), reconcile.Throttled, "", true},
		{document(500, "InternalServiceException", "oops"), reconcile.Other, "", true},
		{func(w http.ResponseWriter, _ *http.Request) {}, reconcile.Other, "JobId", true},
		{func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>hello</html>") }, reconcile.Other, "JobId", true},
	} {
		s, _, _ := controlServer(t, tt.answer)
		id, err := s.CreateBatchJob(context.Background(), testJob)
		var e *reconcile.Error
		if !errors.As(err, &e) || id != "" || e.Kind != tt.kind || !strings.Contains(err.Error(), tt.says) || reconcile.Retryable(err) != tt.again {
			t.Errorf("want %s %q: %q, %v, again %v", tt.kind, tt.says, id, err, reconcile.Retryable(err))
		}
	}
}

// TestControlEndpoint: Amazon's own control plane has the account in its name.
func TestControlEndpoint(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "access")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	s, err := Open(context.Background(), Config{Default: Bucket{Region: "eu-west-1"}})
	if err != nil {
		t.Fatal(err)
	}
	var host string
	s.profiles[""].http.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		host = r.URL.Host
		return nil, errors.New("no network here")
	})
	if _, err := s.CreateBatchJob(context.Background(), testJob); err == nil {
		t.Error("no error")
	}
	if host != "123456789012.s3-control.eu-west-1.amazonaws.com" {
		t.Errorf("sent to %s", host)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestBatchJobRequest: what --dry-run prints is what is sent.
func TestBatchJobRequest(t *testing.T) {
	s, _, got := controlServer(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `<CreateJobResult><JobId>j</JobId></CreateJobResult>`)
	})
	if _, err := s.CreateBatchJob(context.Background(), testJob); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(testJob.Request())
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{got.ClientRequestToken, got.RoleArn, got.Manifest.Location.ObjectArn, got.Manifest.Location.ETag,
		got.Report.Bucket, got.Report.Prefix, got.Report.ReportScope, got.Operation.LambdaInvoke.FunctionArn, got.Manifest.Spec.Format} {
		if value == "" || !strings.Contains(string(text), `"`+value+`"`) {
			t.Errorf("%q is sent, and not printed: %s", value, text)
		}
	}
	if doc["AccountId"] != testJob.Account || doc["ConfirmationRequired"] != true || doc["Priority"] != float64(7) {
		t.Errorf("%s", text)
	}
}
