package config

import "flag"

// Flag is a parameter as a flag. It keeps what was written, unparsed: the
// value is checked together with those from other sources.
type Flag struct {
	*Parameter
	texts []string
	from  string // where they were written; empty: on the command line
}

func NewFlags(parameters []*Parameter) []*Flag {
	flags := make([]*Flag, len(parameters))
	for i, p := range parameters {
		flags[i] = &Flag{Parameter: p}
	}
	return flags
}

func (f *Flag) Apply(set *flag.FlagSet) error {
	set.Var((*flagText)(f), f.Name, f.Usage)
	return nil
}

func (f *Flag) Names() []string { return []string{f.Name} }
func (f *Flag) IsSet() bool     { return len(f.texts) > 0 }
func (f *Flag) String() string  { return "--" + f.Name }

// flagText is the standard library's view of a Flag.
type flagText Flag

func (t *flagText) String() string   { return "" }
func (t *flagText) IsBoolFlag() bool { return t.Kind == Boolean }

func (t *flagText) Set(s string) error {
	t.texts = append(t.texts, s)
	return nil
}
