package main

import "strings"

// kind is the type of a setting's value.
type kind int

const (
	text     kind = iota
	choice        // one of a few words
	boolean       // true or false; as a flag, a switch
	number        // a whole number
	duration      // "500ms", "10m"; a plain number is seconds
	size          // bytes, or "64MiB"
	list          // repeatable
	mapping       // JSON, or a mapping in the config file
)

// parameter is one setting. The flag, the environment variables, the key of
// the config file, the help and the completion are all made from it.
type parameter struct {
	name        string // as a flag; as a key with - or _; RECONCILE_… in the environment
	placeholder string
	category    string
	kind        kind
	usage       string
	def         string   // default, written as a user would; "" is none
	choices     []string // the words allowed; take checks those of a choice
	aliases     []string // further environment variables and config keys, spelled as written
	files       bool     // the value names a local file: for the completion
	notInFile   bool     // cannot be a key of the config file
	set         func(*draft, given) error
}

// given is the value of a setting as somebody wrote it.
type given struct {
	texts []string // one, unless the setting is repeatable
	pairs []pair   // a mapping of the config file
	from  string   // "flag --attempts", "environment variable copy_retries", "FILE:LINE: key"
}

// pair is an entry of a mapping.
type pair struct {
	key, value string
	from       string
}

// text is the value of a setting that has one.
func (g given) text() string { return g.texts[len(g.texts)-1] }

// variable is the setting's own environment variable.
func (p parameter) variable() string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(p.name, "-", "_"))
}

// variables lists the environment variables, the first that is set wins.
func (p parameter) variables() []string {
	return append([]string{p.variable()}, p.aliases...)
}

// hasKey reports whether a key of the config file names the setting.
func (p parameter) hasKey(key string) bool {
	if p.notInFile {
		return false
	}
	for _, a := range p.aliases {
		if a == key {
			return true
		}
	}
	return strings.ReplaceAll(key, "_", "-") == p.name
}
