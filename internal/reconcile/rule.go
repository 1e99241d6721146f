package reconcile

import (
	"fmt"
	"regexp"
	"strings"
)

// Rule is one explicit routing rule: exactly one of the patterns, then where
// matching keys go. The first rule that matches a key decides.
type Rule struct {
	Glob      string // ? one character and * any run of them within a path segment, ** across segments; the whole key
	Extension string // the key's last extension, without regard to case
	Regex     string // RE2, found anywhere in the key
	Prefix    string // the key begins with it

	Bucket     string // target bucket; empty: as without the rule
	FromPrefix string // replaced by ToPrefix; keys that do not begin with it do not match
	ToPrefix   string
	Exclude    bool // the object is left alone, and counted as excluded
}

// compiledRule is a Rule that is ready to be matched.
type compiledRule struct {
	Rule
	match func(key string) bool
}

// compile turns a rule's pattern into a function on keys.
func compile(rule Rule) (func(string) bool, error) {
	if err := rule.check(); err != nil {
		return nil, err
	}
	pattern, err := rule.pattern()
	if err != nil {
		return nil, err
	}
	return func(key string) bool {
		return strings.HasPrefix(key, rule.FromPrefix) && pattern(key)
	}, nil
}

func (rule Rule) check() error {
	patterns := 0
	for _, p := range []string{rule.Glob, rule.Extension, rule.Regex, rule.Prefix} {
		if p != "" {
			patterns++
		}
	}
	swap := rule.FromPrefix != "" || rule.ToPrefix != ""
	switch {
	case patterns != 1:
		return fmt.Errorf("exactly one of glob, extension, regex and prefix must be given, not %d", patterns)
	case rule.Exclude && (rule.Bucket != "" || swap):
		return fmt.Errorf("exclude stands alone: no bucket and no prefix swap")
	case rule.Prefix != "" && !strings.HasPrefix(rule.Prefix, rule.FromPrefix) && !strings.HasPrefix(rule.FromPrefix, rule.Prefix):
		return fmt.Errorf("no key begins with both %q and %q", rule.Prefix, rule.FromPrefix)
	case !rule.Exclude && rule.Bucket == "" && !swap:
		return fmt.Errorf("nothing to do: give bucket, from_prefix and to_prefix, or exclude")
	}
	return nil
}

func (rule Rule) pattern() (func(string) bool, error) {
	switch {
	case rule.Prefix != "":
		return func(key string) bool { return strings.HasPrefix(key, rule.Prefix) }, nil
	case rule.Extension != "":
		want := NormalizeExtension(rule.Extension)
		return func(key string) bool { return Extension(key) == want }, nil
	case rule.Glob != "":
		re, err := regexp.Compile(globPattern(rule.Glob))
		if err != nil { // not UTF-8, or too long
			return nil, fmt.Errorf("glob: %w", err)
		}
		return re.MatchString, nil
	}
	re, err := regexp.Compile(rule.Regex)
	if err != nil {
		return nil, fmt.Errorf("regex: %w", err)
	}
	return re.MatchString, nil
}

// globPattern translates a glob into an anchored RE2 pattern.
func globPattern(glob string) string {
	quoted := regexp.QuoteMeta(glob)
	quoted = strings.ReplaceAll(quoted, `\*\*`, `(?s:.*)`)
	quoted = strings.ReplaceAll(quoted, `\*`, `[^/]*`)
	quoted = strings.ReplaceAll(quoted, `\?`, `[^/]`)
	return `\A` + quoted + `\z`
}
