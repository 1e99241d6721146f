package integration

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3store"
)

// TestResumedParts: on servers that others wrote, an upload is completed from
// parts as ListParts names them, with their checksums, as a run does that goes
// on with what a killed one has left.
func TestResumedParts(t *testing.T) {
	for _, srv := range servers(t) {
		for _, checksum := range []string{"CRC64NVME", "CRC32C", ""} {
			t.Run(srv.Name+" "+checksum, func(t *testing.T) { srv.resume(t, "resume-"+checksum, checksum) })
		}
	}
}

func (s server) resume(t *testing.T, key, checksum string) {
	ctx, c := t.Context(), s.client()
	bucket := "resumed"
	_, err := c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	if err != nil {
		_, err = c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket})
		must(t, err)
	}
	body := bytes.Repeat([]byte("0123456789abcdef"), 12*mib/16)
	put(t, c, bucket, key+".source", body, "")
	t.Setenv("AWS_ACCESS_KEY_ID", s.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", s.SecretKey)
	store, err := s3store.Open(ctx, s3store.Config{Default: s3store.Bucket{EndpointURL: s.Endpoint, Region: s.Region}})
	must(t, err)
	source, err := store.Head(ctx, reconcile.Location{Bucket: bucket, Key: key + ".source"})
	must(t, err)
	u, err := store.CreateUpload(ctx, reconcile.UploadRequest{
		Source: source, Target: reconcile.Location{Bucket: bucket, Key: key}, Checksum: checksum,
	})
	must(t, err)
	copyPart := func(n int64) reconcile.Part {
		p, err := store.CopyPart(ctx, reconcile.PartRequest{Upload: u, Source: source.Object,
			Part: reconcile.Part{Number: int32(n + 1), Offset: n * 5 * mib, Size: min(5*mib, int64(len(body))-n*5*mib)}})
		must(t, err)
		return p
	}
	copyPart(0)
	copyPart(1)
	parts, next, err := store.ListParts(ctx, u, 0)
	must(t, err)
	if len(parts) != 2 || next != 0 || parts[0].Size != 5*mib || parts[0].ETag == "" {
		t.Fatalf("listed %+v, next %d", parts, next)
	}
	t.Logf("listed %+v", parts)
	w, err := store.CompleteUpload(ctx, reconcile.CompleteRequest{Upload: u, Parts: append(parts, copyPart(2))})
	must(t, err)
	got, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
	must(t, err)
	defer got.Body.Close()
	var read bytes.Buffer
	_, err = read.ReadFrom(got.Body)
	must(t, err)
	if !bytes.Equal(read.Bytes(), body) || w.ETag == "" {
		t.Errorf("%d bytes arrived of %d, as %+v", read.Len(), len(body), w)
	}
	s.noUploadsIn(t, bucket)
}

func (s server) noUploadsIn(t *testing.T, bucket string) {
	t.Helper()
	open, err := s.client().ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &bucket})
	must(t, err)
	for _, u := range open.Uploads {
		t.Errorf("left open: %s of %s", aws.ToString(u.UploadId), aws.ToString(u.Key))
	}
}
