package html

import (
	"fmt"
	"strings"
)

// Part is a part of the objects, with what became of them.
type Part struct {
	Name            string
	Good, Note, Bad int64 // objects
	Objects, Bytes  string
	Wrong           string // how many somebody has to look at
	Of              int64  // objects of the largest part
}

// Parts are the objects divided by one thing, each in one part.
type Parts struct {
	ID          string // of its heading
	Name, About string
	By          string // what the parts are, as the head of a column
	Wrong       string // head of the column of Part.Wrong
	Rows        []Part
}

// Segment is a piece of a bar, in thousandths of its whole length.
type Segment struct {
	Level   Level
	X, Wide int64
}

// Segments are what is drawn of the part: what somebody has to look at comes
// first, so that it begins at the same line in all bars.
func (p Part) Segments() (all []Segment) {
	x := int64(0)
	for _, s := range []struct {
		level Level
		n     int64
	}{{Bad, p.Bad}, {Note, p.Note}, {Good, p.Good}} {
		wide := min(share(s.n, p.Of), 1000-x)
		if wide > 0 {
			all = append(all, Segment{s.level, x, wide})
		}
		x += wide
	}
	return all
}

// Course is how the run went in time.
type Course struct {
	Took    string // all of it
	Series  []Series
	Columns []string // of the same numbers as a table
	Rows    [][]string
}

// Series is one chart over time.
type Series struct {
	ID          string
	Name, About string
	Most        string // its highest value, which the chart is as high as
	Level       Level
	At          []float64 // when each interval ends, as a part of the whole
	Values      []float64 // of the intervals
}

// The size of the drawing, which is stretched to the width of the page.
const (
	chartWide = 1000
	chartHigh = 100
)

// Path is the outline: a step for each interval.
func (s Series) Path() string {
	most := 0.0
	for _, v := range s.Values {
		most = max(most, v)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "M0 %d", chartHigh)
	for i, v := range s.Values {
		high := 0.0
		if most > 0 {
			high = v / most * chartHigh
		}
		fmt.Fprintf(&b, "V%.1fH%.1f", chartHigh-high, s.At[i]*chartWide)
	}
	fmt.Fprintf(&b, "V%dZ", chartHigh)
	return b.String()
}

// File is a report that was written before the page.
type File struct{ Name, Size, SHA256 string }
