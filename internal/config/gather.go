package config

import (
	"cmp"
	"fmt"
	"strings"
)

// sources are the places a setting's value can come from.
type sources struct {
	flags     []*Flag
	lookupEnv func(string) (string, bool)
	file      *configFile
}

// gather fills a draft: a flag wins over the environment, that over the config
// file, that over the default. A value that loses is not looked at.
func (s sources) gather() (*draft, error) {
	d := &draft{from: map[string]string{}}
	for _, f := range s.flags {
		g, ok, err := s.find(f)
		if err == nil && ok {
			err = f.take(d, g)
		}
		if err != nil {
			return nil, err
		}
	}
	return d, nil
}

// find returns the value that wins.
func (s sources) find(f *Flag) (given, bool, error) {
	if g, ok := f.given(); ok {
		return g, true, f.checkOnce()
	}
	if g, ok := f.fromEnvironment(s.lookupEnv); ok {
		return g, true, nil
	}
	if g, ok := s.file.values[f.Name]; ok {
		return g, true, nil
	}
	return given{texts: []string{f.Default}, from: "default of --" + f.Name}, f.Default != "", nil
}

// take checks what can be checked by kind and sets the value.
func (p Parameter) take(d *draft, g given) error {
	if p.Kind == Choice {
		if err := checkChoice(g.text(), p.Choices); err != nil {
			return g.wrong(err)
		}
	}
	d.from[p.Name] = g.from
	return p.set(d, g)
}

func (f *Flag) given() (given, bool) {
	return given{texts: f.texts, from: cmp.Or(f.from, "flag --"+f.Name)}, f.IsSet()
}

// checkOnce refuses a second value that would replace the first silently.
func (f *Flag) checkOnce() error {
	if len(f.texts) > 1 && f.Kind != List {
		return fmt.Errorf("flag --%s is given %d times", f.Name, len(f.texts))
	}
	return nil
}

// fromEnvironment looks at the setting's own variable, then at its aliases. An
// empty variable counts as unset.
func (p Parameter) fromEnvironment(lookup func(string) (string, bool)) (given, bool) {
	for _, name := range p.Variables() {
		value, _ := lookup(name)
		if value == "" {
			continue
		}
		g := given{texts: []string{value}, from: "environment variable " + name}
		if p.Kind == List {
			g.texts = strings.Split(value, ",")
		}
		return g, true
	}
	return given{}, false
}
