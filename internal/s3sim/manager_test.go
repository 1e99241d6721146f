package s3sim

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The SDK's manager finds a bucket's region without credentials, and uploads by
// parts.
func TestManager(t *testing.T) {
	s := start(t, Config{Region: "eu-west-1"})
	c := client(s)
	if region, err := manager.GetBucketRegion(ctx, c, "glacier"); err != nil || region != "eu-west-1" {
		t.Errorf("region %q, %v", region, err)
	}
	data := synthetic(1, 11*mib).bytes()
	//lint:ignore SA1019 deprecated, but what the product uses
	_, err := manager.NewUploader(c).Upload(ctx, &s3.PutObjectInput{
		Bucket: aws.String("archive"), Key: aws.String("k"), Body: bytes.NewReader(data),
	})
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := s.Get("archive", "k"); len(info.PartSizes) != 3 || !bytes.Equal(s.Read("archive", "k", 0, 1<<30), data) {
		t.Errorf("%+v", info)
	}
	if info, _ := s.Get("archive", "k"); info.Checksums == nil {
		t.Errorf("%+v", info)
	}
}
