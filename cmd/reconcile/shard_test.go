package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reconcile/internal/config"
	"reconcile/internal/exit"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
	"reconcile/internal/scan"
)

// shardDoc is what is read of a shard's report.
type shardDoc struct {
	Run struct {
		Complete bool
		Shard    *report.Shard
	}
	Objects []struct {
		Key string `json:"source_key"`
	}
}

func readShard(t *testing.T, path string) shardDoc {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var doc shardDoc
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// runShards runs n shards at the same time and returns their reports.
func runShards(t *testing.T, server *s3sim.Server, n int, args ...string) []shardDoc {
	t.Helper()
	dir := t.TempDir()
	var lines [][]string
	for i := range n {
		lines = append(lines, runWith(append(args, "--shard", fmt.Sprintf("%d/%d", i, n),
			"--report", filepath.Join(dir, "{shard}.json"), "--report-rows", "all", "--journal", filepath.Join(dir, "journal"))...))
	}
	sideBySide(t, server, exit.OK, lines...)
	var docs []shardDoc
	for i := range n {
		docs = append(docs, readShard(t, filepath.Join(dir, fmt.Sprintf("%d-of-%d.json", i, n))))
	}
	return docs
}

// checkShards wants every object in one report, and ranges that join.
func checkShards(t *testing.T, server *s3sim.Server, docs []shardDoc) {
	t.Helper()
	seen, want := map[string]int{}, map[string]int{}
	var ranges []scan.Range
	for i, doc := range docs {
		if s := doc.Run.Shard; !doc.Run.Complete || s == nil || s.Index != i || s.Count != len(docs) {
			t.Fatalf("shard %d: %+v", i, doc.Run)
		}
		ranges = append(ranges, scan.Range{After: doc.Run.Shard.After, Until: doc.Run.Shard.Until})
		for _, o := range doc.Objects {
			seen[o.Key]++
		}
	}
	for _, key := range server.Keys("the-glacier") {
		want[key] = 1
	}
	if !maps.Equal(seen, want) {
		t.Errorf("%d rows of %d objects", len(seen), len(want))
	}
	if err := scan.CheckShards(ranges); err != nil {
		t.Error(err)
	}
	if n := server.Len("the-archive"); n != len(want) {
		t.Errorf("%d objects arrived, of %d", n, len(want))
	}
}

// TestShards: shards that know nothing of each other copy every object once.
func TestShards(t *testing.T) {
	t.Parallel()
	server := pagedServer(t, 300, 50)
	checkShards(t, server, runShards(t, server, 4))
}

// TestShardMap: where the shards agree by a document, they join although the
// source grows while they start, and later ones find the same ranges.
func TestShardMap(t *testing.T) {
	t.Parallel()
	server := pagedServer(t, 300, 50)
	args := []string{"--shard-map", "s3://the-reports/shards.json"}
	server.Inject(s3sim.Fault{Op: "ListObjectsV2", Skip: 3, Times: 1, Before: func() {
		for i := range 150 {
			server.Put("the-glacier", fmt.Sprintf("a%04d.hdf", i), s3sim.Object{Size: 1, StorageClass: "STANDARD"})
		}
	}})
	var ranges []scan.Range
	for _, doc := range runShards(t, server, 4, args...) {
		ranges = append(ranges, scan.Range{After: doc.Run.Shard.After, Until: doc.Run.Shard.Until})
	}
	if err := scan.CheckShards(ranges); err != nil {
		t.Error(err)
	}
	for _, wrong := range [][]string{
		{"--shard", "0/5"},
		{"--shard", "0/4", "--prefix", "k"},
	} {
		p, code := runWithin(t, server, runWith(append(append(wrong, args...), "--report", "-")...)...)
		if code != exit.Incomplete {
			t.Errorf("%v: code %d\n%s", wrong, code, &p.stderr)
		}
	}
}

// TestShardOfEngine: an array job of AWS Batch needs no flag, an indexed job of
// Kubernetes has to be told how many there are, and what would have shards
// overwrite each other's reports is refused before anything is touched.
func TestShardOfEngine(t *testing.T) {
	server := smallServer(t, 10)
	report := []string{"--report", "./{shard}.json"}
	for _, tt := range []struct {
		name string
		env  []string
		args []string
		file string // of the report
		code int
	}{
		{"Batch", []string{"AWS_BATCH_JOB_ARRAY_INDEX=2", "AWS_BATCH_JOB_ARRAY_SIZE=12"}, report, "02-of-12.json", exit.OK},
		{"Batch, one of another number", []string{"AWS_BATCH_JOB_ARRAY_INDEX=2", "AWS_BATCH_JOB_ARRAY_SIZE=12"}, append(report, "--shard", "auto/3"), "2-of-3.json", exit.OK},
		{"Kubernetes", []string{"JOB_COMPLETION_INDEX=0"}, append(report, "--shard", "auto/3"), "0-of-3.json", exit.OK},
		{"Kubernetes, without a number", []string{"JOB_COMPLETION_INDEX=0"}, report, "", exit.Usage},
		{"Kubernetes, and the whole", []string{"JOB_COMPLETION_INDEX=0"}, []string{"--report", "./r.json", "--shard", "none"}, "./r.json", exit.OK},
		{"an index that is too large", []string{"JOB_COMPLETION_INDEX=3"}, append(report, "--shard", "auto/3"), "", exit.Usage},
		{"no engine", nil, append(report, "--shard", "auto/3"), "", exit.Usage},
		{"one report for all", nil, []string{"--report", "./r.json", "--shard", "0/3"}, "", exit.Usage},
		{"a number where there are no shards", nil, report, "", exit.Usage},
		{"no shard", nil, []string{"--shard", "3/3", "--report", "{shard}.json"}, "", exit.Usage},
		{"no number", nil, []string{"--shard", "first"}, "", exit.Usage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{config.BatchIndex, config.BatchSize, config.KubeIndex} {
				t.Setenv(name, "") // not of the machine that tests
				os.Unsetenv(name)
			}
			for _, one := range tt.env {
				name, value, _ := strings.Cut(one, "=")
				t.Setenv(name, value)
			}
			before := server.Requests()["ListObjectsV2"]
			p, code := runWithin(t, server, runWith(tt.args...)...)
			if code != tt.code {
				t.Fatalf("code %d, want %d\n%s", code, tt.code, &p.stderr)
			}
			if tt.file != "" {
				readShard(t, filepath.Join(p.dir, tt.file))
			} else if server.Requests()["ListObjectsV2"] != before {
				t.Error("something was asked for")
			}
		})
	}
}
