package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseDestination(t *testing.T) {
	tests := []struct {
		path   string
		format Format
		bucket string
		key    string
		fails  string
	}{
		{path: "-", format: JSON},
		{path: "r.json", format: JSON},
		{path: "dir.d/R.CSV", format: CSV},
		{path: "s3://b/k/r.json", format: JSON, bucket: "b", key: "k/r.json"},
		{path: "s3://b//r.csv", format: CSV, bucket: "b", key: "/r.csv"},
		{path: "", fails: "empty"},
		{path: "r.html", format: HTML},
		{path: "s3://b/r.HTML", format: HTML, bucket: "b", key: "r.HTML"},
		{path: "r.txt", fails: `"r.txt": the extension tells the format; known are .json, .csv, .html, .premis.xml`},
		{path: "a/R.Premis.XML", format: PREMIS},
		{path: "r.xml", fails: "known are"},
		{path: "json", fails: "extension"},
		{path: "dir/", fails: "extension"},
		{path: "s3://b", fails: "want s3://bucket/key"},
		{path: "s3:///r.json", fails: "want s3://bucket/key"},
		{path: "S3://b/r.json", fails: "only local paths and s3://"},
		{path: "file:///r.json", fails: "only local paths and s3://"},
	}
	for _, tt := range tests {
		d, err := ParseDestination(tt.path)
		if tt.fails != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("%q: %v, want %q", tt.path, err, tt.fails)
			}
			continue
		}
		if err != nil || d.Format != tt.format || d.Bucket() != tt.bucket || d.Key() != tt.key || d.IsS3() != (tt.bucket != "") || d.IsStdout() != (tt.path == "-") {
			t.Errorf("%q: %+v, %v", tt.path, d, err)
		}
	}
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	sub := filepath.Join(dir, "dir.json")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"-", "s3://b/k.json", filepath.Join(dir, "new.json"), file} {
		if err := (Destination{Path: path}).Check("run"); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range []string{filepath.Join(dir, "none", "r.json"), filepath.Join(file, "r.json"), sub} {
		if err := (Destination{Path: path}).Check("run"); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if got := files(t, dir); len(got) != 2 {
		t.Errorf("left behind: %v", got)
	}
}

// TestCheckReadOnly: a folder that cannot be written is found out. The
// superuser can write it anyway.
func TestCheckReadOnly(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if os.WriteFile(filepath.Join(dir, "x"), nil, 0o600) == nil {
		t.Skip("permissions do not bind this user")
	}
	if err := (Destination{Path: filepath.Join(dir, "r.json")}).Check("run"); err == nil {
		t.Error("no error")
	}
}
