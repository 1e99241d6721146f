package s3store

import (
	"time"

	smithytime "github.com/aws/smithy-go/time"
)

// parseTime reads a date of an answer as the SDK does, in the form that S3
// sends without its four tries.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
func parseTime(text []byte) (time.Time, error) {
	if t, ok := plainTime(text); ok {
		return t, nil
	}
	return smithytime.ParseDateTime(string(text))
}

const timeForm = "2006-01-02T15:04:05"

// plainTime reads 2006-01-02T15:04:05.000Z with up to nine digits behind the
// point, or without one. It leaves alone what looks otherwise.
func plainTime(text []byte) (t time.Time, ok bool) {
	if len(text) <= len(timeForm) || text[len(text)-1] != 'Z' {
		return t, false
	}
	for i, c := range []byte(timeForm) {
		if isDigit(c) != isDigit(text[i]) || !isDigit(c) && c != text[i] {
			return t, false
		}
	}
	nanos, ok := fraction(text[len(timeForm) : len(text)-1])
	if !ok {
		return t, false
	}
	at := func(i int) int { return int(text[i]-'0')*10 + int(text[i+1]-'0') }
	year, month, day, hour, minute, second := at(0)*100+at(2), at(5), at(8), at(11), at(14), at(17)
	t = time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	// A date that does not exist has become another one.
	return t, t.Month() == time.Month(month) && t.Day() == day && hour < 24 && minute < 60 && second < 60
}

// fraction reads a point and digits as nanoseconds; nothing is 0.
func fraction(text []byte) (nanos int, ok bool) {
	if len(text) == 0 {
		return 0, true
	}
	if text[0] != '.' || len(text) == 1 || len(text) > 10 {
		return 0, false
	}
	unit := int(time.Second)
	for _, c := range text[1:] {
		if !isDigit(c) {
			return 0, false
		}
		unit /= 10
		nanos += int(c-'0') * unit
	}
	return nanos, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
