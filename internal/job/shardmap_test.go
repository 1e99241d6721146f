package job

import (
	"fmt"
	"strings"
	"testing"

	"reconcile/internal/config"
	"reconcile/internal/scan"
)

// The shard map of as many shards as are allowed can be read again by the
// others: internal/s3store reads documents of up to 4 MiB.
func TestLargestShardMapCanBeRead(t *testing.T) {
	const maxDocument = 4 << 20
	folder := strings.Repeat("x", 1015)
	ranges := make([]scan.Range, config.MaxShards)
	for i := range ranges {
		if i > 0 {
			ranges[i].After = folder + fmt.Sprintf("%05d\U0010FFFF", i)
			ranges[i-1].Until = ranges[i].After
		}
	}
	if err := scan.CheckShards(ranges); err != nil {
		t.Fatal(err)
	}
	if n := len((&sharder{}).encode(ranges)); n > maxDocument {
		t.Errorf("%d shards, keys of %d bytes: the map has %d bytes, and who reads it takes %d", config.MaxShards, len(ranges[1].After), n, maxDocument)
	}
}
