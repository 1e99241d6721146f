package examples

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// files returns the names of the examples' files, but for what somebody's tools
// have left there.
func files(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(examples, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".terraform":
			return fs.SkipDir
		case !d.IsDir():
			name, err := filepath.Rel(examples, path)
			names = append(names, filepath.ToSlash(name))
			return err
		}
		return nil
	})
	if err != nil || len(names) < 30 {
		t.Fatal(names, err)
	}
	return names
}

// shellOf returns what of a file is for a shell: all of a script, the code of a
// page, the commands of cron and systemd.
func shellOf(name, text string) string {
	var lines []string
	code := regexp.MustCompile(`^(?: {4}|\t)+ *(.*)$`)
	fenced := false
	for _, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasSuffix(name, ".sh"):
			lines = append(lines, line)
		case strings.HasSuffix(name, ".md") && strings.HasPrefix(line, "```"):
			fenced = !fenced
		case strings.HasSuffix(name, ".md") && fenced: // no shell, by this project's custom
		case strings.HasSuffix(name, ".md"):
			if m := code.FindStringSubmatch(line); m != nil && !strings.Contains(line, "►") {
				lines = append(lines, m[1])
			}
		case name == "crontab":
			if m := regexp.MustCompile(`^(?:[0-9*/,-]+ +){5}\S+ +(.*)$`).FindStringSubmatch(line); m != nil {
				lines = append(lines, strings.ReplaceAll(m[1], `\%`, "%"))
			}
		case strings.HasSuffix(name, ".service"):
			if command, ok := strings.CutPrefix(line, "ExecStart="); ok {
				lines = append(lines, command)
			}
		}
	}
	return strings.Join(lines, "\n")
}

// TestCommandLines: the program takes every command line of the examples. Those
// of containers are looked at where the containers are.
func TestCommandLines(t *testing.T) {
	commands := map[string]int{}
	for _, name := range files(t) {
		shell := shellOf(name, read(t, name))
		parsed, err := syntax.NewParser().Parse(strings.NewReader(shell), name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		syntax.Walk(parsed, func(n syntax.Node) bool {
			if c, ok := n.(*syntax.CallExpr); ok {
				if args := commandLine(t, c); args != nil {
					commands[args[0]]++
					accepts(t, name, nil, standingIn(t, args)...)
				}
			}
			return true
		})
	}
	for _, c := range []string{"run", "plan", "submit", "merge"} {
		if commands[c] == 0 {
			t.Errorf("no %s was found in the examples: %v", c, commands)
		}
	}
}

// values are those that the examples' variables have.
var values = expand.ListEnviron(
	"RECONCILE_SOURCE=my-glacier", "RECONCILE_PROTECTED=my-protected", "PLANS=s3://my-reports/backfill/2026-06", "ACCOUNT=111122223333",
	"FUNCTION_ARN=arn:aws:lambda:us-west-2:111122223333:function:reconcile", "ROLE_ARN=arn:aws:iam::111122223333:role/reconcile-batch-operations",
)

// commandLine returns the arguments of a call of the program, which may be
// another one's argument.
func commandLine(t *testing.T, c *syntax.CallExpr) []string {
	t.Helper()
	words, err := expand.Fields(&expand.Config{Env: values}, c.Args...)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range words {
		if filepath.Base(w) == "reconcile" && len(words) > i+1 && !strings.Contains(w, "://") {
			return words[i+1:]
		}
	}
	return nil
}

// standingIn puts the examples' own file in the place of one that would be
// elsewhere, and gives commands of containers the buckets of their environment.
func standingIn(t *testing.T, args []string) []string {
	t.Helper()
	own, err := filepath.Abs(examples + "/reconcile.yaml")
	if err != nil {
		t.Fatal(err)
	}
	args = slices.Clone(args)
	for i, a := range args {
		if filepath.Base(a) == "reconcile.yaml" {
			args[i] = own
		}
	}
	if (args[0] == "plan" || args[0] == "run") && !slices.Contains(args, "--config") && !slices.Contains(args, "--source") {
		args = append([]string{args[0], "--source", "my-glacier", "--protected", "my-protected"}, args[1:]...)
	}
	return args
}

// TestVariables: every variable of the program that an example names is one.
func TestVariables(t *testing.T) {
	found := map[string]bool{}
	for _, name := range files(t) {
		for _, v := range regexp.MustCompile(`\bRECONCILE_[A-Z_]*[A-Z]\b`).FindAllString(read(t, name), -1) {
			found[v] = true
		}
	}
	if len(found) < 6 {
		t.Fatalf("only %v", found)
	}
	help := finish(t, command(t, t.TempDir(), nil, "run", "--help", "--all")).stdout
	for v := range found {
		if !regexp.MustCompile(`env: (?:.*, )?` + v + `\b`).MatchString(help) {
			t.Errorf("the program has no %s", v)
		}
	}
}

// TestAcceptsTells: what the other tests lean on tells a wrong setting from a
// right one.
func TestAcceptsTells(t *testing.T) {
	right := []string{"run", "--source", "my-glacier", "--protected", "my-protected"}
	accepts(t, "right", nil, right...)
	for name, wrong := range map[string]struct{ env, args []string }{
		"flag":     {nil, append(slices.Clone(right), "--no-such-flag")},
		"value":    {nil, append(slices.Clone(right), "--deadline", "soon")},
		"variable": {[]string{"RECONCILE_NO_SUCH=1"}, right},
		"shards":   {[]string{"JOB_COMPLETION_INDEX=1"}, right},
	} {
		if got := finish(t, command(t, t.TempDir(), append(nowhere(t), wrong.env...), wrong.args...)); got.code != exitUsage {
			t.Errorf("%s: exit code %d", name, got.code)
		}
	}
}

// TestJSON: every JSON file is one document, and those that are policies are
// well formed.
func TestJSON(t *testing.T) {
	policies := 0
	for _, name := range files(t) {
		if filepath.Ext(name) != ".json" {
			continue
		}
		text := read(t, name)
		var head map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &head); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if head["Statement"] != nil {
			mustPolicy(t, name, text)
			policies++
		}
	}
	if policies < 9 {
		t.Errorf("only %d policies", policies)
	}
	for text, why := range map[string]string{
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a"}]}`:                       "a wildcard",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`:                            "all resources",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resorce":"arn:aws:s3:::a/*"}]}`:              "a wrong field",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject"}]}`:                                           "no resource",
		`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}]}`:             "an old version",
		`{"Version":"2012-10-17","Statement":[{"Sid":"a b","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}]}`: "a wrong Sid",
	} {
		if _, err := parsePolicy(text); err == nil {
			t.Errorf("%s was not found", why)
		}
	}
}

// TestREADME: the page has a line for every folder.
func TestREADME(t *testing.T) {
	entries, err := os.ReadDir(examples)
	if err != nil {
		t.Fatal(err)
	}
	page := read(t, "README.md")
	for _, e := range entries {
		if e.IsDir() && !regexp.MustCompile(`(?m)^\| \[`+e.Name()+`\]\(`).MatchString(page) {
			t.Errorf("README.md has no line for %s", e.Name())
		}
	}
}
