package config

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestExampleConfig: the example loads as it is, and with all that is commented
// out; and it shows every key, with its default.
func TestExampleConfig(t *testing.T) {
	contents, err := os.ReadFile("../../examples/reconcile.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(contents)
	all := regexp.MustCompile(`(?m)^( *)# ((?:- \{|[a-z_]+:|  [.a-z]+: ).*)$`).ReplaceAllString(text, "$1$2")
	if all == text {
		t.Fatal("nothing is commented out")
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("withdrawn.txt", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := invocation{config: text}.mustSettings(t)
	if s.Scan.Bucket != "my-glacier" || s.Archives.Public != "my-public" || len(s.Reports) != 2 ||
		s.Store.Buckets["my-public"].StorageClass != "STANDARD_IA" || !s.Scan.Router.Route("a/b.tmp").Excluded {
		t.Errorf("the example means %+v", s)
	}
	if len(s.Warnings) > 0 {
		t.Errorf("the example is warned about: %v", s.Warnings)
	}
	s = invocation{config: all}.mustSettings(t)
	if got := s.Scan.Router.Route("incoming/a.dat"); got.Key != "a.dat" || s.Store.Buckets["my-public"].ACL != "public-read" {
		t.Errorf("with all that is commented out it means %+v, route %+v", s, got)
	}
	for _, p := range Parameters() {
		key := strings.ReplaceAll(p.Name, "-", "_")
		shown := regexp.MustCompile(`(?m)^` + key + `: *([^ \n]*)`).FindStringSubmatch(all)
		switch {
		case p.NotInFile:
		case shown == nil:
			t.Errorf("the example lacks %s", key)
		case p.Default != "" && shown[1] != p.Default:
			t.Errorf("the example shows %s: %s, the default is %s", key, shown[1], p.Default)
		}
	}
	for _, key := range append(bucketKeys(), ruleKeys...) {
		if !regexp.MustCompile(`[ {]` + key + `: `).MatchString(all) {
			t.Errorf("the example lacks %s", key)
		}
	}
}
