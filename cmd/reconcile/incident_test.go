package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/demo"
	"reconcile/internal/exit"
)

// TestIncidentDemo: what is gone is found, brought back and proved.
func TestIncidentDemo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	args := []string{"reconcile", "demo", "--incident", "--objects", "0", "--restore-delay", "1s", "--out", t.TempDir()}
	if code := run(context.Background(), args, strings.NewReader(""), &out, &out); code != exit.OK {
		t.Fatalf("exit code %d:\n%s", code, &out)
	}
	if !strings.Contains(out.String(), "are in their archive buckets, byte for byte; 51 of them were gone") {
		t.Errorf("it does not say what came of it:\n%s", &out)
	}
}

// guideCommands are the commands of a page of the documentation, one a line.
func guideCommands(t *testing.T, page string) (all [][]string) {
	t.Helper()
	for line := range strings.Lines(readDoc(t, page)) {
		if command, ok := strings.CutPrefix(line, "    reconcile "); ok {
			all = append(all, append([]string{"reconcile"}, strings.Fields(command)...))
		}
	}
	return all
}

// TestIncidentGuide runs every command of the page on the archive of the demo,
// in the order of the page. Only the waiting is shortened.
func TestIncidentGuide(t *testing.T) {
	d, err := demo.Start(demo.Options{Out: io.Discard, Dir: t.TempDir(), Listen: "127.0.0.1:0", Incident: true, RestoreDelay: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for name, value := range d.Environment() {
		t.Setenv(name, value)
	}
	t.Setenv("AWS_ENDPOINT_URL", d.URL())
	commands := guideCommands(t, "docs/guide/incident.md")
	if len(commands) < 5 {
		t.Fatalf("%d commands", len(commands))
	}
	t.Chdir(t.TempDir())
	for _, args := range commands {
		if args[1] == "recover" {
			args = append(args, "--poll-interval", "1s")
		}
		want := exit.OK
		if args[1] == "audit" && slices.Contains(args, "missing.json") {
			want = exit.Unsettled
		}
		var out bytes.Buffer
		if code := run(context.Background(), args, strings.NewReader(""), &out, &out); code != want {
			t.Fatalf("%s: exit code %d:\n%s", strings.Join(args, " "), code, &out)
		}
	}
	for name, want := range map[string][2]string{"missing.json": {"missing", "51"}, "back.json": {"copied", "51"}, "proof.json": {"present", "201"}} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var r struct {
			Summary map[string]json.RawMessage `json:"summary"`
			Run     struct{ Complete bool }    `json:"run"`
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		if got := string(r.Summary[want[0]]); got != want[1] || !r.Run.Complete {
			t.Errorf("%s: %s is %s, want %s; complete %v", name, want[0], got, want[1], r.Run.Complete)
		}
	}
}

// TestNothingWithoutAgreement: without a terminal and without --yes nothing is
// sent at all.
func TestNothingWithoutAgreement(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"restore", "recover"} {
		args := []string{"reconcile", command, "--source", "my-glacier", "--protected", "my-protected", "--endpoint-url", "http://127.0.0.1:1"}
		var out bytes.Buffer
		if code := run(context.Background(), args, strings.NewReader("y\n"), &out, &out); code != exit.Usage || !strings.Contains(out.String(), "--yes") {
			t.Errorf("%s: exit code %d:\n%s", command, code, &out)
		}
	}
}
