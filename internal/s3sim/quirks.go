package s3sim

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// checkQuirks refuses what servers with these quirks refuse for its form,
// before they look at what is asked.
func (c *call) checkQuirks() error {
	q, h := c.srv.cfg.Quirks, c.r.Header
	sum := hasChecksum(h)
	switch {
	case q.RefuseSignedEncoding && slices.Contains(c.claim.headers, "accept-encoding"):
		return errSignature
	case q.RefuseOperationID && c.query.Has("x-id"):
		return errInvalidArgument.field("ArgumentName", "x-id")
	case q.RefuseChecksums && sum:
		return errNotImplemented.field("Header", "x-amz-checksum")
	case q.DemandDigest && (c.op == "PutObject" || c.op == "UploadPart") && !sum && h.Get("Content-Md5") == "":
		return errInvalidRequest.say("Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters")
	}
	return nil
}

// hasChecksum reports whether a request carries a checksum, or announces one.
func hasChecksum(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "X-Amz-Checksum-") && name != "X-Amz-Checksum-Mode" || name == "X-Amz-Sdk-Checksum-Algorithm" || name == "X-Amz-Trailer" {
			return true
		}
	}
	return false
}

// className is what an object's storage class is called at a moment.
func (q *Quirks) className(o *object, now uint32) string {
	switch {
	case q.RestoredStandard && o.class.archive() && !o.at(now).archived:
		return classStandard.String()
	case q.ArchiveClass != "" && o.class == classGlacier:
		return q.ArchiveClass
	}
	return o.class.String()
}

// undated reports whether all that is said of an object's restore is that none
// is in progress.
func (q *Quirks) undated(o *object, a availability) bool {
	return q.UndatedRestore && o.class.archive() && a.state != restoreOngoing
}

var (
	xmlDates = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(<(?:LastModified|Initiated|RestoreExpiryDate)>)([^<]*)(</)`)
	})
	xmlETags = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(<ETag>)(&quot;|")`) })
)

// distort writes an answer's dates and ETags as servers with these quirks do.
func (p *reply) distort(q Quirks) {
	for i, kv := range p.headers {
		switch strings.ToLower(kv[0]) {
		case "etag":
			if q.WeakETags {
				p.headers[i][1] = "W/" + kv[1]
			}
		case "last-modified":
			if t, err := http.ParseTime(kv[1]); q.OtherDates && err == nil {
				p.headers[i][1] = t.Format("2006-01-02T15:04:05+0000")
			}
		case "x-amz-restore":
			if q.OtherDates {
				p.headers[i][1] = strings.NewReplacer(" GMT", " UTC", ", 0", ", ").Replace(kv[1])
			}
		}
	}
	if q.WeakETags {
		p.body = xmlETags().ReplaceAll(p.body, []byte("${1}W/$2"))
	}
	if q.OtherDates {
		p.body = xmlDates().ReplaceAllFunc(p.body, otherDate)
	}
}

func otherDate(element []byte) []byte {
	m := xmlDates().FindSubmatch(element)
	t, err := time.Parse(time.RFC3339, string(m[2]))
	if err != nil {
		return element
	}
	return slices.Concat(m[1], []byte(t.UTC().Format(time.RFC1123)), m[3])
}
