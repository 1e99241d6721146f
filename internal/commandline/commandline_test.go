package commandline_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"reconcile/internal/commandline"
	"reconcile/internal/config"
	"reconcile/internal/exit"
)

// call runs a program of two commands: walk with the table's settings, which
// keeps its arguments in walked, and rest, which fails with why.
func call(why error, args ...string) (out string, walked []string, err error) {
	var said strings.Builder
	walk := commandline.Command{
		Name: "walk", Usage: "go", Args: "PLACE...", Synopsis: "reconcile walk PLACE...", About: strings.Repeat("wörter ", 40),
		Settings: config.NewFlags(config.ParametersOf("run")), AfterSignal: "nobody knows", Meanings: map[int]string{exit.OK: "there"},
		Action: func(ctx *cli.Context) (err error) { walked, err = commandline.Arguments(ctx); return err },
	}
	rest := commandline.Command{Name: "rest", Usage: "stay", Codes: []int{exit.OK}, Action: func(*cli.Context) error { return why }}
	app := commandline.App("go somewhere", "v1", commandline.Streams{Out: &said, Err: &said}, []commandline.Command{walk, rest})
	err = app.RunContext(context.Background(), append([]string{"reconcile"}, args...))
	return said.String(), walked, err
}

// TestArguments: flags may stand behind arguments; what a command does not take is
// refused with what was probably meant.
func TestArguments(t *testing.T) {
	t.Parallel()
	if _, walked, err := call(nil, "walk", "a", "--quiet", "b", "--source", "s", "c"); err != nil || !slices.Equal(walked, []string{"a", "b", "c"}) {
		t.Errorf("%v, %v", walked, err)
	}
	for args, want := range map[string]string{
		"walk a --sourc x": "unknown flag --sourc (did you mean --source?)",
		"walk --sourc x":   "unknown flag --sourc (did you mean --source?)",
		"walk --source":    "flag --source needs a value (reconcile walk --help lists the flags)",
		"walk --all":       "unknown flag --all (--help --all lists all flags of a command)",
		"rest now":         `unexpected argument "now" (settings are given as flags)`,
		"rest now --quiet": `unexpected argument "now" (flags after an argument are not read: --quiet)`,
		"rest true":        `unexpected argument "true" (a switch takes its value with an equals sign, as in --include-online=true)`,
		"wlk":              `unknown command "wlk" (did you mean "walk"?)`,
		"help wlk":         `unknown command "wlk" (did you mean "walk"?)`,
		"--quiet walk":     "unknown flag --quiet before the command (flags follow the command: reconcile run --source …)",
	} {
		if _, _, err := call(nil, strings.Fields(args)...); err == nil || exit.InOneLine(err) != want || exit.CodeOf(err) != exit.Usage {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// TestErrorsAreTyped: a mistake in the settings is one of usage, whatever is wrong
// else ends a run that could not be completed, and a code that is there stays.
func TestErrorsAreTyped(t *testing.T) {
	t.Parallel()
	for code, why := range map[int]error{
		exit.OK: nil, exit.Incomplete: os.ErrNotExist, exit.Usage: &config.Error{Err: os.ErrNotExist, Hint: "make it"},
		exit.Locked: exit.With(exit.Locked, &config.Error{Err: os.ErrNotExist}, ""),
	} {
		_, _, err := call(why, "rest")
		if exit.CodeOf(err) != code || why != nil && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%d: %v", code, err)
		}
		if code == exit.Usage && exit.InOneLine(err) != "file does not exist (make it)" {
			t.Error(exit.InOneLine(err))
		}
	}
}

// TestHelp: --help, also behind an argument, and the command help show the same
// page, no line of which is wider than 100 characters; --all has all flags.
func TestHelp(t *testing.T) {
	t.Parallel()
	page, _, err := call(nil, "walk", "--help")
	all, _, _ := call(nil, "walk", "--help", "--all")
	if err != nil || !strings.HasPrefix(page, "reconcile walk - go\n\nUsage: reconcile walk PLACE...\n\nwörter") || len(all) < 2*len(page) || !strings.Contains(all, "env: RECONCILE_SOURCE") {
		t.Errorf("%v\n%s", err, page)
	}
	for _, part := range []string{"  0    there\n", "  2    usage or configuration is wrong; nothing was touched\n", "  130  interrupted (SIGINT); nobody knows\n"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	for line := range strings.Lines(all) {
		if utf8.RuneCountInString(line) > 101 && !strings.HasPrefix(line, "  --") {
			t.Errorf("too wide: %s", line)
		}
	}
	for args, want := range map[string]string{"help walk": page, "walk -h": page, "walk a --help": page, "help walk --all": all, "walk a --help --all": all} {
		if got, _, err := call(nil, strings.Fields(args)...); got != want || exit.CodeOf(err) != exit.OK {
			t.Errorf("%s: %v\n%s", args, err, got)
		}
	}
	if got, _, err := call(nil, "rest", "--help"); err != nil || !strings.HasSuffix(got, "Exit codes:\n  0    completed, and no object failed, differs or is without an archive bucket\n") {
		t.Errorf("%v\n%s", err, got)
	}
}

// TestAgain: a shell makes the same arguments of the line, but for whom notices go
// to; --status is a switch that takes statuses.
func TestAgain(t *testing.T) {
	t.Parallel()
	got := commandline.Again([]string{"./reconcile", "audit", "--notify", "slack:secret", "--prefix", "it's a $HOME", "--notify=secret", "", "s3://a/b"})
	if want := `./reconcile audit --prefix 'it'\''s a $HOME' '' s3://a/b`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for args, want := range map[string]string{
		"reconcile restore --status missing --yes": "reconcile restore --status=missing --yes", "reconcile restore --status --yes": "reconcile restore --status --yes",
		"reconcile restore --status": "reconcile restore --status",
	} {
		if got := strings.Join(commandline.JoinStatus(strings.Fields(args)), " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestConfirm: only yes is yes; no answer is no, and one that is late counts as
// little as none.
func TestConfirm(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{"y\n": true, " Yes \n": true, "yes": true, "\n": false, "": false, "yeah\n": false} {
		var asked strings.Builder
		yes, err := commandline.Streams{In: strings.NewReader(answer), Err: &asked}.Confirm(t.Context())
		if yes != want || err != nil || asked.String() != "Go on? [y/N] " {
			t.Errorf("%q: %v, %v", answer, yes, err)
		}
	}
	silent, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(os.ErrDeadlineExceeded)
	if yes, err := (commandline.Streams{In: silent, Err: &strings.Builder{}}).Confirm(ctx); yes || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v, %v", yes, err)
	}
}

// TestLogger: what is said of the settings comes first, in the format asked for;
// quiet leaves errors alone.
func TestLogger(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	s := commandline.NewStreams(nil, &log, &log, func(string) (string, bool) { return "xterm", true })
	if s.Shown || s.Terminal != nil {
		t.Error("a file is no terminal")
	}
	s.Logger(config.Settings{LogFormat: "json", Warnings: []string{"odd\x1b[2J"}}).Info("then")
	first, then, _ := strings.Cut(log.String(), "\n")
	if !strings.Contains(first, `"level":"WARN","msg":"odd`) || !strings.Contains(then, `"msg":"then"`) || strings.Contains(log.String(), "\x1b") {
		t.Error(log.String())
	}
	log.Reset()
	s.Logger(config.Settings{Quiet: true, Warnings: []string{"odd"}}).Info("then")
	if log.String() != "" {
		t.Error(log.String())
	}
}
