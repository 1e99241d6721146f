package main

import (
	"bufio"
	"crypto/md5"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/manifest"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
)

const planAt = "s3://the-reports/plans/"

// planned writes a plan's manifest to the simulator and returns its index, and
// the items of its only class.
func planned(t *testing.T, server *s3sim.Server, more ...string) (*manifest.Index, []json.RawMessage) {
	t.Helper()
	var out, err strings.Builder
	args := append([]string{"plan", "--source", "the-glacier", "--protected", "the-archive", "--manifest", planAt}, more...)
	if code := inProcess(t, server, &out, &err, args); code != exit.OK {
		t.Fatalf("plan: code %d\n%s", code, &err)
	}
	index, parseErr := manifest.ParseIndex(readObject(t, server, "plans/plan.json"))
	if parseErr != nil {
		t.Fatal(parseErr)
	}
	var items []json.RawMessage
	for _, c := range index.Classes {
		lines := bufio.NewScanner(strings.NewReader(string(readObject(t, server, "plans/"+c.JSONL.Name))))
		for lines.Scan() {
			items = append(items, slices.Clone(lines.Bytes()))
		}
	}
	return index, items
}

func readObject(t *testing.T, server *s3sim.Server, key string) []byte {
	t.Helper()
	info, ok := server.Get("the-reports", key)
	if !ok {
		t.Fatalf("s3://the-reports/%s is not there", key)
	}
	return server.Read("the-reports", key, 0, info.Size)
}

// mapExecution is what a Distributed Map writes of one batch, once the worker has
// answered it.
func mapExecution(t *testing.T, server *s3sim.Server, items []json.RawMessage) map[string]any {
	t.Helper()
	input := `{"BatchInput":{"plan":"x"},"Items":[` + joined(items) + `]}`
	got := ask(t, server, input, "--source", "the-glacier", "--protected", "the-archive", "--quiet")
	if got.code != exit.OK {
		t.Fatalf("event: code %d\n%s", got.code, got.stderr)
	}
	return map[string]any{
		"ExecutionArn": "arn:aws:states:us-east-1:123456789012:execution:m/Map:1", "Input": input, "InputDetails": map[string]any{"Included": true},
		"Name": "1", "Output": strings.TrimSpace(got.stdout), "OutputDetails": map[string]any{"Included": true}, "Status": "SUCCEEDED",
	}
}

func joined(items []json.RawMessage) string {
	var all []string
	for _, i := range items {
		all = append(all, string(i))
	}
	return strings.Join(all, ",")
}

// batchLine is the line of S3's completion report for one line of the CSV
// manifest, once the worker has answered its task.
func batchLine(t *testing.T, server *s3sim.Server, line string) []string {
	t.Helper()
	bucket, key, _ := strings.Cut(line, ",")
	task := fmt.Sprintf(`{"invocationSchemaVersion":"2.0","invocationId":"i","job":{"id":"j","userArguments":{"plan":"x"}},"tasks":[{"taskId":"1","s3Key":%q,"s3VersionId":null,"s3Bucket":%q}]}`, key, bucket)
	got := ask(t, server, task, "--source", "the-glacier", "--protected", "the-archive", "--quiet")
	var answer struct {
		Results []struct{ ResultCode, ResultString string }
	}
	if err := json.Unmarshal([]byte(got.stdout), &answer); err != nil || len(answer.Results) != 1 {
		t.Fatalf("%s %v\n%s", got.stdout, err, got.stderr)
	}
	r := answer.Results[0]
	if r.ResultCode == "Succeeded" {
		return []string{bucket, key, "", "succeeded", "200", "", r.ResultString}
	}
	return []string{bucket, key, "", "failed", "500", r.ResultCode, r.ResultString}
}

func put(t *testing.T, server *s3sim.Server, key string, v any) []byte {
	t.Helper()
	text, ok := v.([]byte)
	if !ok {
		var err error
		if text, err = json.Marshal(v); err != nil {
			t.Fatal(err)
		}
	}
	server.Put("the-reports", key, s3sim.Object{Body: text})
	return text
}

