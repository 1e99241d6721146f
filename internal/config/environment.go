package config

import (
	"fmt"
	"slices"
	"strings"
)

// variablePrefix begins the environment variables that are the program's own.
const variablePrefix = "RECONCILE_"

// checkEnvironment refuses variables that look like settings and are none: a
// container that takes all its settings from the environment must not run
// without one of them because of a typing error.
func (p Loader) checkEnvironment(flags []*Flag) error {
	if p.Environ == nil {
		return nil
	}
	var known []string
	for _, f := range flags {
		known = append(known, f.Variable())
	}
	for _, entry := range p.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, variablePrefix) || value == "" || slices.Contains(known, name) {
			continue
		}
		hint := "unset it; reconcile run --help lists the environment variables"
		if near := Nearest(name, known); near != "" {
			hint = fmt.Sprintf("did you mean %s?", near)
		}
		return mistake(fmt.Errorf("unknown environment variable %s", name), hint)
	}
	return nil
}
