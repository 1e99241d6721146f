package merge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reconcile/internal/report"
)

// TestCompletionReport: the report of a job of S3 Batch Operations, by its
// manifest, by its folder, and file by file.
func TestCompletionReport(t *testing.T) {
	want := "granule/a b.hdf:copied granule/gone.hdf:failed granule/lost.hdf:failed image_14975:failed image_17775:failed long+key:present long+other:canceled"
	for _, paths := range [][]string{
		{"testdata/job"}, {"testdata/job/manifest.json"}, {"testdata/job/results"}, {"testdata/job", "testdata/job/results"},
	} {
		got := join(t, nil, paths...)
		if got.says() != want || !got.head.Complete {
			t.Errorf("%v: %+v\n%s, want\n%s", paths, got.head, got.says(), want)
		}
	}
	got := join(t, nil, "testdata/job")
	for key, want := range map[string][2]string{
		"image_14975":      {"other", "PermanentFailure: Lambda returned function error"},
		"granule/gone.hdf": {"not_found", "NoSuchKey: The specified key does not exist."},
		"granule/lost.hdf": {"network", "why"},
		"image_17775":      {"other", "the task succeeded, and its message does not say what became of the object: {u'"},
		"long+other":       {"", "not begun"},
	} {
		if r := got.row(key); string(r.ErrorKind) != want[0] || !strings.HasPrefix(r.ErrMsg, want[1]) || r.SourceBucket != "my-glacier" {
			t.Errorf("%s: %+v", key, r)
		}
	}
	if r := got.row("granule/a b.hdf"); r.Method != "copy" || *r.SizeBytes != 5 || r.ElapsedMS != 7 {
		t.Errorf("%+v", r)
	}
}

// TestCompletionKeys: what S3 says of a key that may or may not be encoded
// counts for the object of the plan that has it in either reading.
func TestCompletionKeys(t *testing.T) {
	line := func(key string) string { return "my-glacier," + key + ",,failed,500,InternalError,no\n" }
	path := write(t, "r.csv", line("a%2Bb")+line("c%20d")+line("100%")+line("e%ff")+line("f+g"))
	for _, tt := range []struct {
		plan []string
		want string
	}{
		{nil, "100%:failed a+b:failed c d:failed e%ff:failed f+g:failed"},
		{[]string{"a+b", "c%20d", "100%", "f+g"}, "100%:failed a+b:failed c%20d:failed e%ff:failed f+g:failed"},
		{[]string{"a%2Bb", "x"}, "100%:failed a%2Bb:failed e%ff:failed f+g:failed x:missing"},
	} {
		var plans []string
		if tt.plan != nil {
			plans = []string{planOf(t, tt.plan...)}
		}
		if got := join(t, plans, path); got.says() != tt.want {
			t.Errorf("%v: %s, want %s", tt.plan, got.says(), tt.want)
		}
	}
}

// TestMapResults: what a Distributed Map writes of its executions.
func TestMapResults(t *testing.T) {
	want := "a:copied b:restoring f:failed m/0:copied m/1:copied m/2:copied m/3:failed p:canceled t:failed"
	for _, paths := range [][]string{
		{"testdata/map"}, {"testdata/map/manifest.json"}, {"testdata/map/SUCCEEDED_0.json", "testdata/map/FAILED_0.json", "testdata/map/PENDING_0.json"},
	} {
		got := join(t, nil, paths...)
		if got.says() != want || !got.head.Complete {
			t.Errorf("%v: %+v\n%s, want\n%s", paths, got.head, got.says(), want)
		}
	}
	got := join(t, nil, "testdata/map")
	if r := got.row("m/0"); r.SizeBytes != nil || r.SourceBucket != "my-glacier" {
		t.Errorf("%+v", r)
	}
	if r := got.row("m/3"); r.ErrMsg != "why" || *r.SizeBytes != 5 {
		t.Errorf("%+v", r)
	}
	if r := got.row("f"); !strings.HasPrefix(r.ErrMsg, "the execution ended as FAILED: Lambda.AWSLambdaException: {") {
		t.Errorf("%+v", r)
	}
	if r := got.row("p"); r.ErrMsg != "the map run ended before its execution did" {
		t.Errorf("%+v", r)
	}
	// A plan knows what an answer without rows has left out; a planned object
	// that the worker could not read has lost its restored copy.
	got = join(t, []string{planOf(t, "a", "b", "m/0", "z")}, "testdata/map")
	if r := got.row("m/0"); r.SizeBytes == nil || *r.SizeBytes != 5 || r.TargetBucket != "my-protected" || r.ETag != "abc" {
		t.Errorf("%+v", r)
	}
	if r := got.row("b"); r.Status != "failed" || r.ErrorKind != "not_restored" || !strings.Contains(r.ErrMsg, "restoring") {
		t.Errorf("%+v", r)
	}
	if r := got.row("z"); r.Status != "missing" || r.Success || r.ErrMsg != unreported {
		t.Errorf("%+v", r)
	}
}

