package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// byteOrderMark is what many readers drop from the start of a text.
const byteOrderMark = '\uFEFF'

// EscapeCell returns the text of a CSV cell that stands for value, before
// quoting. Ordinary text stays as it is; see the package's comment for what
// does not.
func EscapeCell(value string) string {
	if ordinary(value) {
		return value
	}
	var b strings.Builder
	if value != "" && strings.IndexByte("=+-@\t\r'", value[0]) >= 0 {
		b.WriteByte('\'')
	}
	for i := 0; i < len(value); {
		r, size := utf8.DecodeRuneInString(value[i:])
		writeEscaped(&b, r, value[i:i+size], i == 0)
		i += size
	}
	return b.String()
}

// ordinary reports whether value is its own cell, by a look at its bytes
// alone.
func ordinary(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' || c > '~' || c == '\\' {
			return false
		}
	}
	return value == "" || strings.IndexByte("=+-@'", value[0]) < 0
}

// writeEscaped writes one character: r, in raw as it is encoded.
func writeEscaped(b *strings.Builder, r rune, raw string, first bool) {
	switch {
	case r == '\\':
		b.WriteString(`\\`)
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r == utf8.RuneError && len(raw) == 1, unicode.IsControl(r),
		r == '\u2028', r == '\u2029', r == byteOrderMark && first:
		for i := range len(raw) {
			b.WriteString(`\x`)
			b.WriteByte(hexDigits[raw[i]>>4])
			b.WriteByte(hexDigits[raw[i]&15])
		}
	default:
		b.WriteString(raw)
	}
}

// UnescapeCell is the inverse of EscapeCell: it takes a cell as a CSV reader
// returns it and gives back the value. A backslash that begins no escape is an
// error: the cell was not written by EscapeCell.
func UnescapeCell(cell string) (string, error) {
	cell = strings.TrimPrefix(cell, "'")
	if strings.IndexByte(cell, '\\') < 0 {
		return cell, nil
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(cell, `\`)
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		c, size, ok := unescape(after)
		if !ok {
			return "", fmt.Errorf("cell %q: a backslash that begins no escape", cell)
		}
		b.WriteByte(c)
		cell = after[size:]
	}
}

// unescape reads what follows a backslash: the byte it stands for and how many
// bytes say so.
func unescape(s string) (c byte, size int, ok bool) {
	if s == "" {
		return 0, 0, false
	}
	switch s[0] {
	case '\\':
		return '\\', 1, true
	case 'n':
		return '\n', 1, true
	case 'r':
		return '\r', 1, true
	case 't':
		return '\t', 1, true
	case 'x':
		if len(s) < 3 {
			return 0, 0, false
		}
		n, err := strconv.ParseUint(s[1:3], 16, 8)
		return byte(n), 3, err == nil
	}
	return 0, 0, false
}
