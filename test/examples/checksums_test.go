package examples

import (
	"encoding/json"
	"strings"
	"testing"

	"reconcile/internal/s3sim"
)

// TestChecksums runs the audit of the example twice, under the policies of who
// calls it. The jobs take no time, and are read at once; the second call submits
// none.
func TestChecksums(t *testing.T) {
	server := exampleServer(t)
	for _, bucket := range []string{"my-glacier", "my-protected"} {
		server.Put(bucket, "2026/a b.hdf", s3sim.Object{Size: 10, KMSKeyID: bucket, NoChecksum: true})
	}
	var operator []policy
	for _, name := range []string{"iam/source.json", "iam/archives.json", "iam/reports.json", "checksums/operator.json"} {
		operator = append(operator, mustPolicy(t, name, read(t, name)))
	}
	g := newGate(t, server, operator...)
	var line string
	for _, l := range strings.Split(strings.ReplaceAll(read(t, "checksums/README.md"), "\\\n", ""), "\n") {
		if rest, ok := strings.CutPrefix(l, "    reconcile "); ok {
			line = rest
		}
	}
	args := strings.Fields(line)
	args[len(args)-1] = "-" // the report
	for i := range 2 {
		got := finish(t, command(t, t.TempDir(), reaching(server, g.URL), args...))
		var doc struct {
			Summary struct{ Verification map[string]int }
		}
		if err := json.Unmarshal([]byte(got.stdout), &doc); err != nil || got.code != exitOK || doc.Summary.Verification["proven"] != 1 {
			t.Fatalf("call %d: exit code %d, %v\n%s%s", i, got.code, err, got.stdout, got.stderr)
		}
	}
	g.clean(t)
	g.came(t, "CreateJob", "DescribeJob", "PutObject", "GetObject")
	role := []policy{mustPolicy(t, "checksums/role.json", read(t, "checksums/role.json"))}
	jobs := server.Jobs()
	if len(jobs) != 2 {
		t.Fatalf("%+v", jobs)
	}
	for _, j := range jobs {
		if _, ok := grants(operator, wish{"iam:PassRole", j.Role, map[string]string{"iam:PassedToService": "batchoperations.s3.amazonaws.com"}}); !ok {
			t.Errorf("operator.json lacks iam:PassRole on %s", j.Role)
		}
		for _, w := range []wish{
			{"s3:GetObject", "arn:aws:s3:::" + j.Manifest, nil}, {"s3:PutObject", "arn:aws:s3:::my-reports/fixity/2026-03/job-" + j.ID + "/manifest.json", nil},
			{"s3:GetObject", "arn:aws:s3:::my-glacier/2026/a b.hdf", nil}, {"s3:GetObjectVersion", "arn:aws:s3:::my-protected/2026/a b.hdf", nil},
		} {
			if _, ok := grants(role, w); !ok {
				t.Errorf("role.json lacks %s", w)
			}
		}
	}
}
