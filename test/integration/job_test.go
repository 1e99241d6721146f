package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"reconcile/test/conform"
)

// server is a running S3 server that somebody else wrote.
type server struct {
	conform.Target
}

// servers starts every server of others that this machine has, for the whole
// of one test: the conformance suite asks them whether they are S3, and the
// product's job runs on each.
func servers(t *testing.T) []server {
	t.Helper()
	all := []server{startGateway(t)}
	if moto, ok := startMoto(t); ok {
		all = append(all, moto)
	}
	return all
}

// buildProgram builds the program as a user would.
func buildProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "reconcile")
	build := exec.Command("go", "build", "-o", path, "./cmd/reconcile")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// client is an S3 client that has nothing to do with the program's store.
func (s server) client() *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &s.Endpoint, Region: s.Region, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(s.AccessKey, s.SecretKey, ""),
	})
}

const (
	jobGlacier, jobProtected, jobPublic = "job-glacier", "job-protected", "job-public"

	mib = 1 << 20
)

// jobObject is one object of the job's archive and what must become of it.
type jobObject struct {
	key      string
	body     []byte
	parts    int  // more than 0: uploaded in parts of 5 MiB
	restore  bool // asked for and done
	home     []byte
	want     string
	wantHome string // bucket it must be in afterwards
}

func jobObjects() []jobObject {
	small := func(n int) []byte { return bytes.Repeat([]byte{byte('a' + n)}, 100+n) }
	return []jobObject{
		{key: "g/missing.hdf", body: small(1), restore: true, want: "copied", wantHome: jobProtected},
		{key: "g/missing.xml", body: small(2), restore: true, want: "copied", wantHome: jobPublic},
		{key: "g/odd + %2B é \"q\".unknown", body: small(3), restore: true, want: "copied", wantHome: jobProtected},
		{key: "g/present.hdf", body: small(4), restore: true, home: small(4), want: "present", wantHome: jobProtected},
		{key: "g/differs.hdf", body: small(5), restore: true, home: small(6)[:105], want: "differs"},
		{key: "g/not-restored.hdf", body: small(7), want: "not_restored"},
		{key: "g/parts.hdf", body: bytes.Repeat([]byte("0123456789abcdef"), 11*mib/16), parts: 3, restore: true, want: "copied", wantHome: jobProtected},
	}
}

// TestWholeJob: the program, built and started as a user would, runs on
// servers that others wrote, and another client reads back what it wrote.
func TestWholeJob(t *testing.T) {
	program := buildProgram(t)
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			objects := jobObjects()
			s.fill(t, objects)
			first := s.runProgram(t, program)
			for _, o := range objects {
				s.check(t, o, first.row(t, o.key))
			}
			second := s.runProgram(t, program)
			if second.Summary.Copied != 0 || second.Summary.Scanned != len(objects) {
				t.Errorf("the second run: scanned %d, copied %d", second.Summary.Scanned, second.Summary.Copied)
			}
			s.noUploads(t)
		})
	}
}

// fill makes the buckets, uploads and restores.
func (s server) fill(t *testing.T, objects []jobObject) {
	t.Helper()
	ctx, c := context.Background(), s.client()
	for _, b := range []string{jobGlacier, jobProtected, jobPublic} {
		_, err := c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &b})
		must(t, err)
	}
	for _, o := range objects {
		if o.parts > 0 {
			s.putParts(t, o)
		} else {
			put(t, c, jobGlacier, o.key, o.body, types.StorageClassGlacier)
		}
		if o.home != nil {
			put(t, c, jobProtected, o.key, o.home, "")
		}
		if o.restore {
			_, err := c.RestoreObject(ctx, &s3.RestoreObjectInput{
				Bucket: aws.String(jobGlacier), Key: &o.key, RestoreRequest: &types.RestoreRequest{Days: aws.Int32(3)},
			})
			must(t, err)
		}
	}
	if s.CompleteRestores != nil {
		s.CompleteRestores()
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, c *s3.Client, bucket, key string, body []byte, class types.StorageClass) {
	t.Helper()
	_, err := c.PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: bytes.NewReader(body), StorageClass: class,
		ContentType: aws.String("application/x-hdf"), Metadata: map[string]string{"granule": "g1"}, Tagging: aws.String("k=v"),
	})
	must(t, err)
}

