package config

import "slices"

// Connection are the settings of the table that every command with flags of its
// own has as well: how S3 is reached, and how the log is kept.
var Connection = []string{
	"config", "attempts", "retry-delay", "throttle-patience", "endpoint-url", "region", "profile", "log-format", "quiet",
}

// TableOnly returns the settings of the table that are named.
func TableOnly(names ...string) []Parameter {
	return slices.DeleteFunc(Parameters(), func(p Parameter) bool { return !slices.Contains(names, p.Name) })
}

// own makes a parameter that belongs to one command: no key of the config file.
func own(name, placeholder, usage string, set func(given) error) Parameter {
	return Parameter{
		Name: name, Placeholder: placeholder, Category: categoryWhat, Usage: usage, NotInFile: true, Usual: true,
		set: func(_ *reading, g given) error { return set(g) },
	}
}

// OwnText is one that takes any text but the empty one.
func OwnText(name, placeholder, usage string, into *string) Parameter {
	return own(name, placeholder, usage, func(g given) error {
		if *into = g.text(); *into == "" {
			return g.wrong(errEmpty)
		}
		return nil
	})
}

// OwnSwitch is a switch.
func OwnSwitch(name, usage string, into *bool) Parameter {
	p := own(name, "", usage, func(g given) (err error) {
		if *into, err = parseBool(g.text()); err != nil {
			err = g.wrong(err)
		}
		return err
	})
	p.Kind = Boolean
	return p
}

// OwnList is one that may be repeated.
func OwnList(name, placeholder, usage string, into *[]string) Parameter {
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
