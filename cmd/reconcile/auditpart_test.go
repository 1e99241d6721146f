package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reconcile/internal/exit"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
)

// rowWords are rows as "status source target".
func rowWords(rows []report.Row) (all []string) {
	for _, row := range rows {
		all = append(all, fmt.Sprintf("%s %s %s/%s", row.Status, row.SourceKey, row.TargetBucket, row.TargetKey))
	}
	return all
}

// TestAuditNamed: each object that is named is a row: by a list, by the granules
// that they are files of, and by the rows of an audit, orphans too.
func TestAuditNamed(t *testing.T) {
	t.Parallel()
	server := auditedServer(t, 10)
	spoilArchive(server)
	list := writeFile(t, "keys.txt", "k0000.hdf\nk0001.hdf\nk0002.hdf\nk0003.hdf\ngone.hdf\n")
	doc, code, said := audited(t, server, "--keys", list, "--report-rows", "all")
	want := []string{
		"failed gone.hdf /", "present k0000.hdf the-archive/k0000.hdf", "differs k0001.hdf the-archive/k0001.hdf",
		"present k0002.hdf the-archive/k0002.hdf", "misplaced k0002.hdf the-reports/k0002.hdf", "missing k0003.hdf the-archive/k0003.hdf",
	}
	if got := rowWords(doc.Objects); code != exit.Unsettled || !slices.Equal(got, want) || doc.Objects[0].ErrorKind != "not_found" || *doc.Summary.Leaks != 1 {
		t.Errorf("code %d, rows %q, want %q\n%s", code, got, want, said)
	}
	if doc.Summary.Requests["ListObjectsV2"] > 0 {
		t.Errorf("requests %v: five names are not worth a listing", doc.Summary.Requests)
	}
	granules := writeFile(t, "granules.json", `{"glacierBucket":"the-glacier","granules":[{"granuleId":"g1","filepaths":["k0000.hdf","gone.hdf"]}]}`)
	doc, code, said = audited(t, server, "--granules", granules, "--report-rows", "all")
	if code != exit.Unsettled || len(doc.Objects) != 2 || doc.Objects[0].GranuleID != "g1" || doc.Objects[1].GranuleID != "g1" || len(doc.Granules) != 1 || doc.Granules[0].Status != "error" {
		t.Errorf("code %d, rows %+v, granules %+v\n%s", code, doc.Objects, doc.Granules, said)
	}
	name := filepath.Join(t.TempDir(), "whole.json")
	audited(t, server, "--report", name)
	server.Delete("the-reports", "k0002.hdf")
	doc, code, said = audited(t, server, "--from", name, "--status", "orphan,misplaced,missing", "--report-rows", "all")
	want = []string{"present k0002.hdf the-archive/k0002.hdf", "missing k0003.hdf the-archive/k0003.hdf", "orphan  the-archive/nobody.hdf"}
	if got := rowWords(doc.Objects); code != exit.Unsettled || !slices.Equal(got, want) {
		t.Errorf("code %d, rows %q, want %q\n%s", code, got, want, said)
	}
}

// TestAuditShards: the parts of an audit, merged, are what the whole audit finds.
func TestAuditShards(t *testing.T) {
	t.Parallel()
	server := auditedPages(t, 220, 100)
	spoilArchive(server)
	whole, _, _ := audited(t, server)
	dir := t.TempDir()
	for i := range 3 {
		_, code := runWithin(t, server, append(slices.Clone(auditArgs), "--shard", fmt.Sprintf("%d/3", i), "--report", filepath.Join(dir, "part-{shard}.json"))...)
		if code != exit.OK && code != exit.Unsettled {
			t.Fatalf("shard %d: code %d", i, code)
		}
	}
	p, code := runWithin(t, server, "merge", "--report", "-", "--results", dir)
	var merged auditDoc
	if err := json.Unmarshal(p.stdout.Bytes(), &merged); err != nil || code != exit.Unsettled || !merged.Run.Complete {
		t.Fatalf("code %d, %v\n%s", code, err, &p.stderr)
	}
	if got, want := rowWords(merged.Objects), rowWords(whole.Objects); !slices.Equal(got, want) || merged.Summary.Present != whole.Summary.Present || merged.Summary.Scanned != whole.Summary.Scanned {
		t.Errorf("%d scanned, %d present, rows %q; want %d, %d, %q", merged.Summary.Scanned, merged.Summary.Present, got, whole.Summary.Scanned, whole.Summary.Present, want)
	}
}

// TestAuditInventory: what inventories say needs no listing, the report says of
// which day it is, and what would be a finding is looked at as it is now.
func TestAuditInventory(t *testing.T) {
	t.Parallel()
	server := auditedPages(t, 250, 100)
	spoilArchive(server)
	source, archive := putInventory(server, "the-glacier"), putInventory(server, "the-archive")
	server.Put("the-archive", "k0003.hdf", s3sim.Object{Size: 10, ContentSeed: 3}) // somebody has brought it home since
	server.ResetRequests()
	doc, code, said := audited(t, server, "--inventory", source, "--inventory", archive, "--prefix", "k", "--report-rows", "all")
	if code != exit.Unsettled || doc.Summary.Missing != 0 || doc.Summary.Present != 249 || *doc.Summary.Leaks != 1 {
		t.Errorf("code %d, summary %+v\n%s", code, doc.Summary, said)
	}
	for _, row := range doc.Objects {
		byInventory := strings.HasPrefix(string(row.Evidence), "inventory 20")
		if found := row.Status != "present" || row.SourceKey == "k0003.hdf"; found == byInventory && row.Status != "misplaced" {
			t.Errorf("%s is %s by %s at %s", row.SourceKey, row.Status, row.Evidence, row.VerifiedAt)
		}
	}
	if lists := doc.Summary.Requests["ListObjectsV2"]; lists != 1 { // the public bucket's
		t.Errorf("requests %v", doc.Summary.Requests)
	}
}

// TestManifestInS3: a manifest is written with a checksum, which Object Lock
// wants, and never over what somebody else has written.
func TestManifestInS3(t *testing.T) {
	t.Parallel()
	server := auditedServer(t, 2)
	server.CreateBucket("evidence")
	if _, code, said := audited(t, server, "--report", "s3://evidence/a/audit.json"); code != exit.OK {
		t.Fatalf("code %d\n%s", code, said)
	}
	for _, key := range []string{"a/audit.json", "a/audit.json.manifest.json", "a/LATEST.manifest.json"} {
		if o, ok := server.Get("evidence", key); !ok || len(o.Checksums) == 0 {
			t.Errorf("%s: there %v, checksums %v", key, ok, o.Checksums)
		}
	}
	server.Put("evidence", "a/LATEST.manifest.json", s3sim.Object{Body: []byte("somebody's")})
	if _, code, said := audited(t, server, "--report", "s3://evidence/a/audit.json"); code != exit.Incomplete {
		t.Errorf("code %d\n%s", code, said)
	}
	if o, _ := server.Get("evidence", "a/LATEST.manifest.json"); o.Size != 10 {
		t.Error("what somebody has written was replaced")
	}
}
