// Package html writes a report as one page: a file without a request to
// anywhere, which opens from disk. Everything that stands in it is data of
// somebody else's, keys above all: html/template escapes what is text, the rows
// are JSON in which < > and & are escaped, the script shows them as text only,
// and a Content-Security-Policy lets nothing in from outside and nothing run
// but the page's own script, which is named by its digest.
package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

//go:embed page.tmpl
var pageText string

//go:embed page.css
var style string

//go:embed page.js
var script string

var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"style":  func() template.CSS { return template.CSS(style) },
		"script": func() template.JS { return template.JS(script) },
		"policy": policy,
		"share":  share,
		"seen":   seen,
	}).Parse(pageText))
})

// policy is the page's Content-Security-Policy. Widths of bars are attributes
// of SVG elements, so that no inline style is needed.
func policy() string {
	return fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; base-uri 'none'; form-action 'none'",
		digest(script), digest(style))
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// share is n of all in thousandths: the width of a bar.
func share(n, all int64) int64 {
	if all <= 0 || n <= 0 {
		return 0
	}
	return max(1, min(1000, int64(float64(n)/float64(all)*1000)))
}

// seen writes what cannot be seen, or turns the direction of what follows, as its
// number. The page's script does the same with the rows.
func seen(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsGraphic(r) && !unicode.Is(unicode.Zl, r) && !unicode.Is(unicode.Zp, r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "[%U]", r)
		}
	}
	return b.String()
}

// Level says how good or bad something is. It is a colour and a sign: nothing
// is told by colour alone.
type Level string

// The levels.
const (
	Good Level = "good"
	Note Level = "note" // to be known
	Bad  Level = "bad"  // somebody is needed
)

// Page is what stands above the rows.
type Page struct {
	Command  string // of the run; it stands in the head, as the generator's
	Title    string
	Level    Level
	Headline string // what the run came to, in one sentence
	Ending   string // the exit code and why, complete or not

	Numbers  []Number // the four of verification
	Aspects  []Aspect
	Groups   []Group // what needs a person
	Facts    []Number
	Statuses []Bar
	Parts    []Parts // by bucket, prefix, collection, and when restored copies lapse
	Granules []Bar   // by what became of them
	Course   *Course // nil: nobody has looked at a clock
	Sizes    []Bar
	Costs    []Cost
	CostNote string
	Method   []Fact // who, when, with what, how, over what
	Notes    []string
	Files    []File // written before the page
}

// Number is a count with its name. Text: as it is shown.
type Number struct {
	Name, Text, About string
	Level             Level
}

// Aspect is what a comparison of one aspect came to, over all objects.
type Aspect struct {
	Name, Match, Differ, NotCompared string
}

// Group are objects with one cause.
type Group struct {
	Objects            string
	Level              Level
	What, Cause, Mend  string
	Status, Kind, Code string // what the rows are found by
}

// Bar is a count beside others.
type Bar struct {
	Name  string
	Count int64
	Text  string // the count, and the bytes
	Level Level
	Of    int64 // the longest bar
}

// Cost is a line of what was planned and spent.
type Cost struct{ What, Planned, Actual string }

// Fact is a name and its value.
type Fact struct{ Name, Value string }

// Column is a column of the rows. Shown: in the table itself; the others stand
// in a row's details.
type Column struct {
	Name  string `json:"name"`
	Shown bool   `json:"shown"`
	Right bool   `json:"right"` // a number
	Few   bool   `json:"few"`   // many rows have the same text, but for their keys
}

// Bounds of what the page holds. A page is opened by a person: what is beyond
// them is in the CSV and JSON reports.
const (
	maxRows      = 50_000
	maxGood      = 30_000    // of these, rows of objects that nobody has to look at
	maxRowBytes  = 9_000_000 // of all rows
	maxGoodBytes = 5 << 20
	maxSeen      = 1000 // texts that are remembered
)

