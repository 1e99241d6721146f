package display

import (
	"regexp"
	"strings"
	"sync"
)

// URL returns an address that can be shown: without user, password, query and
// fragment, whatever else may be wrong with it.
func URL(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if found {
		scheme += "://"
	} else {
		scheme, rest = "", address
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = "…" + rest[i:]
	}
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i] + rest[i:i+1] + "…"
	}
	return scheme + rest
}

// HasUser reports whether an address begins with a user or a password, an
// empty one too. An s3:// key may have an @ in it, and so may a URL's path.
func HasUser(address string) bool {
	if _, rest, found := strings.Cut(address, "://"); found {
		address = rest
	}
	if i := strings.IndexAny(address, "/?#"); i >= 0 {
		address = address[:i]
	}
	return strings.Contains(address, "@")
}

// inText finds addresses in a message. Those of S3 are names of objects, in
// which everything has its meaning, and have no secrets.
var inText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>]+`) })

// URLs returns a message of somebody else's with all addresses in it as URL
// shows them, but for those of objects.
func URLs(message string) string {
	return inText().ReplaceAllStringFunc(message, func(address string) string {
		if strings.HasPrefix(address, "s3://") && !HasUser(address) {
			return address
		}
		return URL(address)
	})
}
