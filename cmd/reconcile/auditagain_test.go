package main

import (
	"path/filepath"
	"strings"
	"testing"

	"reconcile/internal/exit"
	"reconcile/internal/s3sim"
)

// TestAuditGoesOn: what an audit has proved before it ended early is not asked
// again by the next one, wherever that is kept; once an audit has ended, the
// next one looks at everything anew.
func TestAuditGoesOn(t *testing.T) {
	t.Parallel()
	server := auditedPages(t, 70, 50)
	dir := filepath.Join(t.TempDir(), "proofs")
	for _, where := range []string{dir, "s3://the-proofs/a/b"} {
		server.CreateBucket("the-proofs")
		args := []string{"--verify", "head", "--proofs", where}
		fault := server.Inject(s3sim.Fault{Op: "ListObjectsV2", Bucket: "the-glacier", Skip: 1, Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
		doc, code, said := audited(t, server, args...)
		first := doc.Summary.Requests["HeadObject"]
		if code != exit.Incomplete || first < 100 || first == 140 {
			t.Fatalf("code %d, %d HEADs\n%s", code, first, said)
		}
		fault.Remove()
		doc, code, said = audited(t, server, append(args, "--report-rows", "all")...)
		if again := doc.Summary.Requests["HeadObject"]; code != exit.OK || first+again > 140+50 { // and looks at each file that is kept
			t.Errorf("code %d, %d HEADs after %d\n%s", code, again, first, said)
		}
		if doc.Summary.Verification["proven"] != 70 || !strings.HasPrefix(string(doc.Objects[0].Evidence), "earlier 20") || !strings.HasSuffix(string(doc.Objects[0].Evidence), "Z head") || doc.Objects[69].Evidence != "head" {
			t.Errorf("rows %+v, %+v", doc.Objects[0], doc.Objects[69])
		}
		if doc, _, _ = audited(t, server, args...); doc.Summary.Requests["HeadObject"] < 140 || doc.Summary.Requests["GetObjectTagging"] > 2 {
			t.Errorf("a new audit sends %v", doc.Summary.Requests)
		}
	}
}

// TestAuditFractions: each night has its part, and the report says how old the
// oldest proof is of all of them.
func TestAuditFractions(t *testing.T) {
	t.Parallel()
	server := auditedServer(t, 60)
	args := []string{"--verify", "head", "--proofs", filepath.Join(t.TempDir(), "p"), "--fraction"}
	doc, code, said := audited(t, server, append(args, "0/2")...)
	if never := doc.Summary.NeverVerified; code != exit.OK || never < 20 || never > 40 || doc.Summary.Requests["HeadObject"] != 2*(60-never) {
		t.Errorf("code %d, %+v\n%s", code, doc.Summary, said)
	}
	if !strings.Contains(said, "never compared as closely as --verify asks") {
		t.Errorf("it says\n%s", said)
	}
	oldest := doc.Summary.OldestVerifiedAt
	report := filepath.Join(t.TempDir(), "second.json")
	doc, _, _ = audited(t, server, append(args, "1/2", "--report-rows", "all", "--report", report)...)
	if doc.Summary.NeverVerified != 0 || oldest == "" || doc.Summary.OldestVerifiedAt != oldest {
		t.Errorf("%+v, and before it was %s", doc.Summary, oldest)
	}
	server.Put("the-archive", "k0007.hdf", s3sim.Object{Size: 10, ContentSeed: 7, Metadata: map[string]string{"a": "b"}}) // by somebody else
	doc, code, said = audited(t, server, "--verify", "head", "--fraction", "0/1000", "--earlier", report)
	if heads := doc.Summary.Requests["HeadObject"]; code != exit.OK || doc.Summary.NeverVerified != 1 || heads > 2 || doc.Summary.OldestVerifiedAt != oldest {
		t.Errorf("code %d, %+v\n%s", code, doc.Summary, said)
	}
}
