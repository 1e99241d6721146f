package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"reconcile/internal/display"
)

// Style is what a line means. Without colours its words say it.
type Style int

// The styles.
const (
	Plain Style = iota
	Good
	Warn
	Bad
	Strong
)

// colors are of ECMA-48, 8.3.117.
var colors = [...]string{Plain: "", Good: "\x1b[32m", Warn: "\x1b[33m", Bad: "\x1b[31m", Strong: "\x1b[1m"}

const (
	colorless = "\x1b[0m"
	// erase is from the cursor to the end of the screen. Between two pictures the
	// cursor stands at the top of the live area: where a terminal that was made
	// narrower breaks the lines of the area, the cursor still does.
	erase  = "\r\x1b[J"
	nowrap = "\x1b[?7l"
	wrap   = "\x1b[?7h"
)

// Line is a line of the live area or of a summary: a word, in the style's
// color, and what there is to say.
type Line struct {
	Style      Style
	Name, Text string
}

// nameWidth is the columns that names take.
const nameWidth = 11

// Terminal is a terminal that has a live area below what is written to it. It
// is safe for concurrent use.
type Terminal struct {
	to    io.Writer
	size  func() (columns, rows int) // asked anew for each picture; 0: not known
	color bool

	mu     sync.Mutex
	area   []Line
	drawn  bool
	within bool // the last line written is not whole
	paused bool
}

// NewTerminal returns a terminal of a size that may change. What is written to it
// must not move the cursor.
func NewTerminal(to io.Writer, size func() (columns, rows int), color bool) *Terminal {
	return &Terminal{to: to, size: size, color: color}
}

// Write puts text above the live area, which comes back when a line is whole.
func (t *Terminal) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.within = p[len(p)-1] != '\n'
	var b strings.Builder
	b.WriteString(t.cleared())
	b.Write(p)
	b.WriteString(t.picture())
	if _, err := io.WriteString(t.to, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Paint returns text with nothing in it that acts on a terminal, in the style's
// color where there are colors.
func (t *Terminal) Paint(s Style, text string) string {
	if text = display.Text(text); t == nil || !t.color || colors[s] == "" {
		return text
	}
	return colors[s] + text + colorless
}

// show makes the lines the live area.
func (t *Terminal) show(area []Line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.area = area
	// An error is that of the next line of the log: nothing is lost with a picture.
	_, _ = io.WriteString(t.to, t.cleared()+t.picture())
}

func (t *Terminal) pause() (resume func()) {
	set := func(paused bool) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.paused, t.within = paused, false // whoever answered has ended the line
		_, _ = io.WriteString(t.to, t.cleared()+t.picture())
	}
	set(true)
	return func() { set(false) }
}

// cleared takes the live area off.
func (t *Terminal) cleared() string {
	if !t.drawn {
		return ""
	}
	t.drawn = false
	return erase
}

// picture draws the live area, and goes back to its top.
func (t *Terminal) picture() string {
	if len(t.area) == 0 || t.within || t.paused {
		return ""
	}
	columns, rows := t.size()
	if columns <= 0 {
		columns = 80
	}
	area := t.area
	if rows > 0 {
		area = area[:min(len(area), max(rows-1, 1))]
	}
	t.drawn = true
	var b strings.Builder
	b.WriteString(nowrap)
	for i, l := range area {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(t.line(l, columns-1)) // in the last column some terminals wrap
	}
	b.WriteString("\r")
	if n := len(area) - 1; n > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", n)
	}
	b.WriteString(wrap)
	return b.String()
}

func (t *Terminal) line(l Line, columns int) string {
	name := cut(fmt.Sprintf("%-*s", nameWidth, l.Name), columns)
	text := strings.Map(oneLine, display.Text(l.Text))
	return t.Paint(l.Style, name) + cut(text, columns-nameWidth)
}

func oneLine(r rune) rune {
	if r == '\n' || r == '\t' {
		return ' '
	}
	return r
}

// cut returns as much of s as fits into so many columns. What was cut ends in an
// ellipsis, where there is room for one.
func cut(s string, columns int) string {
	used, short := 0, 0
	for i, r := range s {
		if used+columnsOf(r) > columns {
			if columns < 1 {
				return ""
			}
			return s[:short] + "…"
		}
		used += columnsOf(r)
		if used < columns {
			short = i + utf8.RuneLen(r)
		}
	}
	return s
}

// columnsOf is how many columns a character takes at most: 2 for what may be wide.
// https://www.unicode.org/reports/tr11/
func columnsOf(r rune) int {
	if r < 0x1100 || r >= 0x2010 && r < 0x2060 {
		return 1
	}
	return 2
}
