package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
)

var auditArgs = []string{"audit", "--source", "the-glacier", "--protected", "the-archive", "--public", "the-reports", "--retry-delay", "0"}

// audited runs the command, and reads its report.
func audited(t *testing.T, server *s3sim.Server, more ...string) (doc auditDoc, code int, said string) {
	t.Helper()
	p, code := runWithin(t, server, append(append(slices.Clone(auditArgs), "--report", "-"), more...)...)
	if code == exit.Usage {
		return doc, code, p.stderr.String()
	}
	if err := json.Unmarshal(p.stdout.Bytes(), &doc); err != nil {
		t.Fatalf("code %d, %v\n%s", code, err, &p.stderr)
	}
	return doc, code, p.stderr.String()
}

type auditDoc struct {
	Run struct {
		Complete       bool
		ExitCode       *int   `json:"exit_code"`
		Host           string `json:"host"`
		SettingsSHA256 string `json:"settings_sha256"`
		Settings       map[string]any
		Notes          []string
		BatchJobs      []report.BatchJob `json:"batch_jobs"`
	}
	Summary struct {
		Headline     string
		Scanned      int
		Present      int
		Orphan       *int
		Missing      int
		Leaks        *int
		Catalog      map[string]int
		Verification map[string]int
		Compared     map[string]map[string]*int
		Requests     map[string]int
		Risks        *reconcile.Risks

		OldestVerifiedAt string `json:"oldest_verified_at"`
		NeverVerified    int    `json:"never_verified"`
	}
	Objects  []report.Row
	Granules []struct{ Status string }
}

// auditedServer has archived objects that nobody has restored, each with its
// copy in the archive.
func auditedServer(t *testing.T, n int) *s3sim.Server { return auditedPages(t, n, 0) }

// auditedPages is an auditedServer with pages as pagedServer has them.
func auditedPages(t *testing.T, n, page int) *s3sim.Server {
	server := pagedServer(t, 0, page)
	for i := range n {
		key := fmt.Sprintf("k%04d.hdf", i)
		o := s3sim.Object{Size: 10, ContentSeed: uint64(i), StorageClass: "GLACIER", LastModified: time.Now().Add(-time.Hour)}
		server.Put("the-glacier", key, o)
		o.StorageClass = ""
		server.Put("the-archive", key, o)
	}
	return server
}

// TestAudit: nothing wrong is exit 0 and one LIST a page; a leak, an orphan, a
// loss and a corrupt copy are found without a restore, and nothing is written.
func TestAudit(t *testing.T) {
	t.Parallel()
	server := auditedPages(t, 250, 100)
	doc, code, said := audited(t, server)
	if code != exit.OK || doc.Summary.Scanned != 250 || doc.Summary.Verification["proven"] != 250 || !doc.Run.Complete {
		t.Fatalf("code %d, summary %+v\n%s", code, doc.Summary, said)
	}
	if lists := doc.Summary.Requests["ListObjectsV2"]; lists != 7 || len(doc.Summary.Requests) != 1 {
		t.Errorf("requests %v, want 7 LISTs and nothing else", doc.Summary.Requests)
	}
	if doc.Summary.Orphan == nil || *doc.Summary.Orphan != 0 || doc.Summary.Compared["tags"]["match"] != nil {
		t.Errorf("what was looked for is no zero, or what was not is one: %+v", doc.Summary)
	}
	if doc.Run.ExitCode == nil || *doc.Run.ExitCode != 0 || doc.Run.Host == "" || doc.Run.SettingsSHA256 == "" || doc.Run.Settings["source"] != "the-glacier" {
		t.Errorf("run %+v", doc.Run)
	}
	spoilArchive(server)
	before := server.Len("the-archive") + server.Len("the-reports")
	doc, code, said = audited(t, server, "--risks")
	want := []string{
		`differs k0001.hdf the-archive/k0001.hdf`, `misplaced k0002.hdf the-reports/k0002.hdf`,
		`missing k0003.hdf the-archive/k0003.hdf`, `orphan  the-archive/nobody.hdf`,
	}
	var got []string
	for _, row := range doc.Objects {
		got = append(got, fmt.Sprintf("%s %s %s/%s", row.Status, row.SourceKey, row.TargetBucket, row.TargetKey))
		if row.Attempts < 2 || row.Success || row.ErrMsg == "" {
			t.Errorf("row %+v", row)
		}
	}
	if code != exit.Unsettled || !slices.Equal(got, want) || *doc.Summary.Leaks != 1 || *doc.Run.ExitCode != exit.Unsettled {
		t.Errorf("code %d, rows %q, want %q", code, got, want)
	}
	if !strings.Contains(said, "leak: 1 data file in a public bucket") || !strings.Contains(said, "248 proven equal, 0 equal but not proven, 1 different, 0 could not be verified") {
		t.Errorf("it says\n%s", said)
	}
	if after := server.Len("the-archive") + server.Len("the-reports"); after != before {
		t.Errorf("the archives had %d objects and have %d", before, after)
	}
}

func spoilArchive(server *s3sim.Server) {
	o := s3sim.Object{Size: 10, ContentSeed: 77}
	server.Put("the-archive", "k0001.hdf", o)
	o.ContentSeed = 2
	server.Put("the-reports", "k0002.hdf", o)
	server.Delete("the-archive", "k0003.hdf")
	server.Put("the-archive", "nobody.hdf", o)
}