// TestCompact: answers alone, one a line.
func TestCompact(t *testing.T) {
	if got := join(t, nil, "testdata/compact.jsonl"); got.says() != "c/1:copied c/2:present" || !got.head.Complete {
		t.Errorf("%s %+v", got.says(), got.head)
	}
}

// TestDamage: whatever is cut off, changed, of another program or missing makes
// the merge incomplete, and says where; the rest is read.
func TestDamage(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	succeeded := read("map/SUCCEEDED_0.json")
	good := reportOf(t, complete, report.RowsAll, rowOf("good", "copied"))
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"a report cut off":           write(t, "r.json", whole[:len(whole)-20]),
		"a CSV cut off":              write(t, "r.csv", "source_bucket,source_key,status\nb,k,copied\n"),
		"results cut off":            write(t, "s.json", succeeded[:len(succeeded)-9]),
		"results and more":           write(t, "s.json", succeeded+"{}"),
		"a line too short":           write(t, "c.csv", "my-glacier,k,,succeeded,200,,x\nmy-glacier,k\n"),
		"a task without a status":    write(t, "c.csv", "my-glacier,k,,succeeded,200,,x\nmy-glacier,k,,odd,200,,x\n"),
		"a manifest without files":   write(t, "manifest.json", read("job/manifest.json")),
		"another format":             write(t, "manifest.json", strings.Replace(read("job/manifest.json"), "Report_CSV_20180820", "Report_CSV_2", 1)),
		"a map without files":        write(t, "manifest.json", read("map/manifest.json")),
		"another program's output":   write(t, "s.json", `[{"ExecutionArn":"x","Status":"SUCCEEDED","Input":"{}","Output":"{\"a\":1}"}]`),
		"no output":                  write(t, "s.json", `[{"ExecutionArn":"x","Status":"SUCCEEDED","Input":"{}"}]`),
		"more answers than items":    write(t, "s.json", `[{"ExecutionArn":"x","Status":"SUCCEEDED","Input":"{\"Items\":[]}","Output":"{\"statuses\":[\"copied\"],\"rows\":null}"}]`),
		"an answer without its rows": write(t, "s.json", `{"summary":{},"statuses":["copied"],"rows":null}`),
		"no results at all":          write(t, "notes.txt", "hello, world, and so on\n"),
		"an empty file":              write(t, "r.json", ""),
		"an incomplete run":          reportOf(t, report.Run{ID: "x", Error: "the listing failed"}, report.RowsAll),
	} {
		got := join(t, nil, good, path)
		if got.head.Complete || !strings.Contains(got.head.Error, path) && !strings.Contains(got.head.Error, filepath.Dir(path)) {
			t.Errorf("%s: complete %v, error %q", name, got.head.Complete, got.head.Error)
		}
		if r := got.row("good"); r.Status != "copied" {
			t.Errorf("%s: the other file was not read: %s", name, got.says())
		}
	}
}

// TestDamagedJob: a file that is not the one of its manifest is noticed, in
// whatever order they are read.
func TestDamagedJob(t *testing.T) {
	for _, name := range []string{"manifest.json", "zzz/manifest.json"} {
		dir := t.TempDir()
		for _, file := range []string{"results/6217b0fab0de85c408b4be96aeaca9b195a7daa5.csv", "results/b2ddad417e94331e9f37b44f1faf8c7ed5873f2e.csv"} {
			text, err := os.ReadFile(filepath.Join("testdata/job", file))
			if err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(dir, filepath.Dir(name), file), strings.Replace(string(text), "image_1", "image_2", 1))
		}
		text, err := os.ReadFile("testdata/job/manifest.json")
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, name), string(text))
		if got := join(t, nil, dir); got.head.Complete || strings.Count(got.head.Error, "its MD5 is") != 2 {
			t.Errorf("%s: %+v", name, got.head)
		}
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedPlan: a plan whose files are not its own loses objects: the merge
// is not complete.
func TestDamagedPlan(t *testing.T) {
	results := reportOf(t, complete, report.RowsAll, rowOf("a", "copied"), rowOf("b", "copied"))
	plan := planOf(t, "a", "b")
	if got := join(t, []string{plan}, results); !got.head.Complete || got.says() != "a:copied b:copied" {
		t.Errorf("%s %+v", got.says(), got.head)
	}
	lines := filepath.Join(filepath.Dir(plan), "plan-1-small.jsonl")
	text, err := os.ReadFile(lines)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string]string{
		"a line is lost":   strings.SplitAfter(string(text), "\n")[0],
		"a key is another": strings.Replace(string(text), `"a"`, `"c"`, 1),
		"no JSON":          "{",
		"empty":            "",
	} {
		put(t, lines, damaged)
		if got := join(t, []string{plan}, results); got.head.Complete || !strings.Contains(got.head.Error, lines) {
			t.Errorf("%s: %+v", name, got.head)
		}
	}
	put(t, plan, `{"plan_version":2}`)
	if got := join(t, []string{plan}, results); got.head.Complete {
		t.Errorf("%+v", got.head)
	}
}
