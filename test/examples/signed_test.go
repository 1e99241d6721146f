package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSignedManifest: OpenSSH's own program takes the signature of a manifest,
// refuses it for another text, and makes keys and signatures that verify-report
// takes.
func TestSignedManifest(t *testing.T) {
	server := exampleServer(t)
	restored(server, "2026/1.hdf", 10)
	dir := t.TempDir()
	env := reaching(server, server.URL())
	keygen := func(stdin string, args ...string) (string, error) {
		c := exec.Command("ssh-keygen", args...)
		c.Dir, c.Stdin = dir, strings.NewReader(stdin)
		out, err := c.CombinedOutput()
		return string(out), err
	}
	for _, name := range []string{"key", "another"} {
		if out, err := keygen("", "-q", "-t", "ed25519", "-N", "", "-C", "auditor@example.org", "-f", name); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	run := func(args ...string) string {
		t.Helper()
		got := finish(t, command(t, dir, env, args...))
		return strings.TrimSpace(got.stdout + got.stderr)
	}
	run("audit", "--source", "my-glacier", "--protected", "my-protected", "--public", "my-public", "--report", "audit.json", "--sign-key", "key")
	text, err := os.ReadFile(filepath.Join(dir, "audit.json.manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	public, _ := os.ReadFile(filepath.Join(dir, "key.pub"))
	os.WriteFile(filepath.Join(dir, "allowed"), append([]byte("auditor@example.org "), public...), 0o600)
	check := []string{"-Y", "verify", "-f", "allowed", "-I", "auditor@example.org", "-n", "reconcile-manifest", "-s", "audit.json.manifest.json.sig"}
	if out, err := keygen(string(text), check...); err != nil || !strings.Contains(out, "Good") {
		t.Errorf("ssh-keygen refuses it: %v\n%s", err, out)
	}
	if out, err := keygen(string(text)+" ", check...); err == nil {
		t.Errorf("ssh-keygen takes it for another text:\n%s", out)
	}
	for _, signers := range []string{"key.pub", "allowed"} {
		if out := run("verify-report", "--sign-pub", signers, "audit.json"); !strings.HasPrefix(out, "as written") || !strings.Contains(out, "signed by auditor@example.org") {
			t.Errorf("%s: %s", signers, out)
		}
	}
	run("merge", "--results", "audit.json", "--report", "merged.json", "--sign-key", "key")
	if out := run("verify-report", "--sign-pub", "key.pub", "audit.json", "merged.json"); strings.Count(out, "signed by auditor@example.org") != 2 {
		t.Errorf("merged: %s", out)
	}
	was, _ := os.ReadFile(filepath.Join(dir, "audit.json"))
	os.WriteFile(filepath.Join(dir, "audit.json"), []byte(strings.Replace(string(was), `"complete": true`, `"complete": false`, 1)), 0o600)
	if out := run("report", "audit.json", "--to", "altered.html", "--sign-key", "key"); !strings.Contains(out, "it is not what its run wrote") {
		t.Errorf("signed anew: %s", out)
	}
	if out := run("report", "audit.json", "--to", "altered.html"); !strings.Contains(out, "ALTERED") {
		t.Errorf("without a word: %s", out)
	}
	os.WriteFile(filepath.Join(dir, "audit.json"), was, 0o600)
	if out := run("verify-report", "--sign-pub", "another.pub", "audit.json"); !strings.Contains(out, "NOT THEIRS") {
		t.Error(out)
	}
	os.Remove(filepath.Join(dir, "audit.json.manifest.json.sig"))
	if out, err := keygen("", "-Y", "sign", "-f", "key", "-n", "reconcile-manifest", "audit.json.manifest.json"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out := run("verify-report", "--sign-pub", "key.pub", "audit.json"); !strings.HasPrefix(out, "as written") {
		t.Errorf("OpenSSH's own signature: %s", out)
	}
}
