package display

import (
	"fmt"
	"io"
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

// Writer returns a writer that passes on what is written to it as Text shows
// it. A write must not end within a character.
func Writer(w io.Writer) io.Writer { return &writer{w} }

type writer struct{ to io.Writer }

func (w *writer) Write(p []byte) (int, error) {
	if _, err := w.to.Write(appendText(make([]byte, 0, len(p)), p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
