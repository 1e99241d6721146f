package s3store

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"reconcile/internal/s3list"
)

// mendHeader makes headers readable that the SDK would fail at, under an
// answer that is otherwise good: a date in another notation is written as
// HTTP has it, and what decides nothing and cannot be read is taken off.
func mendHeader(h http.Header) {
	if etag, weak := strings.CutPrefix(h.Get("ETag"), "W/"); weak {
		h.Set("ETag", etag) // the SDK's uploader sends those of its parts back as they came
	}
	mendDate(h, "Last-Modified", http.TimeFormat)
	mendDate(h, "X-Amz-Object-Lock-Retain-Until-Date", time.RFC3339)
	mendDate(h, "X-Amz-Abort-Date", http.TimeFormat)
	for _, name := range []string{"X-Amz-Server-Side-Encryption-Bucket-Key-Enabled", "X-Amz-Delete-Marker"} {
		if _, err := strconv.ParseBool(h.Get(name)); err != nil {
			h.Del(name)
		}
	}
	for _, name := range []string{
		"X-Amz-Mp-Parts-Count", "X-Amz-Missing-Meta", "X-Amz-Object-Lock-Event-Hold-Duration-Days", "X-Amz-Object-Lock-Event-Hold-Duration-Years",
	} {
		if _, err := strconv.ParseInt(h.Get(name), 0, 32); err != nil {
			h.Del(name)
		}
	}
}

func mendDate(h http.Header, name, form string) {
	text := h.Get(name)
	if text == "" {
		h.Del(name)
		return
	}
	t, ok := s3list.ParseTime(text)
	if !ok {
		h.Del(name)
		return
	}
	h.Set(name, t.Format(form))
}

// mendBody does the same for a document, and bounds it. Listings of objects
// and contents of objects are not documents in this sense: they are read as
// they arrive, by readers that have bounds of their own.
func mendBody(op string, resp *http.Response) {
	switch {
	case resp.StatusCode/100 != 2:
		resp.Body = &cut{ReadCloser: resp.Body, left: maxError}
	case op == "ListObjectsV2":
		resp.Body = &cut{ReadCloser: resp.Body, left: maxError, errorOnly: true}
	case op == "ListParts", op == "ListMultipartUploads":
		resp.Body = &document{ReadCloser: resp.Body, most: maxUploads, controls: op == "ListParts"}
	case op != "GetObject":
		resp.Body = &document{ReadCloser: resp.Body, most: maxAnswer}
	}
}

const (
	// maxError is how many bytes of an error document are read. S3's have a few
	// hundred.
	maxError = 64 << 10
	// maxUploads is how many bytes a listing of uploads or parts may have: 1000
	// keys of 1024 bytes, each sent as three, are 4 MiB.
	maxUploads = 8 << 20
	// maxAnswer is how many bytes any other document may have.
	maxAnswer = 1 << 20
)

// cut is a body that ends after so many bytes: any, or one that holds an error
// document where a listing was asked for. The SDK reads errors into memory.
type cut struct {
	io.ReadCloser
	left      int
	errorOnly bool
	begin     []byte // of the body, where errorOnly
}

// rootWithin is how many bytes there may be before the root element.
const rootWithin = 512

func (c *cut) Read(p []byte) (int, error) {
	if c.left == 0 && !c.errorOnly {
		return 0, io.EOF
	}
	if !c.errorOnly {
		p = p[:min(len(p), c.left)]
	}
	n, err := c.ReadCloser.Read(p)
	switch {
	case !c.errorOnly:
		c.left -= n
	case len(c.begin) < rootWithin:
		c.begin = append(c.begin, p[:min(n, rootWithin)]...)
		c.errorOnly = !errorRoot().Match(c.begin)
	}
	return n, err
}

var errorRoot = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<(?i:Error)[\s>]`) })

// document is the body of a good answer that is read to its end before it is
// decoded, with what would break the SDK's decoder mended.
type document struct {
	io.ReadCloser
	most     int           // bytes it may have
	controls bool          // replace control characters: see withoutControls
	text     *bytes.Reader // nil: not read yet
	err      error         // of reading
}

func (d *document) Read(p []byte) (int, error) {
	if d.text == nil {
		d.text = bytes.NewReader(d.read())
	}
	n, err := d.text.Read(p)
	if err == io.EOF && d.err != nil {
		err = d.err
	}
	return n, err
}

func (d *document) read() []byte {
	var all bytes.Buffer
	_, d.err = io.Copy(&all, io.LimitReader(&spaceless{r: d.ReadCloser}, int64(d.most)+1))
	if d.err == nil && all.Len() > d.most {
		d.err = fmt.Errorf("an answer of more than %d MiB", d.most>>20)
		return nil
	}
	text := mendDates(all.Bytes())
	if d.controls {
		text = withoutControls(text)
	}
	return text
}

// spaceless leaves out the white space before a document: S3 sends spaces for
// as long as a copy takes.
type spaceless struct {
	r     io.Reader
	begun bool
}

func (s *spaceless) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if s.begun {
		return n, err
	}
	rest := bytes.TrimLeft(p[:n], " \t\r\n")
	s.begun = len(rest) > 0
	return copy(p, rest), err
}

// dateElements are those of answers that hold dates. None of them decides
// anything: an upload that has no date is left alone.
var dateElements = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`<((?:[A-Za-z0-9]+:)?(?:LastModified|Initiated|AbortDate))>([^<>]*)</`)
})

// mendDates writes dates as the SDK reads them, and what is none as the zero
// time.
func mendDates(text []byte) []byte {
	return dateElements().ReplaceAllFunc(text, func(element []byte) []byte {
		m := dateElements().FindSubmatch(element)
		t, _ := s3list.ParseTime(string(m[2]))
		return fmt.Appendf(nil, "<%s>%s</", m[1], t.UTC().Format(time.RFC3339Nano))
	})
}
