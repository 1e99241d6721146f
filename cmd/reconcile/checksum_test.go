package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
)

// fixityWorld is an archive that listings and HEADs cannot prove: its objects are
// under KMS, or in other parts, and without checksums of their own.
type fixityWorld struct {
	*s3sim.Server
	clock atomic.Int64 // seconds
}

func (w *fixityWorld) pass(d time.Duration) { w.clock.Add(int64(d / time.Second)) }

// newFixityWorld has a pair that its ETags prove (a), one under KMS (b), one in
// other parts (c), a corrupt copy (d), one whose copy cannot be read (e), and one
// more under KMS (f). Nothing is restored. A job takes an hour.
func newFixityWorld(t *testing.T) *fixityWorld {
	t.Helper()
	w := &fixityWorld{}
	w.clock.Store(time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC).Unix())
	server, err := s3sim.Start(s3sim.Config{
		Now:      func() time.Time { return time.Unix(w.clock.Load(), 0) },
		JobTimes: func(string) s3sim.JobTimes { return s3sim.JobTimes{Preparing: time.Minute, Active: time.Hour} },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	w.Server = server
	for _, b := range []string{"the-glacier", "the-archive", "the-jobs"} {
		server.CreateBucket(b)
	}
	for i, key := range []string{"a", "b", "c", "d", "e", "f"} {
		source := s3sim.Object{Size: 10, ContentSeed: uint64(i), StorageClass: "DEEP_ARCHIVE", NoChecksum: true}
		target := s3sim.Object{Size: 10, ContentSeed: uint64(i), NoChecksum: true}
		switch key {
		case "a":
		case "c":
			source.PartSizes, target.PartSizes = []int64{6, 4}, []int64{4, 4, 2}
		case "d":
			target.ContentSeed = 99
			fallthrough
		default:
			source.KMSKeyID, target.KMSKeyID = "one", "another"
		}
		server.Put("the-glacier", key+" +.hdf", source)
		server.Put("the-archive", key+" +.hdf", target)
	}
	server.Inject(s3sim.Fault{Op: "S3ComputeObjectChecksum", Bucket: "the-archive", KeyPrefix: "e", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied", Message: "Access denied"})
	w.pass(24 * time.Hour)
	return w
}

var fixityArgs = []string{"audit", "--source", "the-glacier", "--protected", "the-archive", "--retry-delay", "0", "--attempts", "1",
	"--compute-checksum", "SHA256", "--account", "123456789012", "--role", "arn:aws:iam::123456789012:role/batch", "--results", "s3://the-jobs/fixity/2026-03"}

// audit runs the command in this process, with a report of all rows.
func (w *fixityWorld) audit(t *testing.T, args ...string) (doc auditDoc, code int, said string) {
	t.Helper()
	var out, err strings.Builder
	name := filepath.Join(t.TempDir(), "audit.json")
	code = inProcess(t, w.Server, &out, &err, append(slices.Clone(args), "--report", name, "--report-rows", "all"))
	text, failed := os.ReadFile(name)
	if failed == nil {
		failed = json.Unmarshal(text, &doc)
	}
	if failed != nil && code != exit.Usage {
		t.Fatalf("code %d, %v\n%s", code, failed, &err)
	}
	return doc, code, err.String()
}

// verified are the four numbers.
func verified(doc auditDoc) string {
	v := doc.Summary.Verification
	return fmt.Sprintf("%d proven, %d unproved, %d differ, %d not verified", v["proven"], v["unproved"], v["differs"], v["not_verified"])
}

func (w *fixityWorld) jobs(t *testing.T, want int) {
	t.Helper()
	if jobs := w.Jobs(); len(jobs) != want {
		t.Errorf("%d jobs, want %d: %+v", len(jobs), want, jobs)
	}
}

// TestComputeChecksum is the whole way: what is not proved is submitted, once;
// when the jobs have ended the same command proves, accuses, and says what it
// could not verify. Nothing is restored.
func TestComputeChecksum(t *testing.T) {
	t.Parallel()
	w := newFixityWorld(t)
	doc, code, said := w.audit(t, fixityArgs...)
	if code != exit.OK || verified(doc) != "1 proven, 5 unproved, 0 differ, 0 not verified" {
		t.Fatalf("code %d, %s\n%s", code, verified(doc), said)
	}
	for i, j := range w.Jobs() {
		if !strings.Contains(said, "job_id="+j.ID) || j.Operation != "S3ComputeObjectChecksum" || !strings.Contains(doc.Run.Notes[i], "job "+j.ID+" for s3://") {
			t.Errorf("job %+v\n%s\n%s", j, said, doc.Run.Notes)
		}
		bucket, key, _ := strings.Cut(j.Manifest, "/")
		lines := string(w.Read(bucket, key, 0, 1000))
		of := []string{"the-glacier", "the-archive"}[i]
		if want := of + ",b%20%2B.hdf\n" + of + ",c%20%2B.hdf\n" + of + ",d%20%2B.hdf\n" + of + ",e%20%2B.hdf\n" + of + ",f%20%2B.hdf\n"; lines != want {
			t.Errorf("the manifest is %q, want %q", lines, want)
		}
	}
	w.jobs(t, 2)
	goOn := regexp.MustCompile(`(?m)^reconcile audit .*$`).FindString(said)
	if !strings.HasPrefix(goOn, "reconcile "+strings.Join(fixityArgs, " ")+" --report ") {
		t.Errorf("it goes on with %q", goOn)
	}
	w.pass(30 * time.Minute)
	doc, code, said = w.audit(t, fixityArgs...)
	if code != exit.OK || !strings.Contains(said, ": Active, 2 of 5 objects") || verified(doc) != "1 proven, 5 unproved, 0 differ, 0 not verified" {
		t.Errorf("half way: code %d, %s\n%s", code, verified(doc), said)
	}
	w.pass(time.Hour)
	w.Jobs() // they have read the objects by now
	w.pass(time.Hour)
	w.Put("the-archive", "f +.hdf", s3sim.Object{Size: 10, ContentSeed: 5, KMSKeyID: "another", NoChecksum: true})
	args := strings.Fields(goOn)[1:]
	doc, code, said = w.audit(t, args[:len(args)-6]...) // without report and endpoint, which it gets again
	if code != exit.Unsettled || verified(doc) != "3 proven, 1 unproved, 1 differ, 1 not verified" || strings.Contains(said, "go on with") {
		t.Errorf("at the end: code %d, %s\n%s", code, verified(doc), said)
	}
	w.jobs(t, 2)
	w.checkRows(t, doc)
	jobs := w.Jobs()
	want := []report.BatchJob{
		{ID: jobs[0].ID, Bucket: "the-glacier", Operation: "S3ComputeObjectChecksum", Status: "Complete", Objects: 5, Done: 5},
		{ID: jobs[1].ID, Bucket: "the-archive", Operation: "S3ComputeObjectChecksum", Status: "Complete", Objects: 5, Done: 4, Failed: 1},
	}
	if !slices.Equal(doc.Run.BatchJobs, want) {
		t.Errorf("%+v, want %+v", doc.Run.BatchJobs, want)
	}
	if requests := w.Requests(); requests["RestoreObject"] > 0 || requests["CreateJob"] != 2 || requests["GetObject"] == 0 {
		t.Errorf("requests %v", requests)
	}
}

// checkRows holds the rows against what a hand has computed: SHA-256 of the
// contents as sha256sum gives it would be the same for both sides.
func (w *fixityWorld) checkRows(t *testing.T, doc auditDoc) {
	t.Helper()
	rows := map[byte]report.Row{}
	for _, r := range doc.Objects {
		rows[r.SourceKey[0]] = r
	}
	jobs := w.Jobs()
	for _, key := range []byte("bc") {
		r := rows[key]
		if r.Proof != "checksum" || r.ChecksumAlgorithm != "SHA256" || r.Checksum == "" || r.Checksum != r.TargetChecksum || r.VerifiedAt == "" ||
			string(r.Evidence) != "compute_checksum "+jobs[0].ID+" 2026-03-02T11:30:00Z "+jobs[1].ID+" 2026-03-02T11:30:00Z" || !strings.Contains(string(r.Compared), "checksum=match") {
			t.Errorf("%c: %+v", key, r)
		}
	}
	if r := rows['d']; r.Status != "differs" || r.Checksum == r.TargetChecksum || r.TargetChecksum == "" || r.Attempts < 2 || !strings.Contains(string(r.Compared), "checksum=differ") {
		t.Errorf("d: %+v", r)
	}
	if r := rows['e']; r.Status != "failed" || !strings.Contains(string(r.ErrMsg), "s3://the-archive/e +.hdf could not be computed: 403: ") || !strings.Contains(string(r.ErrMsg), "Access denied") || r.ErrorKind != "access_denied" {
		t.Errorf("e: %+v", r)
	}
	if r := rows['f']; r.Status != "present" || r.Proof == "checksum" || !strings.Contains(strings.Join(doc.Run.Notes, "\n"), "checksums of another version, ETag or time than what stands there now prove nothing: 1 object") {
		t.Errorf("f: %+v\n%q", r, doc.Run.Notes)
	}
}

// TestComputeChecksumWaits: the jobs are waited for, and the audit is made again
// then.
func TestComputeChecksumWaits(t *testing.T) {
	t.Parallel()
	w := newFixityWorld(t)
	w.Inject(s3sim.Fault{Op: "DescribeJob", Before: func() { w.pass(20 * time.Minute) }})
	// What the jobs leave in an archive bucket is no orphan.
	doc, code, said := w.audit(t, append(slices.Clone(fixityArgs), "--wait", "--poll-interval", "1ms", "--public", "the-jobs")...)
	if code != exit.Unsettled || verified(doc) != "4 proven, 0 unproved, 1 differ, 1 not verified" || doc.Summary.Scanned != 6 || !doc.Run.Complete {
		t.Errorf("code %d, %s, %d scanned\n%s", code, verified(doc), doc.Summary.Scanned, said)
	}
	if !strings.Contains(said, `msg="waiting for checksums" `) || !strings.Contains(said, "status=Active") {
		t.Errorf("no progress:\n%s", said)
	}
	if !strings.Contains(said, `msg="jobs for checksums" jobs=2 objects=10 bytes=100 cost="0.50 USD, at the prices of`) {
		t.Errorf("no cost:\n%s", said)
	}
	w.jobs(t, 2)
}

// TestWaitingAsksOnce: when the jobs have ended the audit is made again, and what
// has not changed is not asked for by HEAD again: two for each of the five pairs
// that a listing cannot compare, and two for the accusation.
func TestWaitingAsksOnce(t *testing.T) {
	t.Parallel()
	w := newFixityWorld(t)
	w.Inject(s3sim.Fault{Op: "DescribeJob", Before: func() { w.pass(20 * time.Minute) }})
	doc, _, said := w.audit(t, append(slices.Clone(fixityArgs), "--wait", "--poll-interval", "1ms")...)
	if n := w.Requests()["HeadObject"]; n != 12 || verified(doc) != "4 proven, 0 unproved, 1 differ, 1 not verified" {
		t.Errorf("%d HEADs, %s\n%s", n, verified(doc), said)
	}
}

// TestComputeChecksumOfVersions: where HEAD has shown the versions the manifest
// has them, and a checksum of a version that is not the current one any more is no
// evidence, be its ETag the same.
func TestComputeChecksumOfVersions(t *testing.T) {
	t.Parallel()
	w := newFixityWorld(t)
	var objects = map[string]s3sim.Object{"k": {Size: 5, KMSKeyID: "one", NoChecksum: true}, "l": {Size: 5, ContentSeed: 1, KMSKeyID: "one", NoChecksum: true}}
	for _, bucket := range []string{"the-glacier", "the-archive"} {
		w.CreateBucket(bucket, s3sim.Versioned())
		for key, o := range objects {
			w.Put(bucket, key+".hdf", o)
		}
	}
	w.pass(time.Hour)
	args := append(slices.Clone(fixityArgs), "--verify", "head")
	if doc, code, said := w.audit(t, args...); code != exit.OK || verified(doc) != "0 proven, 2 unproved, 0 differ, 0 not verified" {
		t.Fatalf("code %d, %s\n%s", code, verified(doc), said)
	}
	for _, j := range w.Jobs() {
		bucket, key, _ := strings.Cut(j.Manifest, "/")
		if !regexp.MustCompile(`^the-[a-z]+,k\.hdf,[0-9A-F]{16}\nthe-[a-z]+,l\.hdf,[0-9A-F]{16}\n$`).Match(w.Read(bucket, key, 0, 1000)) {
			t.Errorf("the manifest is %q", w.Read(bucket, key, 0, 1000))
		}
	}
	w.pass(2 * time.Hour)
	w.Jobs()
	w.Put("the-archive", "l.hdf", s3sim.Object{Size: 5, ContentSeed: 1, KMSKeyID: "one", NoChecksum: true, LastModified: time.Unix(0, 0)})
	if doc, code, said := w.audit(t, fixityArgs...); code != exit.OK || verified(doc) != "1 proven, 1 unproved, 0 differ, 0 not verified" {
		t.Errorf("code %d, %s\n%s", code, verified(doc), said)
	}
}

// TestComputeChecksumGoesOn: killed between any two steps it goes on, and nothing
// is submitted twice.
func TestComputeChecksumGoesOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault s3sim.Fault
		jobs  int // created by the first call
	}{
		"no manifest":                      {s3sim.Fault{Op: "PutObject", KeyPrefix: "fixity/2026-03/manifests/", Skip: 1}, 0},
		"no record":                        {s3sim.Fault{Op: "PutObject", KeyPrefix: "fixity/2026-03/jobs.json"}, 0},
		"a record, and its answer is lost": {s3sim.Fault{Op: "PutObject", KeyPrefix: "fixity/2026-03/jobs.json", Kind: s3sim.CutAfter}, 0},
		"no first job":                     {s3sim.Fault{Op: "CreateJob"}, 0},
		"a job, and its answer is lost":    {s3sim.Fault{Op: "CreateJob", Kind: s3sim.CutAfter}, 1},
		"a job, and no word of it":         {s3sim.Fault{Op: "PutObject", KeyPrefix: "fixity/2026-03/jobs.json", Skip: 1}, 1},
		"no second job":                    {s3sim.Fault{Op: "CreateJob", Skip: 1}, 1},
		"nobody says how they stand":       {s3sim.Fault{Op: "DescribeJob"}, 2},
	} {
		w := newFixityWorld(t)
		c.fault.Times = 1
		if c.fault.Kind == s3sim.None {
			c.fault.Kind, c.fault.Status, c.fault.Code = s3sim.Respond, 403, "AccessDenied"
		}
		w.Inject(c.fault)
		if code, said := w.call(t); code != exit.Incomplete {
			t.Errorf("%s: code %d\n%s", name, code, said)
		}
		w.jobs(t, c.jobs)
		if code, said := w.call(t); code != exit.OK || strings.Count(said, "Preparing, 0 of 5 objects") != 2 {
			t.Errorf("%s, again: code %d\n%s", name, code, said)
		}
		w.jobs(t, 2)
		if name != "a job, and no word of it" {
			continue
		}
		w.pass(2 * time.Hour)
		if code, said := w.call(t); code != exit.Unsettled || !strings.Contains(said, "4 proven equal, 0 equal but not proven, 1 different, 1 could not be verified") {
			t.Errorf("%s, at the end: code %d\n%s", name, code, said)
		}
	}
}

// TestComputeChecksumOfARequest: a request that names the source finds the jobs of
// its earlier call.
func TestComputeChecksumOfARequest(t *testing.T) {
	t.Parallel()
	w := newFixityWorld(t)
	request := writeFile(t, "request.json", `{"glacierBucket":"the-glacier","granules":[{"granuleId":"g","collectionId":"c","keys":[{"key":"b +.hdf","destBucket":"the-archive"},{"key":"d +.hdf","destBucket":"the-archive"}]}]}`)
	args := append([]string{"audit", "--granules", request}, fixityArgs[3:]...)
	for range 2 {
		if _, code, said := w.audit(t, args...); code != exit.OK || strings.Count(said, ": Preparing, 0 of 2 objects") != 2 {
			t.Errorf("code %d\n%s", code, said)
		}
		w.jobs(t, 2)
	}
}

// call runs the command without a report.
func (w *fixityWorld) call(t *testing.T) (code int, said string) {
	t.Helper()
	var out, err strings.Builder
	code = inProcess(t, w.Server, &out, &err, fixityArgs)
	return code, err.String()
}

// TestComputeChecksumTwiceAtOnce: two that begin at the same time submit the same
// jobs.
func TestComputeChecksumTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := newFixityWorld(t)
	for _, p := range sideBySide(t, w.Server, exit.OK, fixityArgs, fixityArgs) {
		if strings.Count(p.stderr.String(), "Preparing, 0 of 5 objects") != 2 {
			t.Errorf("it says\n%s", &p.stderr)
		}
	}
	w.jobs(t, 2)
}

