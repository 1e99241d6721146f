package scan

import (
	"fmt"
	"testing"
	"time"
)

func TestReviewScale(t *testing.T) {
	for _, n := range []int{512, 1024, 4096} {
		began := time.Now()
		s := sampler{ctx: t.Context(), lister: generated{1_000_000_000}, opts: options(t)}
		if err := s.sample(samplesPerShard * n); err != nil {
			t.Fatal(err)
		}
		s.divide(n)
		fmt.Println(n, "shards", time.Since(began), len(s.regions))
	}
}
