package config

import (
	"cmp"
	"fmt"
	"strings"
)

// gather fills r: a flag wins over the environment, that over the config
// file, that over the default. A value that loses is not looked at.
func (r *reading) gather(flags []*Flag) error {
	for _, f := range flags {
		g, ok, err := r.find(f)
		if err == nil && ok {
			err = f.take(r, g)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// find returns the value that wins.
func (r *reading) find(f *Flag) (given, bool, error) {
	if g, ok := f.given(); ok {
		return g, true, f.checkOnce()
	}
	if f.FlagOnly {
		return given{}, false, nil
	}
	if g, ok := f.fromEnvironment(r.lookupEnv); ok {
		return g, true, nil
	}
	if g, ok := r.file.values[f.Name]; ok {
		return g, true, nil
	}
	return given{texts: []string{f.Default}, from: "default of --" + f.Name}, f.Default != "", nil
}

// take checks what can be checked by kind and sets the value.
func (p *Parameter) take(r *reading, g given) error {
	if p.Kind == Choice {
		if err := checkChoice(g.text(), p.Choices); err != nil {
			return g.wrong(err)
		}
	}
	for _, text := range g.texts {
		if err := p.checkAddress(text); err != nil {
			return g.wrong(err)
		}
	}
	r.from[p.Name] = g.from
	return p.set(r, g)
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
func (p *Parameter) fromEnvironment(lookup func(string) (string, bool)) (given, bool) {
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
