package keylist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// text reads one key a line. Nothing but the line's end is taken off: LF, CR LF
// or CR, the same all through the list.
func (r *reader) text() error {
	lines := lineReader{}
	in := bufio.NewScanner(r.in)
	in.Buffer(make([]byte, 4096), maxLine)
	in.Split(lines.split)
	n := 0
	for in.Scan() {
		n++
		if err := r.line(n, in.Text(), &lines); err != nil {
			return err
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return r.fail(n+1, fmt.Errorf("it has more than %d bytes, more than a key can have", maxLine))
	}
	return in.Err()
}

// maxLine is the longest line: a key whose bytes are all URL-encoded, and more
// than the name of a bucket and of a version.
const maxLine = 3*maxKeyBytes + 2048

func (r *reader) line(n int, line string, lines *lineReader) error {
	if lines.mixed {
		return r.fail(n, errors.New("a carriage return that is no line's end, as others are"+orJSON))
	}
	if line == "" {
		return nil
	}
	if err := checkPlain(line); err != nil {
		return r.fail(n, err)
	}
	bucket, rest, found := strings.Cut(line, ",")
	switch {
	case found && bucket == r.bucket && bucket != "":
		return r.manifestRow(n, strings.Split(line, ","))
	case found && bucketName().MatchString(bucket) && rest != "":
		return r.fail(n, fmt.Errorf("it may be key %q of bucket %q, or one key: give a CSV list with a header, or a JSON list", rest, bucket))
	}
	if what := looksLike(line); what != "" {
		return r.fail(n, errors.New(what+orJSON))
	}
	return r.give(Entry{Key: line, Line: n})
}

// bucketName is what a bucket can be called.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var bucketName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`) })

// listed is a line of aws s3 ls.
var listed = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d+ `) })

// address is how the address of an object begins.
var address = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?i:s3[an]?|https?)://|^arn:aws[a-z-]*:s3:::`) })

// looksLike says what a line seems to be other than a key.
func looksLike(line string) string {
	last := line[len(line)-1]
	switch {
	case address().MatchString(line):
		return "it is an address: give the key alone"
	case line[0] == '"' || line[0] == '\'' && last == '\'' && len(line) > 1:
		return "it is quoted"
	case strings.HasPrefix(line, "# "):
		return "it looks like a comment"
	case strings.HasPrefix(line, "- "):
		return "it looks like an item of a YAML list: give the key alone"
	case listed().MatchString(line):
		return "it looks like a line of a listing: give the key alone"
	}
	return ""
}

// manifestRow takes BUCKET,KEY[,VERSION] with a URL-encoded key, as S3 Batch
// Operations and S3 Inventory have it.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/specify-batchjob-manifest.html
func (r *reader) manifestRow(n int, fields []string) error {
	if len(fields) != 2 && len(fields) != 3 {
		return r.fail(n, fmt.Errorf("%d columns, and a manifest has bucket, key and, at most, version: a comma in a key is written %%2C", len(fields)))
	}
	if err := checkFields(fields); err != nil {
		return r.fail(n, err)
	}
	e := Entry{Bucket: fields[0], Key: fields[1], Line: n}
	if len(fields) == 3 {
		e.Version = fields[2]
	}
	if key, err := url.QueryUnescape(e.Key); err == nil && key != e.Key {
		e.Key, e.Alternate = key, e.Key
	}
	return r.give(e)
}

// lineReader cuts lines at LF, CR LF or CR.
type lineReader struct {
	ends  byte // LF, for CR LF too, or CR; 0: no line has ended yet
	mixed bool // the line at hand ends otherwise than those before
}

func (l *lineReader) split(data []byte, atEOF bool) (advance int, token []byte, err error) {
	end := bytes.IndexAny(data, "\r\n")
	switch {
	case end < 0 && !atEOF:
		return 0, nil, nil
	case end < 0 && len(data) == 0:
		return 0, nil, nil
	case end < 0:
		return len(data), data, nil
	}
	advance, kind := end+1, data[end]
	if kind == '\r' {
		switch {
		case advance == len(data) && !atEOF:
			return 0, nil, nil // the LF may follow
		case advance < len(data) && data[advance] == '\n':
			advance, kind = advance+1, '\n'
		}
	}
	l.mixed = l.ends != 0 && l.ends != kind
	l.ends = kind
	return advance, data[:end], nil
}
