package examples

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/s3sim"
)

const (
	root     = "../.."
	examples = root + "/examples"
)

// program is the path of the real program.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "examples")
		if err == nil {
			defer os.RemoveAll(dir)
			program = filepath.Join(dir, "reconcile")
			build := exec.Command("go", "build", "-o", program, "./cmd/reconcile")
			build.Dir = root
			build.Stderr = os.Stderr
			err = build.Run()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "build the program:", err)
			return 1
		}
		return m.Run()
	}())
}

// exits of the program that the examples speak of, and the one that says that
// flags or settings are wrong. cmd/reconcile/docs_test.go keeps the README's
// table, which TestExitCodes reads.
const (
	exitOK    = 0
	exitUsage = 2
	exitLeft  = 3
)

// done is what became of a run of the program.
type done struct {
	code           int
	stdout, stderr string
}

// command is the program with args. Nothing of this machine's settings reaches
// it, and no address beyond it.
func command(t *testing.T, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(program, args...)
	c.Dir = dir
	c.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + t.TempDir(),
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}, env...)
	return c
}

func finish(t *testing.T, c *exec.Cmd) done {
	t.Helper()
	var out, err bytes.Buffer
	c.Stdout, c.Stderr = &out, &err
	if e := c.Run(); c.ProcessState == nil {
		t.Fatal(e)
	}
	return done{c.ProcessState.ExitCode(), out.String(), err.String()}
}

// nowhere are the settings with which a run ends at its first request: the
// server denies everything, which nobody tries again.
func nowhere(t *testing.T) []string {
	t.Helper()
	denies := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Nothing is allowed here</Message></Error>`)
	}))
	t.Cleanup(denies.Close)
	return []string{
		"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=us-west-2",
		"AWS_ENDPOINT_URL=" + denies.URL, "AWS_ENDPOINT_URL_S3_CONTROL=" + denies.URL,
	}
}

// accepts fails the test where the program does not take args and env: they are
// wrong to it, exit code 2. Anything else is a run that was denied its first
// request.
func accepts(t *testing.T, where string, env []string, args ...string) {
	t.Helper()
	got := finish(t, command(t, t.TempDir(), slices.Concat(nowhere(t), env), args...))
	if got.code == exitUsage || got.code < 0 {
		t.Errorf("%s: reconcile %s: exit code %d\n%s", where, strings.Join(args, " "), got.code, got.stderr)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(examples, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// exampleServer is a simulator with the buckets of the examples.
func exampleServer(t *testing.T) *s3sim.Server {
	t.Helper()
	server, err := s3sim.Start(s3sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	for _, b := range []string{"my-glacier", "my-protected", "my-public", "my-reports"} {
		server.CreateBucket(b)
	}
	return server
}

// restored puts an object into the glacier bucket that can be copied.
func restored(server *s3sim.Server, key string, size int64) {
	server.Put("my-glacier", key, s3sim.Object{
		Size: size, ContentSeed: uint64(len(key)), StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour),
	})
}

// reaching are the settings with which the program reaches a server.
func reaching(server *s3sim.Server, url string) []string {
	return []string{
		"AWS_ACCESS_KEY_ID=" + server.AccessKey(), "AWS_SECRET_ACCESS_KEY=" + server.SecretKey(), "AWS_REGION=" + server.Region(),
		"AWS_ENDPOINT_URL=" + url, "RECONCILE_RETRY_DELAY=0",
	}
}
