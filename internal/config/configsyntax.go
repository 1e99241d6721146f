package config

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// checkText finds what is no text, for which the YAML library names no line.
func (c *configFile) checkText(contents []byte) error {
	for i, line := range bytes.Split(contents, []byte("\n")) {
		control := bytes.ContainsFunc(line, func(r rune) bool {
			return unicode.IsControl(r) && r != '\t' && r != '\r' && r != '\u0085'
		})
		if !utf8.Valid(line) || control {
			return fmt.Errorf("%s:%d: is no UTF-8 text", c.name, i+1)
		}
	}
	return nil
}

var (
	yamlMessage = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?(.*)`) })
	noAnchor    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^unknown anchor '(.*)' referenced`) })
)

// syntax turns the YAML library's message into FILE:LINE: message.
func (c *configFile) syntax(err error, contents []byte) error {
	m := yamlMessage().FindStringSubmatch(err.Error())
	if m == nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return fmt.Errorf("%s:%d: %s", c.name, yamlLine(m[1], m[2], contents), m[2])
}

// yamlLine returns the line of a message. The library leaves it out for the
// first line, counts from 0 in its parser's messages (all of which say what was
// expected) and names none for an anchor.
func yamlLine(named, message string, contents []byte) int {
	if m := noAnchor().FindStringSubmatch(message); m != nil {
		before, _, _ := bytes.Cut(contents, []byte("*"+m[1]))
		return 1 + bytes.Count(before, []byte("\n"))
	}
	line, _ := strconv.Atoi(named) // 0 where there is none
	if strings.HasPrefix(message, "did not find expected") {
		line++
	}
	last := 1 + bytes.Count(bytes.TrimRight(contents, "\n"), []byte("\n"))
	return min(max(line, 1), last) // the end of the file is a line of its own to it
}
