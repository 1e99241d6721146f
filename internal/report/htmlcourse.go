package report

import (
	"strconv"
	"time"

	"reconcile/internal/display"
	"reconcile/internal/report/breakdown"
	"reconcile/internal/report/html"
)

// leastIntervals is from how many intervals on a chart over time says more than
// its numbers.
const leastIntervals = 3

// courseOf are the charts over time; nil where there is no time to be shown. A
// timeline whose lists are not of one length is none.
func courseOf(t *breakdown.Timeline) *html.Course {
	if t == nil || !t.Whole() || len(t.At) < leastIntervals {
		return nil
	}
	took := t.At[len(t.At)-1]
	c := &html.Course{
		Took:    time.Duration(took * int64(time.Millisecond)).String(),
		Columns: []string{"until", "objects", "bytes copied", "requests", "refused", "in flight"},
	}
	add := func(id, name, about string, level html.Level, perSecond bool, values []int64, text func(float64) string) {
		if s := series(t, values, perSecond); s.Values != nil {
			s.ID, s.Name, s.About, s.Level, s.Most = id, name, about, level, text(most(s.Values))
			c.Series = append(c.Series, s)
		}
	}
	add("c-objects", "Objects a second", "How many objects got their outcome in a second.", "", true, t.Objects, rateInWords)
	add("c-bytes", "Bytes copied a second", "Sizes of the objects that were copied in a second.", "", true, t.Bytes, func(v float64) string { return binarySize(int64(v)) })
	add("c-flight", "Requests in flight", "The most requests that were seen in flight at a time.", "", false, t.InFlight, rateInWords)
	add("c-refused", "Throttled answers a second", "Answers of the service that it was asked too much.", html.Bad, true, t.Refused, rateInWords)
	for i := range t.At {
		c.Rows = append(c.Rows, []string{
			time.Duration(t.At[i] * int64(time.Millisecond)).String(), display.Number(t.Objects[i]), display.Number(t.Bytes[i]),
			display.Number(t.Requests[i]), display.Number(t.Refused[i]), display.Number(t.InFlight[i]),
		})
	}
	return c
}

// series are the values of one chart; none where all of them are 0.
func series(t *breakdown.Timeline, values []int64, perSecond bool) (s html.Series) {
	var before int64
	some := false
	for i, v := range values {
		value := float64(v)
		if perSecond {
			value /= float64(max(t.At[i]-before, 1)) / 1000
		}
		before = t.At[i]
		some = some || v > 0
		s.Values = append(s.Values, value)
		s.At = append(s.At, float64(t.At[i])/float64(max(t.At[len(t.At)-1], 1)))
	}
	if !some {
		return html.Series{}
	}
	return s
}

func most(values []float64) (m float64) {
	for _, v := range values {
		m = max(m, v)
	}
	return m
}

// rateInWords has a decimal where it would otherwise say little.
func rateInWords(v float64) string {
	if v < 10 && v != float64(int64(v)) {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return display.Number(int64(v))
}
