package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"reconcile/internal/demo"
)

// simEnvironment is what the SDK needs for an embedded S3. Where that listens is
// a flag's, so that tests can run beside one another.
var simEnvironment = map[string]string{
	"AWS_ACCESS_KEY_ID": "reconcile", "AWS_SECRET_ACCESS_KEY": "reconcile-secret", "AWS_REGION": "us-east-1",
	"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull,
}

// TestMain makes the test binary the program where it is called by its name.
func TestMain(m *testing.M) {
	testscript.Main(prepared{m}, map[string]func(){"reconcile": main})
}

// prepared sets what the tests and the processes that they start have in common.
type prepared struct{ *testing.M }

func (p prepared) Run() int {
	os.Unsetenv("AWS_CA_BUNDLE") // each process would read it; the servers have no TLS
	os.Setenv("GOGC", "400")     // hundreds of short processes: memory is no matter
	debug.SetGCPercent(400)
	for name, value := range simEnvironment {
		os.Setenv(name, value)
	}
	flag.Set("test.parallel", "8") // most of the time they wait; the command line may say otherwise
	return p.M.Run()
}

// TestScripts: the command line.
func TestScripts(t *testing.T) {
	runScripts(t, "testdata/script", func(*testscript.Env) error { return nil })
}

// runScripts runs the scripts of a folder. Their commands are run within the test,
// one at a time: what they take from the process is its folder and its
// environment.
func runScripts(t *testing.T, dir string, setup func(*testscript.Env) error) {
	t.Helper()
	var alone sync.Mutex
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(e *testscript.Env) error {
			if err := setup(e); err != nil {
				return err
			}
			e.Values["stdin"] = new(string)
			names, err := variableNames(e, dir)
			e.Values["variables"] = names
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"input": func(ts *testscript.TestScript, _ bool, args []string) {
				*ts.Value("stdin").(*string) = ts.ReadFile(args[0])
			},
			"code": func(ts *testscript.TestScript, neg bool, args []string) {
				alone.Lock()
				defer alone.Unlock()
				wantCode(ts, neg, args)
			},
		},
	})
}

// variableNames are the environment variables that a script has and sets.
func variableNames(e *testscript.Env, dir string) (names []string, err error) {
	for _, one := range e.Vars {
		name, _, _ := strings.Cut(one, "=")
		names = append(names, name)
	}
	test := e.T().(interface{ Name() string }).Name() // TestScripts/values
	script, err := os.ReadFile(filepath.Join(dir, filepath.Base(test)+".txtar"))
	for _, set := range regexp.MustCompile(`(?m)^env (\w+)=`).FindAllStringSubmatch(string(script), -1) {
		names = append(names, set[1])
	}
	return names, err
}

// runScripted runs the program in the folder and with the environment of a
// script.
func runScripted(ts *testscript.TestScript, args []string) int {
	before, err := os.Getwd()
	ts.Check(err)
	ts.Check(os.Chdir(ts.MkAbs(".")))
	defer os.Chdir(before)
	env := map[string]string{}
	for _, name := range ts.Value("variables").([]string) {
		env[name] = ts.Getenv(name)
	}
	defer demo.LendEnvironment(env)()
	stdin := ts.Value("stdin").(*string)
	defer func() { *stdin = "" }()
	return run(context.Background(), append([]string{"reconcile"}, args...), strings.NewReader(*stdin), ts.Stdout(), ts.Stderr())
}

// wantCode is "code N args…": the program must end with that exit code.
func wantCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: code N [args...]")
	}
	if got := fmt.Sprint(runScripted(ts, args[1:])); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

func writeFile(t *testing.T, name, contents string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(contents), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
