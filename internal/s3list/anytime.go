package s3list

import (
	"strings"
	"time"
)

// The forms of a date without its weekday and its zone. Where Go's parser
// reads seconds it takes a fraction too, and a day of one or two digits.
var (
	isoForms  = []string{"2006-01-02T15:04:05", "2006-01-02t15:04:05", "2006-01-02 15:04:05", "20060102T150405"}
	mailForms = []string{
		"2 Jan 2006 15:04:05", "2 January 2006 15:04:05", "2 Jan 06 15:04:05", // RFC 1123, 822
		"2-Jan-06 15:04:05", "2-Jan-2006 15:04:05", // RFC 850
	}
	zones = []string{"", "Z07:00", "z", "-0700", "-07", " GMT", " UTC", " Z", " -0700", " -07:00"}
)

// ParseTime reads a date in any of the forms that servers send in answers:
// ISO 8601 as in S3's listings, or RFC 1123 as in HTTP headers, each with a
// zone in any notation; without one it is UTC. Other names of zones than GMT,
// UTC and Z are refused: which offset they stand for is not certain.
// https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
func ParseTime(text string) (t time.Time, ok bool) {
	text = strings.TrimSpace(text)
	if t, err := time.Parse(time.ANSIC, text); err == nil {
		return t, true
	}
	if weekday, rest, found := strings.Cut(text, ","); found && isWeekday(weekday) {
		text = strings.TrimSpace(rest)
	}
	// Go's String writes "+0000 UTC": the number says it all.
	text = strings.Replace(text, " +0000 UTC", " +0000", 1)
	for _, form := range append(isoForms[:len(isoForms):len(isoForms)], mailForms...) {
		for _, zone := range zones {
			if t, err := time.Parse(form+zone, text); err == nil {
				return t.UTC(), true
			}
		}
	}
	return time.Time{}, false
}

// isWeekday reports whether text is one, abbreviated or not. Whether it is
// that of the date does not matter.
func isWeekday(text string) bool {
	for _, form := range []string{"Mon", "Monday"} {
		if _, err := time.Parse(form, text); err == nil {
			return true
		}
	}
	return false
}
