package s3sim

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// start starts a server with the buckets "glacier" and "archive".
func start(t testing.TB, cfg Config) *Server {
	t.Helper()
	s, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.CreateBucket("glacier")
	s.CreateBucket("archive")
	return s
}

// client returns the real SDK's client of s, which asks once.
func client(s *Server, opts ...func(*s3.Options)) *s3.Client {
	base := func(o *s3.Options) {
		o.BaseEndpoint = aws.String(s.URL())
		o.UsePathStyle = true
		o.Region = s.Region()
		o.Credentials = credentials.NewStaticCredentialsProvider(s.AccessKey(), s.SecretKey(), "")
		o.Retryer = aws.NopRetryer{}
	}
	return s3.New(s3.Options{}, append([]func(*s3.Options){base}, opts...)...)
}

func TestFirstSteps(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	s.Put("glacier", "a/b", Object{Size: 10, ContentSeed: 1, StorageClass: "GLACIER"})
	out, err := c.ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: aws.String("glacier")})
	if err != nil || len(out.Contents) != 1 {
		t.Fatal(out, err)
	}
}