// TestForgottenJobs: S3 may not know yet of a job that it has just created, and
// forgets jobs. Their reports stay.
func TestForgottenJobs(t *testing.T) {
	t.Parallel()
	w := newFixityWorld(t)
	unknown := s3sim.Fault{Op: "DescribeJob", Kind: s3sim.Respond, Status: 404, Code: "NoSuchJobException", Message: "No such job"}
	f := w.Inject(unknown)
	if code, said := w.call(t); code != exit.OK || strings.Count(said, ": New, 0 of 5 objects") != 2 {
		t.Errorf("code %d\n%s", code, said)
	}
	f.Remove()
	w.call(t) // which learns when they were created
	w.pass(2 * time.Hour)
	w.Jobs()
	w.Inject(unknown)
	if code, said := w.call(t); code != exit.Unsettled || !strings.Contains(said, "4 proven equal, 0 equal but not proven, 1 different, 1 could not be verified") {
		t.Errorf("code %d\n%s", code, said)
	}
	w.jobs(t, 2)
}

// TestComputeChecksumOfAnyKey: keys that no CSV likes, and such as look like the
// encoding of one another.
func TestComputeChecksumOfAnyKey(t *testing.T) {
	t.Parallel()
	w := newFixityWorld(t)
	keys := []string{"a,b", `q"uo""te"`, "new\nline\r", "per%20cent", "per cent", "per+cent", "per%2520cent", "ü/日本", "=1+1", "'"}
	for _, bucket := range []string{"the-glacier", "the-archive"} {
		w.CreateBucket(bucket)
		for i, key := range keys {
			w.Put(bucket, key, s3sim.Object{Size: 5, ContentSeed: uint64(i), KMSKeyID: "one", NoChecksum: true})
		}
	}
	w.Put("the-archive", "per cent", s3sim.Object{Size: 5, ContentSeed: 99, KMSKeyID: "one", NoChecksum: true})
	w.pass(time.Hour)
	w.call(t)
	w.pass(2 * time.Hour)
	doc, code, said := w.audit(t, fixityArgs...)
	if code != exit.Unsettled || verified(doc) != "9 proven, 0 unproved, 1 differ, 0 not verified" {
		t.Errorf("code %d, %s\n%s", code, verified(doc), said)
	}
	for _, r := range doc.Objects {
		if (r.Status == "differs") != (r.SourceKey == "per cent") {
			t.Errorf("%+v", r)
		}
	}
}

