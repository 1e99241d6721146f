package examples

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPublishedModule: whoever publishes the module gives it its address by one
// command, and what comes of it builds, tests and other modules included.
func TestPublishedModule(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "clone")
	run := func(dir, name string, args ...string) {
		t.Helper()
		c := exec.Command(name, args...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
	}
	run(root, "git", "clone", "-q", ".", dir) // what is committed
	run(dir, "make", "-s", "module", "MODULE=example.org/archives/reconcile")
	run(dir, "go", "build", "./...")
	run(dir, "go", "test", "./internal")
	for _, module := range []string{dir, filepath.Join(dir, "test/examples"), filepath.Join(dir, "test/integration")} {
		run(module, "go", "mod", "tidy", "-diff")
		run(module, "go", "vet", "./...")
	}
}
