package examples

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// policy is a document of IAM, as far as the examples use the language: a field
// that is not here is an error, so that nothing is passed over.
type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string
	Effect    string
	Principal map[string]string
	Action    oneOrMore
	Resource  oneOrMore
	Condition map[string]map[string]oneOrMore
}

type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(o))
}

var (
	sid      = regexp.MustCompile(`^[A-Za-z0-9]*$`)
	action   = regexp.MustCompile(`^[a-z0-9-]+:[A-Z][A-Za-z]+$`)
	resource = regexp.MustCompile(`^(\*|arn:[a-z-]+:[a-z0-9]+:[a-z0-9-]*:([0-9]{12})?:[^\s<>]+)$`)
	service  = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com$`)
)

// parsePolicy checks the structure of a policy: no wildcards in actions, one
// "*" as a resource only for actions that know no other, or under a condition.
func parsePolicy(text string) (policy, error) {
	var p policy
	if err := strictJSON(text, &p); err != nil {
		return p, err
	}
	if p.Version != "2012-10-17" || len(p.Statement) == 0 {
		return p, fmt.Errorf("version %q, %d statements", p.Version, len(p.Statement))
	}
	for i, s := range p.Statement {
		at := fmt.Sprintf("statement %d (%s)", i+1, s.Sid)
		switch {
		case s.Effect != "Allow":
			return p, fmt.Errorf("%s: effect %q", at, s.Effect)
		case !sid.MatchString(s.Sid):
			return p, fmt.Errorf("%s: letters and digits only", at)
		case len(s.Action) == 0:
			return p, fmt.Errorf("%s: no action", at)
		case len(s.Resource) == 0 && s.Principal == nil:
			return p, fmt.Errorf("%s: neither resource nor principal", at)
		}
		for _, a := range s.Action {
			if !action.MatchString(a) {
				return p, fmt.Errorf("%s: action %q", at, a)
			}
		}
		for _, r := range s.Resource {
			jobs := !slices.ContainsFunc(s.Action, func(a string) bool { return !strings.HasSuffix(a, "Job") && !strings.HasSuffix(a, "JobStatus") })
			if !resource.MatchString(r) || r == "*" && s.Condition == nil && !jobs {
				return p, fmt.Errorf("%s: resource %q", at, r)
			}
		}
		for kind, who := range s.Principal {
			if kind != "Service" || !service.MatchString(who) {
				return p, fmt.Errorf("%s: principal %s %q", at, kind, who)
			}
		}
		for operator := range s.Condition {
			if !slices.Contains([]string{"StringEquals", "StringLike", "ArnEquals", "ArnLike"}, operator) {
				return p, fmt.Errorf("%s: condition %q", at, operator)
			}
		}
	}
	return p, nil
}

func mustPolicy(t *testing.T, where, text string) policy {
	t.Helper()
	p, err := parsePolicy(text)
	if err != nil {
		t.Fatalf("%s: %v\n%s", where, err, text)
	}
	return p
}

func strictJSON(text string, into any) error {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if dec.More() {
		return fmt.Errorf("something follows the document")
	}
	return nil
}

// like matches IAM's wildcards.
func like(pattern, s string) bool {
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.ReplaceAll(strings.ReplaceAll(quoted, `\*`, `.*`), `\?`, `.`)
	return regexp.MustCompile(`^(?s:` + quoted + `)$`).MatchString(s)
}

// wish is something that a request needs.
type wish struct {
	action, resource string
	context          map[string]string // condition keys
}

func (w wish) String() string { return fmt.Sprintf("%s on %s %v", w.action, w.resource, w.context) }

// grants reports whether a statement of the policies allows it, and which. The
// conditions of the requests that the program sends to S3 are understood, which
// is s3:prefix alone.
func grants(policies []policy, w wish) (string, bool) {
	for _, p := range policies {
		for _, s := range p.Statement {
			if slices.Contains(s.Action, w.action) &&
				slices.ContainsFunc(s.Resource, func(r string) bool { return like(r, w.resource) }) && s.holds(w) {
				return s.Sid, true
			}
		}
	}
	return "", false
}

func (s statement) holds(w wish) bool {
	for operator, keys := range s.Condition {
		for key, patterns := range keys {
			value, known := w.context[key]
			matches := func(p string) bool { return operator == "StringLike" && like(p, value) || p == value }
			if !known || !slices.ContainsFunc(patterns, matches) {
				return false
			}
		}
	}
	return true
}
