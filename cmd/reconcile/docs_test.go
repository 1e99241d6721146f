package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"reconcile/internal/commandline"
	"reconcile/internal/config"
	"reconcile/internal/demo"
	"reconcile/internal/exit"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// The tests here keep what the documentation says true. The table of flags is
// TestSettingsPage's.

const root = "../.."

func readDoc(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// docFiles returns the files below the project's root that users read, with
// one of the extensions.
func docFiles(t *testing.T, extensions ...string) []string {
	t.Helper()
	files := []string{"README.md", "CHANGELOG.md", "CONTRIBUTING.md"}
	for _, dir := range []string{"docs", "examples"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, err := filepath.Rel(root, path)
			files = append(files, name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return slices.DeleteFunc(files, func(name string) bool {
		return len(extensions) > 0 && !slices.Contains(extensions, filepath.Ext(name))
	})
}

// othersFlags are the flags of other programs that the documentation shows.
var othersFlags = []string{"bucket", "lifecycle-configuration", "notification-configuration", "cli-input-json", "account-id", "job-id", "query", "output", "from", "chown", "key", "restore-request", "force-glacier-transfer", "checksum"}

// TestDocsNames: flags, RECONCILE_ variables and commands in the documentation
// are the program's.
func TestDocsNames(t *testing.T) {
	t.Parallel()
	flags, commandNames, variables := slices.Clone(othersFlags), []string{}, []string{}
	for _, c := range (program{}).app().Commands {
		commandNames = append(commandNames, c.Name)
		flags = append(flags, commandline.FlagNames(c.Flags)...)
	}
	for _, p := range config.Parameters() {
		variables = append(variables, p.Variable())
		if want := "RECONCILE_" + strings.ToUpper(strings.ReplaceAll(p.Name, "-", "_")); p.Variable() != want {
			t.Errorf("--%s is not the %s that the rule of docs/reference/settings.md makes of it", p.Name, want)
		}
	}
	for _, name := range docFiles(t) {
		text := readDoc(t, name)
		for pattern, known := range map[string][]string{
			`(?:^|[\s"'(\x60])--([a-z][a-z-]+)`: append(flags, "help", "version", "all"),
			`\b(RECONCILE_[A-Z_]+[A-Z])`:        append(variables, "RECONCILE_PORT", "RECONCILE_SERVICE_HOST"), // Kubernetes'

			`(?m)^ *(?:\$ |ExecStart=.*/)?reconcile ([\w-]+)`: commandNames,
		} {
			for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
				if !slices.Contains(known, m[1]) {
					t.Errorf("%s: the program does not know %q", name, m[1])
				}
			}
		}
	}
}

// TestDocsExitCodes: docs/reference/exit-codes.md explains the exit codes there are.
func TestDocsExitCodes(t *testing.T) {
	t.Parallel()
	rows := regexp.MustCompile("(?m)^\\| `([0-9]+)` \\|").FindAllStringSubmatch(readDoc(t, "docs/reference/exit-codes.md"), -1)
	var documented []string
	for _, m := range rows {
		documented = append(documented, m[1])
	}
	var codes []string
	for _, code := range exit.All {
		text, _ := json.Marshal(code)
		codes = append(codes, string(text))
		if exit.Meaning(code) == "" {
			t.Errorf("the help says nothing of %d", code)
		}
	}
	if !slices.Equal(documented, codes) {
		t.Errorf("docs/reference/exit-codes.md has %v, the program %v", documented, codes)
	}
}

// TestDocsStatuses: the README's table says of each status what the rules say,
// and docs/reference/report.md names every status and error kind.
func TestDocsStatuses(t *testing.T) {
	t.Parallel()
	row := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| .* \\| (yes|–) \\| (yes|–) \\| (yes|–) \\|$")
	documented := map[string][]string{}
	for _, m := range row.FindAllStringSubmatch(readDoc(t, "README.md"), -1) {
		documented[m[1]] = m[2:]
	}
	word := map[bool]string{true: "yes", false: "–"}
	for _, s := range reconcile.Statuses() {
		want := []string{word[s.Success()], word[s.Breaks("run")], word[s.Changed()]}
		if got := documented[string(s)]; !slices.Equal(got, want) {
			t.Errorf("README: %s is %v, want success, exit 3, row %v", s, got, want)
		}
		if s.Breaks("plan") != s.Breaks("run") {
			t.Errorf("%s: the README's table is for run and plan alike", s)
		}
	}
	reference := readDoc(t, "docs/reference/report.md")
	for _, k := range []reconcile.Kind{reconcile.NotFound, reconcile.AccessDenied, reconcile.Unreadable, reconcile.Throttled,
		reconcile.Changed, reconcile.Conflict, reconcile.Integrity, reconcile.Network, reconcile.Budget, reconcile.Other} {
		if !strings.Contains(reference, "| `"+string(k)+"` |") {
			t.Errorf("docs/reference/report.md lacks the error kind %s", k)
		}
	}
	for _, s := range reconcile.Statuses() {
		if !strings.Contains(reference, "`"+string(s)+"`") {
			t.Errorf("docs/reference/report.md lacks the status %s", s)
		}
	}
}

// TestDocsColumns: docs/reference/report.md has the columns of a row.
func TestDocsColumns(t *testing.T) {
	t.Parallel()
	var columns []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[report.Row]()) {
		columns = append(columns, f.Tag.Get("json"))
	}
	if header := "`" + strings.Join(columns, ",") + "`\n"; !strings.Contains(readDoc(t, "docs/reference/report.md"), header) {
		t.Errorf("docs/reference/report.md lacks the columns %s", header)
	}
	_, rows, _ := strings.Cut(readDoc(t, "docs/reference/report.md"), "## Rows")
	for _, c := range columns {
		before, after, found := strings.Cut(rows, "| `"+c+"` |")
		if !found || strings.Contains(before, "`error_kind` | |") {
			t.Errorf("docs/reference/report.md lacks the column %s, or has it in another place", c)
		}
		rows = after
	}
}

// TestDocsReader: the Python in docs/reference/report.md is the reference reader.
func TestDocsReader(t *testing.T) {
	t.Parallel()
	if !strings.Contains(readDoc(t, "docs/reference/report.md"), "```python\n"+readDoc(t, "internal/report/testdata/unescape.py")+"```\n") {
		t.Error("the page's Python is not internal/report/testdata/unescape.py")
	}
}

// TestDocsDemo: the transcript shows the demo's cases, and what became of them.
func TestDocsDemo(t *testing.T) {
	t.Parallel()
	page := readDoc(t, "docs/guide/first-run.md")
	for _, c := range demo.Samples(time.Now()) {
		line := regexp.MustCompile(`(?m)^ +` + string(c.Want) + ` .* ` + regexp.QuoteMeta(c.Shows) + `$`)
		if !line.MatchString(page) {
			t.Errorf("the transcript lacks %q with status %s", c.Shows, c.Want)
		}
	}
}

// TestDocsPublicExtensions: what the guide and the example say is public is.
func TestDocsPublicExtensions(t *testing.T) {
	t.Parallel()
	router, err := reconcile.NewRouter(nil, reconcile.Archives{Protected: "data", Public: "rest"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"docs/guide/deciding.md", "examples/reconcile.yaml"} {
		found := regexp.MustCompile(`\.txt \.xml(?: (?:\s*# *)?\.[a-z0-9]+|\n +# \.[a-z0-9]+)*`).FindString(readDoc(t, name))
		extensions := regexp.MustCompile(`\.[a-z0-9]+`).FindAllString(found, -1)
		if len(extensions) != 13 {
			t.Errorf("%s: %d public extensions: %v", name, len(extensions), extensions)
		}
		for _, ext := range extensions {
			if b := router.Route("a" + ext).Cursor.Bucket; b != "rest" {
				t.Errorf("%s: %s goes to %s", name, ext, b)
			}
		}
	}
}

// TestDocsLinks: links lead to files and headings that are there.
func TestDocsLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, name := range docFiles(t, ".md") {
		for _, m := range link.FindAllStringSubmatch(readDoc(t, name), -1) {
			path, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(m[1], "://") {
				continue
			}
			target := name
			if path != "" {
				target = filepath.Join(filepath.Dir(name), path)
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s: %v", name, err)
			} else if anchor != "" && !slices.Contains(anchors(readDoc(t, target)), anchor) {
				t.Errorf("%s: %s has no heading #%s", name, target, anchor)
			}
		}
	}
}

// anchors returns the names of a page's headings, as GitHub makes them.
func anchors(text string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		plain := regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(m[1]), "")
		all = append(all, strings.ReplaceAll(plain, " ", "-"))
	}
	return all
}

// TestExampleJSON: policies and the lifecycle rule are JSON.
func TestExampleJSON(t *testing.T) {
	t.Parallel()
	files := docFiles(t, ".json")
	if len(files) == 0 {
		t.Fatal("no examples found")
	}
	for _, name := range files {
		if !json.Valid([]byte(readDoc(t, name))) {
			t.Errorf("%s is not JSON", name)
		}
	}
}
