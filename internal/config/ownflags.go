package config

import (
	"fmt"
	"slices"

	"reconcile/internal/report"
)

// Connection are the settings of the table that every command with flags of its
// own has as well: how S3 is reached, and how the log is kept.
var Connection = []string{
	"config", "attempts", "retry-delay", "throttle-patience", "endpoint-url", "region", "profile", "log-format", "quiet",
}

// TableOnly returns the settings of the table that are named.
func TableOnly(names ...string) []*Parameter {
	return slices.DeleteFunc(Parameters(), func(p *Parameter) bool { return !slices.Contains(names, p.Name) })
}

// WithConnection are parameters of a command's own, and these.
func WithConnection(own ...*Parameter) []*Parameter { return append(own, TableOnly(Connection...)...) }

// WithDefault are parameters of which one has another default.
func WithDefault(all []*Parameter, name, value string) []*Parameter {
	for i, p := range all {
		if p.Name == name {
			other := *p
			other.Default = value
			all[i] = &other
		}
	}
	return all
}

// own makes a parameter that belongs to one command: no key of the config file.
func own(name, placeholder, usage string, set func(given) error) *Parameter {
	return &Parameter{
		Name: name, Placeholder: placeholder, Category: categoryWhat, Usage: usage, NotInFile: true, Usual: true,
		set: func(_ *reading, g given) error { return set(g) },
	}
}

// OwnText is one that takes any text but the empty one.
func OwnText(name, placeholder, usage string, into *string) *Parameter {
	return own(name, placeholder, usage, func(g given) error {
		if *into = g.text(); *into == "" {
			return g.wrong(errEmpty)
		}
		return nil
	})
}

// OwnSwitch is a switch.
func OwnSwitch(name, usage string, into *bool) *Parameter {
	p := own(name, "", usage, func(g given) (err error) {
		if *into, err = parseBool(g.text()); err != nil {
			err = g.wrong(err)
		}
		return err
	})
	p.Kind = Boolean
	return p
}

// OwnReports are where one command's reports go, under a name of its own.
// Neither the environment nor the config file has them: what stands there is
// meant for the jobs.
func OwnReports(name, usage string) *Parameter {
	return &Parameter{
		Name: name, Placeholder: "PATH", Category: categoryWhat, Kind: List, Usage: usage,
		NotInFile: true, FlagOnly: true, Usual: true, Files: true,
		set: func(r *reading, g given) error {
			r.from["report"] = g.from
			return setReports(r, g)
		},
	}
}

// OwnDiffs are where the changes between two reports go.
func OwnDiffs() *Parameter {
	p := OwnReports("report", "Where the changes go to: a .json or .csv file, an object in S3, - is stdout as JSON; repeatable. Otherwise there is a summary alone.")
	set := p.set
	p.set = func(r *reading, g given) error {
		if err := set(r, g); err != nil {
			return err
		}
		for _, d := range r.Reports {
			if d.Format != report.JSON && d.Format != report.CSV {
				return g.wrong(fmt.Errorf("%s: changes are written as .json or .csv", d))
			}
		}
		return nil
	}
	return p
}

// OwnList is one that may be repeated.
func OwnList(name, placeholder, usage string, into *[]string) *Parameter {
	p := own(name, placeholder, usage, func(g given) error {
		if slices.Contains(g.texts, "") {
			return g.wrong(errEmpty)
		}
		*into = g.texts
		return nil
	})
	p.Kind = List
	return p
}