// TestAuditVerifies: what HEAD shows beside the content is compared where it was
// asked for.
func TestAuditVerifies(t *testing.T) {
	t.Parallel()
	server := auditedServer(t, 3)
	server.Put("the-archive", "k0001.hdf", s3sim.Object{Size: 10, ContentSeed: 1, Metadata: map[string]string{"a": "b"}})
	server.Put("the-archive", "k0002.hdf", s3sim.Object{Size: 10, ContentSeed: 2, Tags: map[string]string{"a": "b"}, StorageClass: "GLACIER"})
	doc, code, said := audited(t, server, "--verify", "checksum", "--risks")
	if code != exit.OK || doc.Summary.Verification["proven"] != 3 || len(doc.Objects) != 2 {
		t.Fatalf("code %d, %d rows, summary %+v\n%s", code, len(doc.Objects), doc.Summary, said)
	}
	for i, differs := range []string{"metadata", "storage_class=differ metadata=match tags"} {
		if c := doc.Objects[i].Compared; !strings.Contains(string(c), differs+"=differ") || doc.Objects[i].Proof != "checksum" {
			t.Errorf("row %d: compared %q, proof %q", i, c, doc.Objects[i].Proof)
		}
	}
	if r := doc.Summary.Risks; r == nil || r.ArchiveClass.Objects != 1 || r.ArchiveClass.First != "s3://the-archive/k0002.hdf" || r.Lapsing.WithinSeconds != 86400 || len(r.OpenUploads) != 2 || *r.OpenUploads[0].Bytes != 0 {
		t.Errorf("risks %+v", r)
	}
	if len(doc.Run.Notes) != 1 || !strings.Contains(doc.Run.Notes[0], "s3://the-archive/k0002.hdf") {
		t.Errorf("notes %q", doc.Run.Notes)
	}
}

// TestAuditThatCannotEnd: a listing that fails is exit 1, and the report says so.
func TestAuditThatCannotEnd(t *testing.T) {
	t.Parallel()
	server := auditedServer(t, 3)
	server.Inject(s3sim.Fault{Op: "ListObjectsV2", Bucket: "the-reports", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	doc, code, _ := audited(t, server)
	if code != exit.Incomplete || doc.Run.Complete || doc.Summary.Missing > 0 || *doc.Run.ExitCode != exit.Incomplete {
		t.Errorf("code %d, complete %v, %+v", code, doc.Run.Complete, doc.Summary)
	}
}

// TestAuditMistakes are found before anything is asked.
func TestAuditMistakes(t *testing.T) {
	t.Parallel()
	server := auditedServer(t, 1)
	for _, args := range [][]string{{"--fraction", "3/3"}, {"--fraction", "1"}, {"--verify", "all"}, {"--catalog", "c.csv", "--keys", "-"}, {"--from", "./r.json"}, {"--status", "missing"}} {
		if _, code, said := audited(t, server, args...); code != exit.Usage || !strings.Contains(said, args[0]) {
			t.Errorf("%v: code %d\n%s", args, code, said)
		}
	}
}

// TestAuditCSV has its rows in the other format too, and a quiet audit says what
// it found in one line.
func TestAuditCSV(t *testing.T) {
	t.Parallel()
	server := auditedServer(t, 5)
	spoilArchive(server)
	name := filepath.Join(t.TempDir(), "audit.csv")
	p, code := runWithin(t, server, append(slices.Clone(auditArgs), "--report", name, "--quiet")...)
	text, err := os.ReadFile(name)
	if err != nil || code != exit.Unsettled || bytes.Count(text, []byte("\n")) != 5 {
		t.Errorf("code %d, %v\n%s", code, err, text)
	}
	if said := p.stderr.String(); !strings.HasPrefix(said, "reconcile: error: not everything is reconciled: leak: ") {
		t.Errorf("it says\n%s", said)
	}
}

// TestAuditCatalog: what should be there is held against what is, and a mistake
// in the catalog is named with its line before anything is asked.
func TestAuditCatalog(t *testing.T) {
	t.Parallel()
	server := auditedServer(t, 3)
	name := writeFile(t, "catalog.jsonl", `{"key":"k0000.hdf","size":10}`+"\n"+`{"key":"k0001.hdf","size":11}`+"\n"+`{"key":"gone.hdf"}`+"\n")
	doc, code, said := audited(t, server, "--catalog", name)
	var got []string
	for _, row := range doc.Objects {
		got = append(got, fmt.Sprintf("%s %s", row.Status, row.SourceKey))
	}
	want := []string{"phantom gone.hdf", "differs k0001.hdf", "uncatalogued k0002.hdf"}
	if code != exit.Unsettled || !slices.Equal(got, want) || doc.Summary.Scanned != 4 || doc.Summary.Catalog["phantom"] != 1 || doc.Summary.Catalog["orphan"] != 1 || doc.Summary.Catalog["mismatch"] != 1 {
		t.Errorf("code %d, rows %q, want %q, catalog %v\n%s", code, got, want, doc.Summary.Catalog, said)
	}
	before := server.Len("the-reports")
	broken := writeFile(t, "broken.csv", "key,size\nk0000.hdf,ten\n")
	if _, code, said := audited(t, server, "--catalog", broken); code != exit.Usage || !strings.Contains(said, "broken.csv:2: ") || server.Len("the-reports") != before {
		t.Errorf("code %d\n%s", code, said)
	}
}