// TestComputeChecksumFails: a job that has failed as a whole is exit code 1, with
// S3's reason; the audit itself is in the report.
func TestComputeChecksumFails(t *testing.T) {
	t.Parallel()
	w := newFixityWorld(t)
	w.Inject(s3sim.Fault{Op: "RunJob", Bucket: "the-jobs", Kind: s3sim.Respond, Code: "AssumeRoleFailed", Message: "The role cannot be assumed"})
	w.audit(t, fixityArgs...)
	w.pass(time.Hour)
	doc, code, said := w.audit(t, fixityArgs...)
	if code != exit.Incomplete || doc.Run.Complete || !strings.Contains(said, "Failed: AssumeRoleFailed: the role cannot be assumed") || !strings.Contains(said, "another --results has the checksums computed anew") || len(doc.Objects) != 6 ||
		doc.Run.BatchJobs[1].Error != "AssumeRoleFailed: the role cannot be assumed" {
		t.Errorf("code %d, %d rows\n%s", code, len(doc.Objects), said)
	}
	w.jobs(t, 2)
}

// TestChecksumReportLacks: that a report has fewer objects than its job is said,
// and nobody is proven by what it does not have.
func TestChecksumReportLacks(t *testing.T) {
	t.Parallel()
	w := newFixityWorld(t)
	w.call(t)
	w.pass(2 * time.Hour)
	id := w.Jobs()[0].ID
	for _, key := range w.Keys("the-jobs") {
		if strings.HasSuffix(key, "job-"+id+"/manifest.json") {
			w.Put("the-jobs", key, s3sim.Object{Body: []byte(`{"Format":"Report_CSV_20180820","ReportCreationDate":"2026-03-02T11:30:00Z","Results":[]}`)})
		}
	}
	doc, _, said := w.audit(t, fixityArgs...)
	if verified(doc) != "1 proven, 4 unproved, 0 differ, 1 not verified" || !strings.Contains(said, "the report of job "+id+" has 0 of its 5 objects") {
		t.Errorf("%s\n%s", verified(doc), said)
	}
}