func csvOf(t *testing.T, lines [][]string) []byte {
	t.Helper()
	var b strings.Builder
	if err := csv.NewWriter(&b).WriteAll(lines); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

// mergeOf merges and returns the report's head, its rows by key, and the code.
func mergeOf(t *testing.T, server *s3sim.Server, args ...string) (report.Head, map[string]report.Row, int) {
	t.Helper()
	var out, err strings.Builder
	code := inProcess(t, server, &out, &err, append([]string{"merge", "--report", "-", "--retry-delay", "0"}, args...))
	rows := map[string]report.Row{}
	last := ""
	head, readErr := report.ReadJSON(strings.NewReader(out.String()), func(r report.Row) error {
		key := string(r.SourceKey)
		if _, twice := rows[key]; twice || key <= last {
			t.Errorf("%q comes again, or out of order", key)
		}
		rows[key], last = r, key
		return nil
	})
	if readErr != nil {
		t.Fatalf("merge: code %d: %v\n%s\n%s", code, readErr, &err, out.String())
	}
	return head, rows, code
}

// TestScaleOut: a plan of 300 objects is shared out to a Distributed Map and to
// S3 Batch Operations, with deliveries twice, failures and objects that nobody
// gets, and merged: every object is there exactly once.
func TestScaleOut(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 290)
	odd := []string{"a b+c", "a%2Bb", "é\x01 <&>\"", "nl\nin", "q,\"x\".hdf", "=1+1", "%zz", "plus+plus", "back\\slash", "日本"}
	for i, key := range odd {
		server.Put("the-glacier", "odd/"+key, s3sim.Object{Size: 10, ContentSeed: uint64(9000 + i), StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour)})
	}
	index, items := planned(t, server)
	if index.Objects != 300 || len(index.Classes) != 1 || len(items) != 300 || index.Classes[0].Name != "small" {
		t.Fatalf("planned %+v, %d items", index, len(items))
	}
	c := index.Classes[0]
	lines := strings.Split(strings.TrimSuffix(string(readObject(t, server, "plans/"+c.CSV.Name)), "\n"), "\n")
	if len(lines) != 300 {
		t.Fatalf("%d lines", len(lines))
	}

	// A Distributed Map gets the first 250, in batches; one batch fails, and one is never begun.
	var succeeded []any
	for at := 0; at < 250; at += c.BatchItems {
		succeeded = append(succeeded, mapExecution(t, server, items[at:min(at+c.BatchItems, 250)]))
	}
	failed := []any{map[string]any{"Input": `{"Items":[` + joined(items[240:260]) + `]}`, "Status": "FAILED", "Error": "Lambda.Unknown", "Cause": "Task timed out"}}
	pending := []any{map[string]any{"Input": `{"Items":[` + joined(items[260:265]) + `]}`, "InputDetails": map[string]any{"Included": true}, "Status": "PENDING"}}
	put(t, server, "results/map/uuid/SUCCEEDED_0.json", succeeded)
	put(t, server, "results/map/uuid/FAILED_0.json", failed)
	put(t, server, "results/map/uuid/PENDING_0.json", pending)
	files := func(name string) []any { return []any{map[string]any{"Key": "results/map/uuid/" + name, "Size": 1}} }
	put(t, server, "results/map/uuid/manifest.json", map[string]any{
		"DestinationBucket": "the-reports", "MapRunArn": "arn:aws:states:us-east-1:123456789012:mapRun:m/Map:uuid",
		"ResultFiles": map[string]any{"SUCCEEDED": files("SUCCEEDED_0.json"), "FAILED": files("FAILED_0.json"), "PENDING": files("PENDING_0.json")},
	})

	// S3 Batch Operations gets the last 30, the odd keys among them, and some
	// again that the map had; two fail.
	var refused []*s3sim.FaultHandle
	for _, key := range []string{"k0289", "odd/é"} {
		refused = append(refused, server.Inject(s3sim.Fault{Op: "CopyObject", KeyPrefix: key, Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"}))
	}
	var done, undone [][]string
	for _, line := range append(slices.Clone(lines[270:]), lines[230:240]...) {
		if l := batchLine(t, server, line); l[3] == "succeeded" {
			done = append(done, l)
		} else {
			undone = append(undone, l)
		}
	}
	var results []any
	for status, part := range map[string][][]string{"succeeded": done, "failed": undone} {
		key := "results/job-1/results/" + status + ".csv"
		sum := md5.Sum(put(t, server, key, csvOf(t, part)))
		results = append(results, map[string]any{"TaskExecutionStatus": status, "Bucket": "the-reports", "MD5Checksum": hex.EncodeToString(sum[:]), "Key": key})
	}
	put(t, server, "results/job-1/manifest.json", map[string]any{"Format": "Report_CSV_20180820", "Results": results,
		"ReportSchema": "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage"})
	put(t, server, "results/job-1/manifest.json.md5", []byte("83b1c4cbe93fc893f54053697e10fd6e"))

	head, rows, code := mergeOf(t, server, "--plan", planAt+"plan.json", "--results", "s3://the-reports/results")
	if code != exit.Unsettled || !head.Run.Complete || head.Run.Command != "merge" || head.Run.Source != "the-glacier" {
		t.Errorf("code %d, %+v", code, head.Run)
	}
	if len(rows) != 300 || head.Summary.Scanned != 300 {
		t.Errorf("%d rows, %d scanned", len(rows), head.Summary.Scanned)
	}
	// Lost: 250 to 259 in the failed batch, 260 to 264 never begun, 265 to 269
	// with nobody, two refused. 240 to 249 had succeeded, too.
	want := map[string]int64{"copied": 278, "failed": 12, "canceled": 5, "missing": 5}
	for status, n := range head.Summary.Counts {
		if want[string(status)] != n {
			t.Errorf("%d %s, want %d", n, status, want[string(status)])
		}
	}
	for i, item := range items {
		var o manifest.Item
		if err := json.Unmarshal(item, &o); err != nil {
			t.Fatal(err)
		}
		row, found := rows[string(o.SourceKey)]
		if !found || row.SizeBytes == nil || *row.SizeBytes != 10 || row.ETag != o.ETag || row.TargetBucket != "the-archive" || row.TargetKey != o.TargetKey {
			t.Errorf("%d, %q: %v %+v", i, o.SourceKey, found, row)
		}
		if _, there := server.Get("the-archive", string(o.TargetKey)); there != row.Success {
			t.Errorf("%q: there %v, and the report says %s", o.SourceKey, there, row.Status)
		}
	}
	if r := rows["odd/é\x01 <&>\""]; r.ErrorKind != "access_denied" {
		t.Errorf("%+v", r)
	}

	// A second plan has what was lost, and a run of it makes the merge whole.
	for _, f := range refused {
		f.Remove()
	}
	if again, left := planned(t, server); again.Objects != 22 || len(left) != 22 {
		t.Errorf("the second plan has %d objects", again.Objects)
	}
	dir := t.TempDir()
	var out, errs strings.Builder
	if code := inProcess(t, server, &out, &errs, runWith("--report", filepath.Join(dir, "run.json"), "--report-rows", "all", "--quiet")); code != exit.OK {
		t.Fatalf("run: %d\n%s", code, &errs)
	}
	head, rows, code = mergeOf(t, server, "--plan", planAt+"plan.json", "--results", filepath.Join(dir, "run.json"))
	if code != exit.OK || head.Summary.Counts["copied"] != 22 || len(rows) != 300 {
		t.Errorf("code %d, %d rows, %+v", code, len(rows), head.Summary)
	}
	if head.Summary.Requests["CopyObject"] == 0 {
		t.Errorf("requests %v", head.Summary.Requests)
	}
}

// TestManifestKeys: the CSV names the objects that the JSON Lines name, in the
// order of keys, encoded.
func TestManifestKeys(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 3)
	for _, key := range []string{"a b+c%", "é", "z\n,\""} {
		server.Put("the-glacier", key, s3sim.Object{Size: 10, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour)})
	}
	index, items := planned(t, server)
	text := string(readObject(t, server, "plans/"+index.Classes[0].CSV.Name))
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if want := []string{"a%20b%2Bc%25", "k0000.hdf", "k0001.hdf", "k0002.hdf", "z%0A%2C%22", "%C3%A9"}; len(lines) != len(want) {
		t.Fatalf("%q", text)
	} else {
		for i, line := range lines {
			var item manifest.Item
			if err := json.Unmarshal(items[i], &item); err != nil || line != "the-glacier,"+want[i] {
				t.Errorf("%q, want %q; %v", line, want[i], err)
			}
			if key, _ := url.PathUnescape(want[i]); key != string(item.SourceKey) {
				t.Errorf("%q in the CSV, %q in the lines", key, item.SourceKey)
			}
		}
	}
	if _, err := os.Stat("plans"); err == nil {
		t.Error("a folder was made")
	}
}
