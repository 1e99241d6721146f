package s3sim

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/s3control/types"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// controlClient is the real SDK's client of the control plane of s.
func controlClient(s *Server) *s3control.Client {
	return s3control.New(s3control.Options{
		Region: s.Region(), Retryer: aws.NopRetryer{}, EndpointResolverV2: fixed(s.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(s.AccessKey(), s.SecretKey(), ""),
	})
}

type fixed string

func (f fixed) ResolveEndpoint(context.Context, s3control.EndpointParameters) (smithyendpoints.Endpoint, error) {
	u, err := url.Parse(string(f))
	return smithyendpoints.Endpoint{URI: *u}, err
}

// newJob is a request for a job with a manifest of these lines.
func newJob(s *Server, op *types.JobOperation, lines string) *s3control.CreateJobInput {
	info := s.Put("archive", "manifest.csv", Object{Body: []byte(lines)})
	fields := []types.JobManifestFieldName{"Bucket", "Key", "VersionId"}
	return &s3control.CreateJobInput{
		AccountId: aws.String("123456789012"), ClientRequestToken: aws.String(info.ETag), Priority: aws.Int32(1),
		RoleArn: aws.String("arn:aws:iam::123456789012:role/r"), ConfirmationRequired: aws.Bool(false), Operation: op,
		Manifest: &types.JobManifest{
			Spec:     &types.JobManifestSpec{Format: types.JobManifestFormatS3BatchOperationsCsv20180820, Fields: fields[:1+strings.Count(strings.SplitN(lines, "\n", 2)[0], ",")]},
			Location: &types.JobManifestLocation{ObjectArn: aws.String("arn:aws:s3:::archive/manifest.csv"), ETag: aws.String(info.ETag)},
		},
		Report: &types.JobReport{Enabled: true, Bucket: aws.String("arn:aws:s3:::archive"), Prefix: aws.String("r"), Format: types.JobReportFormatReportCsv20180820, ReportScope: types.JobReportScopeAllTasks},
	}
}

// results creates the job, which takes no time, and returns its report's lines.
func results(t *testing.T, s *Server, in *s3control.CreateJobInput) (id, lines string) {
	t.Helper()
	out, err := controlClient(s).CreateJob(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	id = *out.JobId
	s.Jobs()
	for _, key := range s.Keys("archive") {
		if strings.HasPrefix(key, "r/job-"+id+"/results/") {
			lines += string(s.Read("archive", key, 0, 1<<20))
		}
	}
	return id, lines
}

func compute(algorithm string) *types.JobOperation {
	return &types.JobOperation{S3ComputeObjectChecksum: &types.S3ComputeObjectChecksumOperation{
		ChecksumAlgorithm: types.ComputeObjectChecksumAlgorithm(algorithm), ChecksumType: types.ComputeObjectChecksumTypeFullObject,
	}}
}

// TestComputedChecksums: the check values that are published for the algorithms,
// of an object that nobody has restored, in the form of Amazon's example.
func TestComputedChecksums(t *testing.T) {
	s := start(t, Config{})
	info := s.Put("glacier", "a b", Object{Body: []byte("123456789"), StorageClass: "DEEP_ARCHIVE", KMSKeyID: "k"})
	for algorithm, want := range map[string][2]string{
		"CRC32":     {"CBF43926", `y/Q5Jg\u003d\u003d`},
		"CRC32C":    {"E3069283", `4waSgw\u003d\u003d`},
		"CRC64NVME": {"AE8B14860A799888", `rosUhgp5mIg\u003d`},
		"MD5":       {"25F9E794323B453885F5181F1B624D0B", `JfnnlDI7RTiF9RgfG2JNCw\u003d\u003d`},
		"SHA1":      {"F7C3BC1D808E04732ADF679965CCC34CA7AE3441", `98O8HYCOBHMq32eZZczDTKeuNEE\u003d`},
		"SHA256":    {"15E2B0D3C33891EBB0F1EF609EC419420C20E320CE94C65FBC8C3312448EB225", `FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU\u003d`},
	} {
		_, lines := results(t, s, newJob(s, compute(algorithm), "glacier,a%20b\n"))
		s.CreateBucket("archive")
		wanted := `glacier,a%20b,,succeeded,200,,"{""checksum_base64"":""` + want[1] + `"",""etag"":""` + info.ETag +
			`"",""checksumAlgorithm"":""` + algorithm + `"",""checksumType"":""FULL_OBJECT"",""checksum_hex"":""` + want[0] + `""}"` + "\n"
		if lines != wanted {
			t.Errorf("%s: %s, want %s", algorithm, lines, wanted)
		}
		s.jobs.all = nil
	}
}

// TestFailedTasks: a key that is not there, a version that is gone and what is
// ordered to fail are lines of the report, and the job is complete.
func TestFailedTasks(t *testing.T) {
	s := start(t, Config{})
	s.CreateBucket("versioned", Versioned())
	old := s.Put("versioned", "k", Object{Size: 1})
	current := s.Put("versioned", "k", Object{Size: 2})
	s.Put("versioned", "bad", Object{Size: 3})
	bad, _ := s.Get("versioned", "bad")
	s.Inject(Fault{Op: "S3ComputeObjectChecksum", KeyPrefix: "bad", Kind: Respond, Status: 500, Code: "InternalError", Message: "Internal server error, please retry"})
	_, lines := results(t, s, newJob(s, compute("CRC32"), "versioned,k,"+old.VersionID+"\nversioned,k,"+current.VersionID+"\nversioned,k,0123\nversioned,bad,"+bad.VersionID+"\nversioned,no,1\n"))
	for _, want := range []string{
		"versioned,k," + old.VersionID + ",succeeded,200,,", "versioned,k," + current.VersionID + ",succeeded,200,,",
		"versioned,k,0123,failed,200,PermanentFailure,\"error details: {\"\"failureMessage\"\":\"Task " + taskID + " Key not found\", \"\"errorCode\"\": \"404\"}\"\n",
		"versioned,bad," + bad.VersionID + ",failed,200,PermanentFailure,\"error details: {\"\"failureMessage\"\":\"Task " + taskID + " Internal server error, please retry\", \"\"errorCode\"\": \"500\"}\"\n",
	} {
		if !strings.Contains(lines, want) {
			t.Errorf("%s lacks %s", lines, want)
		}
	}
	if j := s.Jobs()[0]; j.Status != "Complete" || j.Total != 5 || j.Failed != 3 || j.Succeeded != 2 {
		t.Errorf("%+v", j)
	}
}

// TestFailedJobs: a manifest that is not the one named, or cannot be read, and
// what is ordered to fail end the job as a whole.
func TestFailedJobs(t *testing.T) {
	for name, c := range map[string]struct {
		lines  string
		fault  bool
		change bool
		says   string
	}{
		"ordered":       {lines: "glacier,k\n", fault: true, says: "JobOrdered"},
		"changed":       {lines: "glacier,k\n", change: true, says: "The ETag"},
		"no versions":   {lines: "glacier,k,1\nglacier,k,\n", says: "Line 2"},
		"nothing":       {lines: "\n", says: "0 lines"},
		"columns":       {lines: "glacier,k\nglacier\n", says: "cannot be read"},
		"half a job":    {lines: strings.Repeat("glacier,none\n", 1000), says: "50%"},
		"report bucket": {lines: "glacier,none\n", says: "ReportBucketNotFound"},
	} {
		s := start(t, Config{})
		in := newJob(s, compute("CRC32"), c.lines)
		if c.fault {
			s.Inject(Fault{Op: "RunJob", Bucket: "archive", KeyPrefix: "manifest", Code: "JobOrdered", Kind: Respond})
		}
		if c.change {
			s.Put("archive", "manifest.csv", Object{Body: []byte("glacier,other\n")})
		}
		if name == "report bucket" {
			in.Report.Bucket = aws.String("arn:aws:s3:::nowhere")
		}
		id, _ := results(t, s, in)
		out, err := controlClient(s).DescribeJob(t.Context(), &s3control.DescribeJobInput{AccountId: in.AccountId, JobId: &id})
		if err != nil || out.Job.Status != types.JobStatusFailed || len(out.Job.FailureReasons) != 1 {
			t.Errorf("%s: %+v, %v", name, out, err)
			continue
		}
		if f := out.Job.FailureReasons[0]; !strings.Contains(*f.FailureCode+" "+*f.FailureReason, c.says) {
			t.Errorf("%s: %s %s", name, *f.FailureCode, *f.FailureReason)
		}
	}
}

// TestRestoringJob: objects are asked for as RestoreObject does, and are there
// when jobs have it.
func TestRestoringJob(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := start(t, Config{Now: func() time.Time { return now }, RestoreDelay: PublishedDelay, JobRestoreDelay: PublishedJobDelay})
	s.Put("glacier", "cold", Object{Size: 1, StorageClass: "GLACIER"})
	s.Put("glacier", "busy", Object{Size: 1, StorageClass: "GLACIER", Restore: "ongoing"})
	s.Put("glacier", "warm", Object{Size: 1})
	op := &types.JobOperation{S3InitiateRestoreObject: &types.S3InitiateRestoreObjectOperation{ExpirationInDays: aws.Int32(2), GlacierJobTier: "STANDARD"}}
	_, lines := results(t, s, newJob(s, op, "glacier,cold\nglacier,busy\nglacier,warm\n"))
	want := "glacier,cold,,succeeded,200,,Successful\n"
	for _, want := range []string{want, "glacier,busy,,failed,409,RestoreAlreadyInProgress,Object restore is already in progress\n", "glacier,warm,,failed,403,InvalidObjectState,"} {
		if !strings.Contains(lines, want) {
			t.Errorf("%s lacks %s", lines, want)
		}
	}
	if s.Accepted() != 1 {
		t.Errorf("%d restores accepted", s.Accepted())
	}
	now = now.Add(30 * time.Minute)
	if info, _ := s.Get("glacier", "cold"); info.Restore != "restored" {
		t.Errorf("after half an hour: %+v", info)
	}
}
