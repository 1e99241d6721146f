package main

import "slices"

// connection are the settings of the table that every command with flags of its
// own has as well: how S3 is reached, and how the log is kept.
var connection = []string{
	"config", "attempts", "retry-delay", "throttle-patience", "endpoint-url", "region", "profile", "log-format", "quiet",
}

// tableOnly returns the settings of the table that are named.
func tableOnly(names ...string) []parameter {
	return slices.DeleteFunc(parameters(), func(p parameter) bool { return !slices.Contains(names, p.name) })
}

// own makes a parameter that belongs to one command: no key of the config file.
func own(name, placeholder, usage string, set func(given) error) parameter {
	return parameter{
		name: name, placeholder: placeholder, category: categoryWhat, usage: usage, notInFile: true,
		set: func(_ *draft, g given) error { return set(g) },
	}
}

// ownText is one that takes any text but the empty one.
func ownText(name, placeholder, usage string, into *string) parameter {
	return own(name, placeholder, usage, func(g given) error {
		if *into = g.text(); *into == "" {
			return g.wrong(errEmpty)
		}
		return nil
	})
}

// ownSwitch is a switch.
func ownSwitch(name, usage string, into *bool) parameter {
	p := own(name, "", usage, func(g given) (err error) {
		if *into, err = parseBool(g.text()); err != nil {
			err = g.wrong(err)
		}
		return err
	})
	p.kind = boolean
	return p
}

// ownList is one that may be repeated.
func ownList(name, placeholder, usage string, into *[]string) parameter {
	p := own(name, placeholder, usage, func(g given) error {
		if slices.Contains(g.texts, "") {
			return g.wrong(errEmpty)
		}
		*into = g.texts
		return nil
	})
	p.kind = list
	return p
}

// loadOwn gathers the settings of a command with flags of its own. Settings of
// the other commands may stand in the environment and in the config file.
func (p program) loadOwn(command string, flags []*tableFlag) (*draft, settings, error) {
	if err := p.checkEnvironment(append(newFlags(parameters()), flags...)); err != nil {
		return nil, settings{}, err
	}
	file, err := p.loadConfig(flags)
	if err != nil {
		return nil, settings{}, usageError(err, "")
	}
	d, err := sources{flags, p.lookupEnv, file}.gather()
	if err != nil {
		return nil, settings{}, usageError(err, "")
	}
	s := d.plain()
	s.Command, s.Version = command, programVersion()
	if s.Store, err = d.store(nil, file); err != nil {
		return nil, s, usageError(err, "")
	}
	return d, s, nil
}
