package main

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"

	"reconcile/internal/commandline"
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
	t.Parallel()
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
		{"reconcile run --config completion_t", "completion_test.go"},
		{"reconcile run --al", ""},
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
	t.Parallel()
	for _, shell := range []string{"bash", "fish", "zsh"} {
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

// TestFishCompletion: commands and flags are the cli package's, what a flag
// allows is the table's.
func TestFishCompletion(t *testing.T) {
	t.Parallel()
	script := completionScript(t, "fish")
	for _, line := range []string{
		"complete -r -c reconcile -n '__fish_reconcile_no_subcommand' -a 'plan' -d ",
		"complete -c reconcile -n '__fish_seen_subcommand_from run' -f -l quiet -d 'Only errors on stderr'\n",
		"complete -c reconcile -n '__fish_seen_subcommand_from run' -l layout -x -a 'auto preserve fast'\n",
		"complete -c reconcile -n '__fish_seen_subcommand_from run' -l config -r -F\n",
		"complete -c reconcile -n '__fish_seen_subcommand_from completion' -f -a 'bash fish zsh man'\n",
	} {
		if !strings.Contains(script, line) {
			t.Errorf("the script lacks %s", line)
		}
	}
	if strings.Contains(script, "-l all") {
		t.Error("--all stands beside --help only")
	}
}

// TestManPage: every command and every flag has its place.
func TestManPage(t *testing.T) {
	t.Parallel()
	page := completionScript(t, "man")
	for _, c := range (program{}).app().Commands {
		if !strings.Contains(page, "\n.SH "+c.Name+"\n") {
			t.Errorf("the page lacks %s", c.Name)
		}
		for _, name := range commandline.FlagNames(c.Flags) {
			if name != "all" && !strings.Contains(page, `\fB--`+name+`\fP`) && !strings.Contains(page, `\fB--`+name+`,`) {
				t.Errorf("the page lacks --%s", name)
			}
		}
	}
}
