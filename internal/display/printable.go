package display

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// acts reports whether a character does something to a terminal, or to the
// order in which others are shown, instead of standing there: control
// characters of ASCII and of Latin 1 (C1), and what steers the direction of
// text. https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
func acts(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return true
	}
	return unicode.Is(unicode.Bidi_Control, r)
}

// Text returns text in which every acting character is written as \u202e, the
// way JSON writes it, and what is no UTF-8 as \ufffd. Line ends and tabs stay.
func Text(s string) string { return string(appendText(nil, []byte(s))) }

func appendText(dst, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if acts(r) || r == utf8.RuneError && n == 1 {
			dst = fmt.Appendf(dst, `\u%04x`, r)
		} else {
			dst = append(dst, text[:n]...)
		}
		text = text[n:]
	}
	return dst
}

// Line is Text on one line: a name must not look like two.
func Line(s string) string {
	return strings.NewReplacer("\n", `\u000a`, "\t", `\u0009`).Replace(Text(s))
}

// Writer returns a writer that passes on what is written to it as Text shows
// it. A character that a write begins and the next one ends is one character.
func Writer(w io.Writer) io.Writer { return &writer{to: w} }

type writer struct {
	mu   sync.Mutex
	to   io.Writer
	held []byte // the beginning of a character
}

func (w *writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := slices.Concat(w.held, p)
	whole := len(text) - begun(text)
	w.held = slices.Clone(text[whole:])
	if _, err := w.to.Write(appendText(make([]byte, 0, whole), text[:whole])); err != nil {
		return 0, err
	}
	return len(p), nil
}

// begun is how many bytes at the end of text begin a character that goes on.
func begun(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if tail := text[len(text)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
