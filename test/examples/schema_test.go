package examples

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"reconcile/internal/s3sim"
)

// reportSchema is the published schema of the report.
func reportSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(filepath.Join(root, "docs/reference/report.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestReportSchema: the report of each command is valid by the published schema,
// as a validator sees it that is not this project's.
func TestReportSchema(t *testing.T) {
	schema := reportSchema(t)
	server := exampleServer(t)
	for i := range 3 {
		restored(server, fmt.Sprintf("2026/%d.hdf", i), 10)
		server.Put("my-glacier", fmt.Sprintf("2026/a%d.hdf", i), s3sim.Object{Size: 5, StorageClass: "GLACIER"})
	}
	server.Put("my-protected", "2026/0.hdf", s3sim.Object{Size: 11})  // it differs
	server.Put("my-public", "2026/leak.hdf", s3sim.Object{Size: 11})  // it is misplaced
	server.Put("my-protected", "2026/own.hdf", s3sim.Object{Size: 7}) // it is an orphan
	server.Inject(s3sim.Fault{Op: "CopyObject", KeyPrefix: "2026/1", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	dir := t.TempDir()
	env := reaching(server, server.URL())
	buckets := []string{"--source", "my-glacier", "--protected", "my-protected", "--public", "my-public", "--report-rows", "all", "--retry-delay", "0"}
	for _, name := range []string{"plan", "run", "audit", "restore", "merge", "report"} {
		file := filepath.Join(dir, name+".json")
		args := append([]string{name, "--report", file}, buckets...)
		switch name {
		case "restore":
			args = append(args, "--yes")
		case "merge":
			args = []string{name, "--results", filepath.Join(dir, "run.json"), "--report", file}
		case "report":
			args = []string{name, filepath.Join(dir, "audit.json"), "--to", file}
		}
		if got := finish(t, command(t, dir, env, args...)); got.code != exitOK && got.code != exitLeft {
			t.Errorf("%s: exit code %d\n%s", name, got.code, got.stderr)
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		validate(t, schema, name, string(text))
	}
	whole, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range [][2]string{
		{`"schema_version": 1`, `"schema_version": 2`}, {`"status":"failed"`, `"status":"lost"`}, {`"complete": true`, `"complete": "yes"`},
		{`"attempts":`, `"attempt":`}, {`"err_msg":""`, `"err_msg":null`}, {`"scanned": 6`, `"scanned": -6`},
	} {
		broken := strings.Replace(string(whole), wrong[0], wrong[1], 1)
		if broken == string(whole) {
			t.Errorf("%s is not in the report", wrong[0])
			continue
		}
		if doc, err := jsonschema.UnmarshalJSON(strings.NewReader(broken)); err != nil || schema.Validate(doc) == nil {
			t.Errorf("with %s it is valid, %v", wrong[1], err)
		}
	}
}

func validate(t *testing.T, schema *jsonschema.Schema, what, text string) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = schema.Validate(doc)
	}
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}
