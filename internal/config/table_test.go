package config

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestTable: no name means two settings, every default is a value its setting
// takes, and the help has a place for all.
func TestTable(t *testing.T) {
	seen := map[string]string{}
	for _, p := range Parameters() {
		for _, name := range append(p.Variables(), p.Name) {
			if other, twice := seen[name]; twice {
				t.Errorf("%s means %s and %s", name, other, p.Name)
			}
			seen[name] = p.Name
		}
		if p.Kind == Choice && len(p.Choices) == 0 || p.Kind != Choice && p.Kind != Boolean && p.Placeholder == "" {
			t.Errorf("%s: the help cannot say what it takes", p.Name)
		}
		if p.Usage == "" || p.set == nil || !slices.Contains(Categories, p.Category) {
			t.Errorf("%s: incomplete", p.Name)
		}
		if p.Default != "" {
			g := given{texts: []string{p.Default}, from: "default"}
			if err := p.take(&reading{from: map[string]string{}}, g); err != nil {
				t.Errorf("%s: %v", p.Name, err)
			}
		}
	}
}

// TestSeedNames: the names the first Lambda function had are taken as
// environment variables and as keys of the config file.
func TestSeedNames(t *testing.T) {
	for seed, name := range map[string]string{
		"glacier_bucket": "source", "protected_bucket": "protected", "public_bucket": "public",
		"BUCKET_MAP": "bucket-map", "bucket_map": "bucket-map", "copy_retries": "attempts", "COPY_RETRIES": "attempts",
		"copy_retry_sleep_secs": "retry-delay", "COPY_RETRY_SLEEP_SECS": "retry-delay",
		"AWS_ENDPOINT_URL": "endpoint-url", "AWS_ENDPOINT_URL_S3": "endpoint-url",
	} {
		for _, p := range Parameters() {
			if p.Name == name && (!p.hasKey(seed) || !slices.Contains(p.Variables(), seed)) {
				t.Errorf("%s does not know %s", name, seed)
			}
		}
	}
}

var update = flag.Bool("update", false, "write the table of flags into docs/reference/settings.md")

// The table of flags stands in docs/reference/settings.md between these two lines.
const (
	flagTableBegin = "<!-- flags: go test ./internal/config -run SettingsPage -update -->\n"
	flagTableEnd   = "<!-- end of flags -->\n"
)

// TestSettingsPage: docs/reference/settings.md lists the flags of the table.
func TestSettingsPage(t *testing.T) {
	const name = "../../docs/reference/settings.md"
	readme, err := os.ReadFile(name)
	before, rest, begun := strings.Cut(string(readme), flagTableBegin)
	table, after, ended := strings.Cut(rest, flagTableEnd)
	if err != nil || !begun || !ended {
		t.Fatalf("%s has no table of flags between %q and %q", name, flagTableBegin, flagTableEnd)
	}
	want := flagTable()
	if table == want {
		return
	}
	if !*update {
		t.Fatalf("the flags in %s are not those of the program: run go test ./internal/config -run SettingsPage -update", name)
	}
	whole := before + flagTableBegin + want + flagTableEnd + after
	if err := os.WriteFile(name, []byte(whole), 0o644); err != nil {
		t.Fatal(err)
	}
}

func flagTable() string {
	var b strings.Builder
	b.WriteString("| flag | what it is | default | further names |\n|---|---|---|---|\n")
	for _, p := range Parameters() {
		var aliases []string
		for _, a := range p.Aliases {
			aliases = append(aliases, "`"+a+"`")
		}
		cells := []string{"`" + p.Spelling() + "`", p.Usage, p.Default, strings.Join(aliases, ", ")}
		for i, c := range cells {
			cells[i] = strings.ReplaceAll(c, "|", `\|`)
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	return b.String()
}
