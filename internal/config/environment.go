package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// variablePrefix begins the environment variables that are the program's own.
const variablePrefix = "RECONCILE_"

// checkEnvironment refuses variables that look like settings and are none: a
// container that takes all its settings from the environment must not run
// without one of them because of a typing error.
func (r *reading) checkEnvironment(flags []*Flag) error {
	if r.loader.Environ == nil {
		return nil
	}
	known := slices.Clone(r.loader.Variables)
	for _, f := range flags {
		known = append(known, f.Variable())
	}
	var service []string
	for _, entry := range r.loader.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case !strings.HasPrefix(name, variablePrefix) || value == "" || slices.Contains(known, name):
		case ofService(name, value):
			service = append(service, name)
		default:
			return unknownVariable(name, known)
		}
	}
	r.warnOfService(service)
	return nil
}

func unknownVariable(name string, known []string) error {
	hint := "unset it; reconcile run --help lists the environment variables"
	for i := range known {
		known[i] = strings.TrimPrefix(known[i], variablePrefix)
	}
	if near := Nearest(strings.TrimPrefix(name, variablePrefix), known); near != "" {
		hint = fmt.Sprintf("did you mean %s%s?", variablePrefix, near)
	}
	return mistake(fmt.Errorf("unknown environment variable %s", name), hint)
}

// Kubernetes gives each pod variables for the Services of its namespace. Those
// of a Service called reconcile are told by their names, those of one whose name
// only begins with it by their values too: RECONCILE_RE_PORT may be a typing
// error.
// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
var (
	serviceVariable = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^RECONCILE_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_PROTO|_PORT|_ADDR)?)?)$`)
	})
	longerVariable = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^RECONCILE_[A-Z0-9_]+_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_PROTO|_PORT|_ADDR)?)?)$`)
	})
	serviceValue = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:(?:tcp|udp|sctp)://\S+|tcp|udp|sctp|[0-9]{1,5}|[0-9]+(?:\.[0-9]+){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]+)$`)
	})
)

func ofService(name, value string) bool {
	return serviceVariable().MatchString(name) || longerVariable().MatchString(name) && serviceValue().MatchString(value)
}

func (r *reading) warnOfService(names []string) {
	if len(names) == 0 {
		return
	}
	slices.Sort(names)
	r.Warnings = append(r.Warnings, fmt.Sprintf("environment variables that Kubernetes makes for a Service are no settings, and ignored: %s (enableServiceLinks: false leaves them out)",
		strings.Join(names, ", ")))
}
