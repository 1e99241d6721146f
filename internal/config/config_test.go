package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConfigErrors: every message names the file and the line.
func TestConfigErrors(t *testing.T) {
	for config, want := range map[string]string{
		"source: cold\nsuorce: x\n":                 `:2: unknown key "suorce" (did you mean source?)`,
		"atempts: 3":                                `:1: unknown key "atempts" (did you mean attempts?)`,
		"config: x":                                 `:1: unknown key "config"`,
		"# c\n\nattempts: three":                    `:3: attempts must be a whole number, not the text "three"`,
		"attempts: 1.5":                             `:1: attempts must be a whole number, not 1.5`,
		"attempts: 0":                               `:1: attempts: "0" is too small`,
		"attempts:":                                 `:1: attempts must be a whole number, not nothing`,
		"attempts: [3]":                             `:1: attempts must be a whole number, not a list`,
		"include_online: yes please":                `:1: include_online must be true or false, not the text`,
		"include_online: \"true\"":                  `:1: include_online must be true or false, not the text`,
		"source: true":                              `:1: source must be a text, not true`,
		"source: {a: b}":                            `:1: source must be a text, not a mapping`,
		"source: ab":                                `:1: source: "ab" is no bucket name`,
		"retry_delay: -1":                           `:1: retry_delay: "-1" is negative`,
		"layout: quick":                             `:1: layout: "quick" is not one of auto, preserve, fast`,
		"source: cold\nsource: hot":                 `:2: the key "source" is there already, on line 1`,
		"source: cold\nglacier_bucket: hot":         `:2: glacier_bucket: this setting is there already`,
		"on_differ: report\non-differ: report":      `:2: on-differ: this setting is there already`,
		"source: cold\n---\nsource: hot\n":          `:2: a second document`,
		"source: [":                                 `:1: did not find expected node content`,
		"a: b: c":                                   `:1: mapping values are not allowed`,
		"a: 1\nb: [\nc: d\n":                        `:2: did not find expected ',' or ']'`,
		"attempts: 1\n- c\n":                        `:2: did not find expected key`,
		"# c\nsource: \"x\n":                        `:2: found unexpected end of stream`,
		"# c\n\nsource: *x":                         `:3: unknown anchor 'x' referenced`,
		"# c\n\n# \xff":                             `:3: is no UTF-8 text`,
		"# c\nsource: a\x01b":                       `:2: is no UTF-8 text`,
		"\tsource: x":                               `:1: found character that cannot start any token`,
		"- source":                                  `:1: the config file must be a mapping (key: value), not a list`,
		"just a text":                               `:1: the config file must be a mapping`,
		"? [a]\n: b":                                `:1: a key must be a word`,
		"report: {a: b}":                            `:1: report must be a text or a list of texts, not a mapping`,
		"report:\n  - a.json\n  - [b]":              `:3: report must be a text or a list of texts, not a list`,
		"bucket_map: '{\"a\":1}'":                   `:1: bucket_map: byte`,
		"bucket_map:\n  hdf: [a]":                   `:2: hdf must be a text, not a list`,
		"bucket_map:\n  hdf: abc\n  HDF: abd":       `:3: bucket_map: the extension ".hdf" is there twice`,
		"bucket_map: [a]":                           `:1: bucket_map must be a mapping or a text holding JSON, not a list`,
		"rules: x":                                  `:1: rules must be a list`,
		"rules:\n- x":                               `:2: a rule must be a mapping`,
		"rules:\n- glob: '*'\n  buckt: abc":         `:3: unknown key "buckt" (did you mean bucket?)`,
		"rules:\n- glob: '*'\n  exclude: 5":         `:3: exclude must be true or false`,
		"rules:\n- glob: '*'\n  bucket: s3://abc/d": `:3: bucket: "s3://abc/d" is a bucket and a path`,
		"rules:\n- glob: '*'\n":                     `:2: rule 1: nothing to do`,
		"rules:\n- glob: 'x'\n  regex: y\n":         `:2: rule 1: exactly one of`,
		"rules:\n- {prefix: a, bucket: abc}\n- {regex: '(', exclude: true}": `:3: rule 2: regex`,
		"buckets: [a]":                            `:1: buckets must be a mapping`,
		"buckets:\n  data: x":                     `:2: buckets: data must be a mapping`,
		"buckets:\n  s3://data/x: {}":             `:2: buckets: "s3://data/x" is a bucket and a path`,
		"buckets:\n  data:\n    regoin: x":        `:3: unknown key "regoin" (did you mean region?)`,
		"buckets:\n  data:\n    region: [x]":      `:3: region must be a text`,
		"buckets:\n  data:\n    acl: open":        `:3: acl of data: "open" is not one of private`,
		"buckets:\n  cold:\n    acl: private":     `:3: acl of cold: the source is never written`,
		"buckets:\n  data:\n    endpoint_url: ''": `:3: endpoint_url of data: "" is no absolute`,
		"acl: public-read":                        `:1: acl: public-read would open every archive bucket's copies`,
	} {
		_, err := invocation{args: base, config: config}.settings(t)
		if flagged := (invocation{args: nil, config: config}); strings.HasPrefix(want, ":1: source: ") || strings.HasPrefix(want, ":1: source must") {
			_, err = flagged.settings(t)
		}
		if !errors.As(err, new(*Error)) || !strings.Contains(err.Error(), "conf.yaml"+want) {
			t.Errorf("%q: %v, want %s", config, err, want)
		}
	}
}

func TestConfigThatIsNotThere(t *testing.T) {
	_, err := invocation{args: with("--config", filepath.Join(t.TempDir(), "no.yaml"))}.settings(t)
	if err == nil || !strings.HasPrefix(err.Error(), "flag --config: open ") {
		t.Error(err)
	}
}

// FuzzConfig: no file makes the reader panic, and what it takes can be gathered
// or refused.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{fullConfig, "a: *b", "&a [*a]", "rules: [{}]", "? : ", "<<: {source: x}", "buckets: {x-y: {region: 1}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		path := filepath.Join(t.TempDir(), "c")
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = Loader{}.Load("run", withTexts("config", path))
	})
}