// putParts uploads an object in parts of 5 MiB, the last one shorter.
func (s server) putParts(t *testing.T, o jobObject) {
	t.Helper()
	ctx, c := context.Background(), s.client()
	up, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: aws.String(jobGlacier), Key: &o.key, StorageClass: types.StorageClassGlacier,
		ContentType: aws.String("application/x-hdf"), Metadata: map[string]string{"granule": "g1"}, Tagging: aws.String("k=v"),
	})
	must(t, err)
	var parts []types.CompletedPart
	for n := int32(1); int(n-1)*5*mib < len(o.body); n++ {
		from := int(n-1) * 5 * mib
		body := o.body[from:min(from+5*mib, len(o.body))]
		p, err := c.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: aws.String(jobGlacier), Key: &o.key, UploadId: up.UploadId, PartNumber: &n, Body: bytes.NewReader(body),
		})
		must(t, err)
		parts = append(parts, types.CompletedPart{
			PartNumber: aws.Int32(n), ETag: p.ETag, ChecksumCRC32: p.ChecksumCRC32,
		})
	}
	_, err = c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: aws.String(jobGlacier), Key: &o.key, UploadId: up.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	must(t, err)
}

// jobReport is what the test reads of a report.
type jobReport struct {
	Run     struct{ Complete bool }
	Summary struct{ Scanned, Copied int }
	Objects []jobRow
}

type jobRow struct {
	Key     string `json:"source_key"`
	Status  string `json:"status"`
	Proof   string `json:"proof"`
	Message string `json:"err_msg"`
}

func (r jobReport) row(t *testing.T, key string) jobRow {
	t.Helper()
	for _, row := range r.Objects {
		if row.Key == key {
			return row
		}
	}
	t.Fatalf("no row for %q", key)
	return jobRow{}
}

// runProgram runs the job; 3 is its exit code, because one object differs.
func (s server) runProgram(t *testing.T, program string) jobReport {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	path := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.CommandContext(ctx, program, "run", "--source", jobGlacier, "--protected", jobProtected, "--public", jobPublic,
		"--endpoint-url", s.Endpoint, "--region", s.Region, "--report", path, "--report-rows", "all")
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+s.AccessKey, "AWS_SECRET_ACCESS_KEY="+s.SecretKey, "AWS_EC2_METADATA_DISABLED=true")
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 3 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	var r jobReport
	text, err := os.ReadFile(path)
	must(t, err)
	must(t, json.Unmarshal(text, &r))
	if !r.Run.Complete {
		t.Errorf("the run is not complete\n%s", out)
	}
	return r
}

// check holds a row, and what another client finds, against what must be.
func (s server) check(t *testing.T, o jobObject, row jobRow) {
	t.Helper()
	if row.Status != o.want {
		t.Errorf("%q is %s, want %s: %s", o.key, row.Status, o.want, row.Message)
	}
	if o.wantHome == "" {
		return
	}
	if row.Proof == "" {
		t.Errorf("%q has no proof", o.key)
	}
	got, err := s.client().GetObject(context.Background(), &s3.GetObjectInput{Bucket: &o.wantHome, Key: &o.key})
	if err != nil {
		t.Errorf("%q: %v", o.key, err)
		return
	}
	defer got.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(got.Body); err != nil || !bytes.Equal(body.Bytes(), o.body) {
		t.Errorf("%q: %d bytes arrived, %d were sent: %v", o.key, body.Len(), len(o.body), err)
	}
	if row.Status == "copied" {
		s.checkMetadata(t, o, got)
	}
}

func (s server) checkMetadata(t *testing.T, o jobObject, got *s3.GetObjectOutput) {
	t.Helper()
	if aws.ToString(got.ContentType) != "application/x-hdf" || got.Metadata["granule"] != "g1" {
		t.Errorf("%q: content type %q, metadata %v", o.key, aws.ToString(got.ContentType), got.Metadata)
	}
	if got.StorageClass != "" && got.StorageClass != types.StorageClassStandard {
		t.Errorf("%q landed in %s", o.key, got.StorageClass)
	}
	tags, err := s.client().GetObjectTagging(context.Background(), &s3.GetObjectTaggingInput{Bucket: &o.wantHome, Key: &o.key})
	if err != nil || len(tags.TagSet) != 1 || aws.ToString(tags.TagSet[0].Key)+"="+aws.ToString(tags.TagSet[0].Value) != "k=v" {
		t.Errorf("%q: tags %v: %v", o.key, tags, err)
	}
}

func (s server) noUploads(t *testing.T) {
	t.Helper()
	for _, b := range []string{jobProtected, jobPublic} {
		open, err := s.client().ListMultipartUploads(context.Background(), &s3.ListMultipartUploadsInput{Bucket: &b})
		must(t, err)
		var left []string
		for _, u := range open.Uploads {
			left = append(left, fmt.Sprintf("%s %s", aws.ToString(u.Key), aws.ToString(u.UploadId)))
		}
		if len(left) > 0 {
			t.Errorf("left open in %s: %s", b, strings.Join(left, ", "))
		}
	}
}
