package s3list

import "time"

// dates reads dates of one kind, many of which are of one day: restored copies
// end at midnight, and what was written together is listed together.
type dates struct {
	day      [len("2006-01-02")]byte // the last one that was read
	midnight int64                   // its beginning, in seconds of Unix's time
}

// parse reads a date of an answer: in the form that S3 sends without trying
// any other, else as ParseTime does.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
func (d *dates) parse(text []byte) (t time.Time, ok bool) {
	if t, ok := d.plain(text); ok {
		return t, true
	}
	return ParseTime(string(text))
}

const timeForm = "2006-01-02T15:04:05"

// plain reads 2006-01-02T15:04:05.000Z with up to nine digits behind the
// point, or without one. It leaves alone what looks otherwise.
func (d *dates) plain(text []byte) (t time.Time, ok bool) {
	if len(text) <= len(timeForm) || text[len(text)-1] != 'Z' ||
		text[10] != 'T' || text[13] != ':' || text[16] != ':' || !d.read(text[:len(d.day)]) {
		return t, false
	}
	hour, minute, second := twoDigits(text[11:]), twoDigits(text[14:]), twoDigits(text[17:])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return t, false
	}
	nanos, ok := fraction(text[len(timeForm) : len(text)-1])
	if !ok {
		return t, false
	}
	return time.Unix(d.midnight+int64(hour)*3600+int64(minute)*60+int64(second), int64(nanos)).UTC(), true
}

// read reads a day that exists.
func (d *dates) read(day []byte) bool {
	if string(day) == string(d.day[:]) {
		return true
	}
	century, year, month, date := twoDigits(day), twoDigits(day[2:]), twoDigits(day[5:]), twoDigits(day[8:])
	if century < 0 || year < 0 || month < 0 || date < 0 || day[4] != '-' || day[7] != '-' {
		return false
	}
	t := time.Date(century*100+year, time.Month(month), date, 0, 0, 0, 0, time.UTC)
	if t.Month() != time.Month(month) || t.Day() != date {
		return false // one that does not exist has become another one
	}
	copy(d.day[:], day)
	d.midnight = t.Unix()
	return true
}

// twoDigits returns the number that text begins with, -1 where it is none.
func twoDigits(text []byte) int {
	if !isDigit(text[0]) || !isDigit(text[1]) {
		return -1
	}
	return int(text[0]-'0')*10 + int(text[1]-'0')
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
