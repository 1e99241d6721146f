package main

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
)

func completionScript(t *testing.T, shell string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"reconcile", "completion", shell}, nil, &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	return out.String()
}

// complete asks a shell's completion script for what could follow.
func completeBash(t *testing.T, script string, words ...string) string {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	probe := script + `
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_reconcile
printf '%s\n' "${COMPREPLY[@]}"
`
	out, err := exec.Command(bash, append([]string{"-c", probe, "bash"}, words...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

func TestBashCompletion(t *testing.T) {
	script := completionScript(t, "bash")
	for _, c := range []struct{ words, want string }{
		{"reconcile p", "plan"},
		{"reconcile run --restore", "--restore-status"},
		{"reconcile run --layout ", "auto preserve fast"},
		{"reconcile run --layout = p", "preserve"},
		{"reconcile run --layout =", "auto preserve fast"},
		{"reconcile plan --quiet --report-r", "--report-rows"},
		{"reconcile run --source ", ""},
		{"reconcile run --config go.m", ""},
		{"reconcile run --config completionba", "completionbash.go"},
		{"reconcile completion b", "bash"},
		{"reconcile help pl", "plan"},
		{"reconcile nothing --", ""},
	} {
		if got := completeBash(t, script, strings.Split(c.words, " ")...); got != c.want {
			t.Errorf("%q: %q, want %q", c.words, got, c.want)
		}
	}
}

func TestCompletionSyntax(t *testing.T) {
	for shell := range shells {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		cmd := exec.Command(path, "-n")
		cmd.Stdin = strings.NewReader(completionScript(t, shell))
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v: %s", shell, err, out)
		}
	}
}
