package main

import (
	"flag"

	"github.com/urfave/cli/v2"
)

// tableFlag is a parameter as a flag. It keeps what was written, unparsed: the
// value is checked together with those from other sources.
type tableFlag struct {
	parameter
	texts []string
	from  string // where they were written; empty: on the command line
}

func newFlags(parameters []parameter) []*tableFlag {
	flags := make([]*tableFlag, len(parameters))
	for i, p := range parameters {
		flags[i] = &tableFlag{parameter: p}
	}
	return flags
}

func cliFlags(flags []*tableFlag) []cli.Flag {
	all := make([]cli.Flag, len(flags))
	for i, f := range flags {
		all[i] = f
	}
	return all
}

func (f *tableFlag) Apply(set *flag.FlagSet) error {
	set.Var((*flagText)(f), f.name, f.usage)
	return nil
}

func (f *tableFlag) Names() []string { return []string{f.name} }
func (f *tableFlag) IsSet() bool     { return len(f.texts) > 0 }
func (f *tableFlag) String() string  { return "--" + f.name }

// flagText is the standard library's view of a tableFlag.
type flagText tableFlag

func (t *flagText) String() string   { return "" }
func (t *flagText) IsBoolFlag() bool { return t.kind == boolean }

func (t *flagText) Set(s string) error {
	t.texts = append(t.texts, s)
	return nil
}
