package main

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"reconcile/internal/s3sim"
)

var lambdaZip = flag.Bool("lambda-zip", false, "run TestLambdaZip, which builds the program for both architectures")

// TestLambdaZip: make lambda builds, for both architectures, a static program
// and a zip file with nothing but it, which can be executed; the one that this
// machine can execute answers an invocation. How long it takes to start is in
// the test's log.
func TestLambdaZip(t *testing.T) {
	if !*lambdaZip {
		t.Skip("builds the program twice; runs with -args -lambda-zip")
	}
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("there is no make here")
	}
	dir := t.TempDir()
	build := exec.Command("make", "-C", root, "lambda", "OUT="+dir, "VERSION=v0-test")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for arch, machine := range map[string]elf.Machine{"arm64": elf.EM_AARCH64, "amd64": elf.EM_X86_64} {
		file := filepath.Join(dir, "reconcile-lambda-"+arch+".zip")
		program := unzipped(t, file)
		checkStatic(t, program, machine)
		if info, err := os.Stat(file); err == nil {
			t.Logf("%s: the zip file has %.1f MiB, the program %.1f MiB", arch, float64(info.Size())/(1<<20), float64(len(program))/(1<<20))
		}
		if arch == runtime.GOARCH {
			checkServes(t, program)
			checkSameAgain(t, file, filepath.Join(dir, "lambda-"+arch, "bootstrap"))
		}
	}
}

// unzipped returns the only file in the zip file.
func unzipped(t *testing.T, file string) []byte {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != 1 || z.File[0].Name != "bootstrap" || z.File[0].Mode() != 0o755 {
		t.Fatalf("%s has %d files, %q with mode %v", file, len(z.File), z.File[0].Name, z.File[0].Mode())
	}
	r, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	program, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func checkStatic(t *testing.T, program []byte, machine elf.Machine) {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	libraries, _ := f.ImportedLibraries()
	if f.Machine != machine || f.Type != elf.ET_EXEC || len(libraries) > 0 || f.Section(".interp") != nil {
		t.Errorf("machine %v, want %v; type %v, libraries %v, interpreter %v", f.Machine, machine, f.Type, libraries, f.Section(".interp") != nil)
	}
}

// checkServes starts the program as Lambda would.
func checkServes(t *testing.T, program []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	api := startRuntime(t)
	server := eventServer(t, map[string]s3sim.Object{"one.hdf": {Size: 10}})
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+server.AccessKey(), "AWS_SECRET_ACCESS_KEY="+server.SecretKey(),
		"AWS_REGION="+server.Region(), "AWS_ENDPOINT_URL="+server.URL(), "protected_bucket=my-protected", api.variable())
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	api.begin(t, notificationOf("one.hdf"), time.Minute)
	started := time.Since(began)
	if got := api.answer(t); got.failed || !strings.Contains(got.body, `"success":true`) {
		t.Errorf("answered %s", got.body)
	}
	t.Logf("it asked for its first invocation after %v, and had answered it after %v", started, time.Since(began))
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	t.Logf("the most memory it had: %s", regexp.MustCompile(`VmHWM:\s*(.*)`).FindStringSubmatch(string(status)))
}

// checkSameAgain wants the zip file to be the same when it is made again.
func checkSameAgain(t *testing.T, file, program string) {
	t.Helper()
	again := filepath.Join(t.TempDir(), "again.zip")
	pack := exec.Command("go", "run", "./cmd/zip", again, program)
	pack.Dir = root
	if out, err := pack.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	a, _ := os.ReadFile(file)
	b, err := os.ReadFile(again)
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("%v: %d bytes, then %d", err, len(a), len(b))
	}
}
