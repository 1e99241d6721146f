package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run the real program.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"reconcile": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", "atexit_sleep_ms=0") // a race build waits a second before it exits
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": commandCode,
		},
	})
}

// commandCode is "code N args…": the program must end with that exit code.
func commandCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: code N [args...]")
	}
	dir := ts.MkAbs(".")
	err := ts.Exec("sh", append([]string{"-c", `reconcile "$@"; echo $? > ` + filepath.Join(dir, ".code"), "sh"}, args[1:]...)...)
	ts.Check(err)
	if got := strings.TrimSpace(ts.ReadFile(".code")); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// invocation is one call of the program whose job is not carried out.
type invocation struct {
	args   []string
	env    map[string]string
	config string // contents of the config file; "" is none
}

// settings returns what the job would have been given.
func (i invocation) settings(t *testing.T) (settings, error) {
	t.Helper()
	args := append([]string{"reconcile", "run"}, i.args...)
	if i.config != "" {
		args = append(args, "--config", writeFile(t, "conf.yaml", i.config))
	}
	var got settings
	p := program{
		streams:   streams{strings.NewReader(""), io.Discard, io.Discard},
		lookupEnv: func(name string) (string, bool) { v, ok := i.env[name]; return v, ok },
		execute: func(_ context.Context, _ streams, s settings) error {
			got = s
			return nil
		},
	}
	err := newApp(p).RunContext(context.Background(), args)
	return got, err
}

// mustSettings is settings for an invocation that is right.
func (i invocation) mustSettings(t *testing.T) settings {
	t.Helper()
	s, err := i.settings(t)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func writeFile(t *testing.T, name, contents string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(contents), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
