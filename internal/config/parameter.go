package config

import "strings"

// Kind is the type of a setting's value.
type Kind int

const (
	Text     Kind = iota
	Choice        // one of a few words
	Boolean       // true or false; as a flag, a switch
	Number        // a whole number
	Duration      // "500ms", "10m"; a plain number is seconds
	Size          // bytes, or "64MiB"
	List          // repeatable
	Mapping       // JSON, or a mapping in the config file
)

// Parameter is one setting. The flag, the environment variables, the key of
// the config file, the help and the completion are all made from it.
type Parameter struct {
	Name        string // as a flag; as a key with - or _; RECONCILE_… in the environment
	Placeholder string
	Category    string
	Kind        Kind
	Usage       string
	Default     string   // default, written as a user would; "" is none
	Choices     []string // the words allowed; take checks those of a choice
	Aliases     []string // further environment variables and config keys, spelled as written
	Files       bool     // the value names a local file: for the completion
	Usual       bool     // most users have to do with it: the help lists it first
	NotInFile   bool     // cannot be a key of the config file
	FlagOnly    bool     // nor an environment variable: it would be meant for another command
	Only        []string // the commands that have it as a flag; nil: all that do a job
	set         func(*reading, given) error
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

// Text is the value of a setting that has one.
func (g given) text() string { return g.texts[len(g.texts)-1] }

// Variable is the setting's own environment variable.
func (p *Parameter) Variable() string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(p.Name, "-", "_"))
}

// Variables lists the environment variables, the first that is set wins.
func (p *Parameter) Variables() []string {
	return append([]string{p.Variable()}, p.Aliases...)
}

// hasKey reports whether a key of the config file names the setting.
func (p *Parameter) hasKey(key string) bool {
	if p.NotInFile {
		return false
	}
	for _, a := range p.Aliases {
		if a == key {
			return true
		}
	}
	return strings.ReplaceAll(key, "_", "-") == p.Name
}

// Spelling is the flag with its placeholder.
func (p *Parameter) Spelling() string {
	switch {
	case p.Kind == Boolean:
		return "--" + p.Name
	case p.Kind == Choice:
		return "--" + p.Name + " " + strings.Join(p.Choices, "|")
	}
	return "--" + p.Name + " " + p.Placeholder
}

// Sentence is the usage with the default.
func (p *Parameter) Sentence() string {
	if p.Default == "" {
		return p.Usage
	}
	return p.Usage + " (default: " + p.Default + ")"
}
