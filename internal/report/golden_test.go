package report

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"reconcile/internal/reconcile"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden holds one outcome of every status, and one odd key, against the
// files in testdata.
func TestGolden(t *testing.T) {
	tests := []struct {
		name string
		rows Rows
		plan *Plan
	}{
		{"all.json", RowsAll, nil},
		{"all.csv", RowsAll, nil},
		{"changes.json", RowsChanges, &Plan{Objects: 7, Bytes: 9 << 30, Requests: map[string]int64{"UploadPartCopy": 90, "CopyObject": 5}}},
		{"changes.csv", RowsChanges, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newReport(t, Options{Rows: tt.rows})
			for _, s := range reconcile.Statuses() {
				add(t, r, outcome("data/"+string(s)+".hdf", s))
			}
			add(t, r, outcome("=1+1, \"<b>&\r\n\\🎉", reconcile.Copied))
			golden := filepath.Join("testdata", tt.name)
			requests := map[string]int64{"ListObjectsV2": 3, "CopyObject": 2, "HeadObject": 1}
			run := testRun
			run.Notes = []string{"the endpoint has no conditional writes: the guard was off"}
			got := filepath.Join(t.TempDir(), "report"+filepath.Ext(tt.name))
			d, err := ParseDestination(got)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Write(context.Background(), run, requests, tt.plan, []Destination{d}, Sinks{}); err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(golden, []byte(readFile(t, got)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if readFile(t, got) != readFile(t, golden) {
				t.Errorf("%s is not what the report is now:\n%s", golden, readFile(t, got))
			}
		})
	}
}

// TestEmpty: a report without rows is whole, too.
func TestEmpty(t *testing.T) {
	r := newReport(t, Options{})
	head, rows := decode(t, encoded(t, r, JSON))
	if len(rows) != 0 || head["schema_version"] != float64(1) {
		t.Errorf("%v %v", head, rows)
	}
	if got := encoded(t, r, CSV); got != "source_bucket,source_key,target_bucket,target_key,size_bytes,etag,storage_class,restore_expiry,status,success,err_msg,error_kind,attempts,method,proof,elapsed_ms,"+
		"refused,archive,target_size_bytes,target_etag,target_storage_class,last_modified,target_last_modified,version_id,target_version_id,"+
		"checksum_algorithm,checksum,target_checksum,compared,evidence,verified_at,granule_id,collection_id,job_id,catalog,leak,error_code,error_bucket\n" {
		t.Errorf("CSV: %q", got)
	}
}