// TestChecksumsOfAnotherPart: what was submitted for a part of the objects is not
// gone on with for another, whose objects would be in no job.
func TestChecksumsOfAnotherPart(t *testing.T) {
	t.Parallel()
	w := newFixityWorld(t)
	keys := filepath.Join(t.TempDir(), "keys.txt")
	os.WriteFile(keys, []byte("b +.hdf\n"), 0o600)
	if _, code, said := w.audit(t, append(slices.Clone(fixityArgs), "--keys", keys)...); code != exit.OK {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	for _, more := range [][]string{nil, {"--fraction", "0/2"}} {
		if _, code, said := w.audit(t, append(slices.Clone(fixityArgs), more...)...); code != exit.Usage || !strings.Contains(said, "its selection is ") {
			t.Errorf("%v: exit code %d\n%s", more, code, said)
		}
	}
	if _, code, said := w.audit(t, append(slices.Clone(fixityArgs), "--keys", keys)...); code != exit.OK {
		t.Errorf("exit code %d\n%s", code, said)
	}
	w.jobs(t, 2)
}

// TestComputeChecksumMistakes are found before anything is touched.
func TestComputeChecksumMistakes(t *testing.T) {
	t.Parallel()
	w := newFixityWorld(t)
	w.audit(t, fixityArgs...)
	bare := fixityArgs[:slices.Index(fixityArgs, "--compute-checksum")]
	with := func(flag, value string) []string {
		args := slices.Clone(fixityArgs)
		if i := slices.Index(args, flag); i >= 0 {
			args[i+1] = value
			return args
		}
		return append(args, flag, value)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{with("--results", "s3://the-glacier/fixity"), "the source is never written"},
		{with("--results", "fixity"), "want s3://bucket/prefix"},
		{with("--account", "12"), "twelve digits"},
		{with("--role", "batch"), "the ARN of a role"},
		{with("--compute-checksum", "SHA3"), "SHA256"},
		{append(slices.Clone(bare), "--compute-checksum", "MD5"), "no --account"},
		{append(slices.Clone(bare), "--wait"), "no jobs to wait for"},
		{append(slices.Clone(bare), "--checksum-report", "none.csv"), "none.csv"},
		{with("--compute-checksum", "MD5"), `its operation is "SHA256", and not "MD5"`},
		{with("--prefix", "a"), `its prefix is "", and not "a"`},
	} {
		if _, code, said := w.audit(t, c.args...); code != exit.Usage || !strings.Contains(said, c.says) {
			t.Errorf("%q: code %d\n%s", c.args, code, said)
		}
	}
	w.jobs(t, 2)
}

// TestChecksumReports of jobs that were run elsewhere are evidence too, in either
// order of their columns; what is no such report is a mistake.
func TestChecksumReports(t *testing.T) {
	t.Parallel()
	w := newFixityWorld(t)
	sum := func(bucket, order, sha string) string {
		info, _ := w.Get(bucket, "b +.hdf")
		return bucket + ",b%20%2B.hdf,,succeeded," + order + `,"{""checksum_hex"":""` + strings.Repeat(sha, 32) + `"",""etag"":""` + info.ETag + `"",""checksumAlgorithm"":""SHA256"",""checksumType"":""FULL_OBJECT""}"` + "\n"
	}
	bare := fixityArgs[:slices.Index(fixityArgs, "--compute-checksum")]
	source := writeFile(t, "source.csv", sum("the-glacier", "200,", "AB"))
	w.Put("the-jobs", "elsewhere/job-0123456789/results/x.csv", s3sim.Object{Body: []byte(sum("the-archive", ",200", "ab"))})
	doc, code, said := w.audit(t, append(slices.Clone(bare), "--checksum-report", source, "--checksum-report", "s3://the-jobs/elsewhere/job-0123456789/results/x.csv")...)
	if code != exit.OK || verified(doc) != "2 proven, 4 unproved, 0 differ, 0 not verified" {
		t.Errorf("code %d, %s\n%s", code, verified(doc), said)
	}
	if r := doc.Objects[1]; !strings.HasPrefix(string(r.Evidence), "compute_checksum "+source+" 20") || !strings.HasSuffix(string(r.Evidence), " 0123456789 2026-03-02T10:00:00Z") {
		t.Errorf("%+v", r)
	}
	w.Put("the-jobs", "x.csv", s3sim.Object{Body: []byte(sum("the-archive", ",200", "ac"))})
	if doc, code, said = w.audit(t, append(slices.Clone(bare), "--checksum-report", source, "--checksum-report", "s3://the-jobs/x.csv")...); code != exit.Unsettled || verified(doc) != "1 proven, 4 unproved, 1 differ, 0 not verified" {
		t.Errorf("code %d, %s\n%s", code, verified(doc), said)
	}
	for text, says := range map[string]string{"key,size\na,1\n": "line 1: it is no line", "the-archive,b,,succeeded,200,,Successful\n": "has no checksum", "": "no checksums in it"} {
		if _, code, said := w.audit(t, append(slices.Clone(bare), "--checksum-report", writeFile(t, "x.csv", text))...); code != exit.Usage || !strings.Contains(said, says) {
			t.Errorf("%q: code %d\n%s", text, code, said)
		}
	}
	if _, code, said := w.audit(t, append(slices.Clone(bare), "--checksum-report", "s3://the-jobs/gone.csv")...); code != exit.Incomplete || !strings.Contains(said, "gone.csv") {
		t.Errorf("code %d\n%s", code, said)
	}
}