// Writer writes a page.
type Writer struct {
	w       io.Writer
	tail    []byte // what follows the rows
	columns []Column
	seen    map[string]int // texts of columns of few, in the order in which they came
	last    []string       // the row before
	line    []byte

	rows, good  int
	bytes       int
	goodBytes   int
	left        int64 // rows that the page has no place for
	leftNotGood int64 // of these, such that somebody has to look at
}

// keyColumn is where a row's key stands.
const keyColumn = 1

// shorten writes the row's key within another cell, as messages have it, as
// U+0001 and k, and U+0001 itself as U+0001 and m.
func shorten(cell, key string) string {
	cell = strings.ReplaceAll(cell, "\x01", "\x01m")
	if len(key) <= 4 || strings.Contains(key, "\x01") {
		return cell
	}
	return strings.ReplaceAll(cell, key, "\x01k")
}

// mark stands in the template where the rows go.
const mark = "\x00rows\x00"

// New writes the page up to its rows.
func New(w io.Writer, p Page, columns []Column) (*Writer, error) {
	head, err := json.Marshal(columns)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := page().Execute(&b, struct {
		Page
		Columns template.JS
		Mark    template.JS
	}{p, template.JS(head), mark}); err != nil {
		return nil, err
	}
	before, after, _ := bytes.Cut(b.Bytes(), []byte(mark))
	if _, err := w.Write(before); err != nil {
		return nil, err
	}
	return &Writer{w: w, tail: bytes.Clone(after), columns: columns, seen: map[string]int{}, last: make([]string, len(columns))}, nil
}

// Row writes a row, its cells in the order of the columns. good: nobody has to
// look at it.
func (p *Writer) Row(cells []string, good bool) error {
	if p.rows >= maxRows || good && (p.good >= maxGood || p.goodBytes >= maxGoodBytes) || p.bytes >= maxRowBytes {
		p.left++
		if !good {
			p.leftNotGood++
		}
		return nil
	}
	p.encode(cells)
	p.rows++
	p.bytes += len(p.line)
	if good {
		p.good++
		p.goodBytes += len(p.line)
	}
	copy(p.last, cells)
	_, err := p.w.Write(p.line)
	return err
}

// encode makes an array of JSON: two numbers whose bits say which columns, of
// the first 30 and of the others, are not as in the row before, then the cells
// of these. Rows are in the order of their keys, so that most are. A cell that is
// that of an earlier column, as the key of the target mostly is, is its number; a
// text that has come before is -1 less its place among these.
func (p *Writer) encode(cells []string) {
	var masks [2]uint32
	for i, c := range cells {
		if c != p.last[i] {
			masks[i/30] |= 1 << (i % 30)
		}
	}
	p.line = p.line[:0]
	if p.rows > 0 {
		p.line = append(p.line, ",\n"...)
	}
	p.line = fmt.Appendf(p.line, "[%d,%d", masks[0], masks[1])
	for i, c := range cells {
		if c == p.last[i] {
			continue
		}
		p.line = append(p.line, ',')
		if same := slices.Index(cells[:i], c); same >= 0 && len(c) > 4 {
			p.line = strconv.AppendInt(p.line, int64(same), 10)
			continue
		}
		if i > keyColumn {
			c = shorten(c, cells[keyColumn])
		}
		if n, known := p.seen[c]; known && p.columns[i].Few {
			p.line = strconv.AppendInt(p.line, int64(-1-n), 10)
			continue
		}
		if p.columns[i].Few && len(c) > 4 && len(p.seen) < maxSeen {
			p.seen[c] = len(p.seen)
		}
		text, _ := json.Marshal(c) // a string cannot fail; < > & are escaped
		p.line = append(p.line, text...)
	}
	p.line = append(p.line, ']')
}

// Close writes what follows the rows.
func (p *Writer) Close() error {
	_, err := fmt.Fprintf(p.w, "],\"left\":%d,\"leftNotGood\":%d}%s", p.left, p.leftNotGood, p.tail)
	return err
}
