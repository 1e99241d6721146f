package config

import (
	"fmt"
	"strings"
)

// Redact returns an address that can be shown: without user, password and
// query, whatever else may be wrong with it.
func Redact(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if found {
		scheme += "://"
	} else {
		scheme, rest = "", address
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = "…" + rest[i:]
	}
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		rest = rest[:i] + "?…"
	}
	return scheme + rest
}

// hasUser reports whether an address begins with a user or a password. An s3://
// key may have an @ in it, and so may a URL's path.
func hasUser(address string) bool {
	if _, rest, found := strings.Cut(address, "://"); found {
		address = rest
	}
	host, _, _ := strings.Cut(address, "/")
	return strings.Contains(host, "@")
}

// checkAddress refuses what is neither a local path nor in S3, where the value
// is one of these, and credentials.
func (p Parameter) checkAddress(text string) error {
	_, _, isURL := strings.Cut(text, "://")
	switch {
	case !isURL || !p.Files && !strings.Contains(p.Placeholder, "s3://"):
		return nil
	case hasUser(text):
		return fmt.Errorf("%q: credentials do not belong into an address", Redact(text))
	case !strings.HasPrefix(text, "s3://"):
		return fmt.Errorf("%q: want %s", Redact(text), p.Placeholder)
	}
	return nil
}
