package s3sim

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Everything at the same time; the race detector judges. Of all who create a
// key only if it is absent, one succeeds.
func TestConcurrentUse(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	for i := range 200 {
		s.Put("glacier", fmt.Sprintf("k%03d", i), Object{Size: int64(i * 1000), ContentSeed: uint64(i), StorageClass: "GLACIER"})
	}
	var mu sync.Mutex
	created := map[string]int{}
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := worker; i < 200; i += 4 { // each key by two workers
				key := fmt.Sprintf("k%03d", i)
				_, _ = c.RestoreObject(ctx, &s3.RestoreObjectInput{
					Bucket: aws.String("glacier"), Key: &key, RestoreRequest: &types.RestoreRequest{Days: aws.Int32(1)},
				})
				_, err := c.CopyObject(ctx, &s3.CopyObjectInput{
					Bucket: aws.String("archive"), Key: &key, CopySource: aws.String("glacier/" + key), IfNoneMatch: aws.String("*"),
				})
				if err == nil {
					mu.Lock()
					created[key]++
					mu.Unlock()
				} else if !strings.Contains(err.Error(), "PreconditionFailed") {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			listAll(t, c, &s3.ListObjectsV2Input{Bucket: aws.String("archive"), MaxKeys: aws.Int32(10)})
			s.Keys("glacier")
			s.Requests()
			s.SetLatency("HeadObject", 0)
			s.Inject(Fault{Op: "none"}).Remove()
		})
	}
	wg.Wait()
	for key, n := range created {
		if n != 1 || !s.SameContent("glacier", key, "archive", key) {
			t.Errorf("%s was created %d times", key, n)
		}
	}
	if len(created) != 200 {
		t.Errorf("%d keys were created", len(created))
	}
}

func TestRestoreStatusCodes(t *testing.T) {
	s := start(t, Config{})
	s.Put("glacier", "k", Object{Size: 1, StorageClass: "GLACIER"})
	for _, want := range []int{202, 200} {
		if status, body := raw(t, s, "POST", "/glacier/k?restore", "<RestoreRequest><Days>1</Days></RestoreRequest>"); status != want {
			t.Errorf("got %d, want %d: %s", status, want, body)
		}
	}
}
