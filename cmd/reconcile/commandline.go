package main

import (
	"regexp"
	"strings"
)

// plainWord is an argument that every shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// commandLine is an invocation as a POSIX shell takes it. Whom notices go to is
// left out: such an address may be a password, and is no part of the work.
func commandLine(args []string) string {
	var words []string
	for i := 0; i < len(args); i++ {
		name := strings.TrimLeft(args[i], "-")
		switch {
		case name != args[i] && name == "notify":
			i++ // its value
			continue
		case name != args[i] && strings.HasPrefix(name, "notify="):
			continue
		case plainWord.MatchString(args[i]):
			words = append(words, args[i])
		default:
			words = append(words, "'"+strings.ReplaceAll(args[i], "'", `'\''`)+"'")
		}
	}
	return strings.Join(words, " ")
}
