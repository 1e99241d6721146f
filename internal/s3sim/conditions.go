package s3sim

import (
	"net/http"
	"strings"
	"time"
)

// conditions are those of a read: of GET, HEAD or the source of a copy.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html
type conditions struct {
	prefix                      string // of the header names
	ifMatch, ifNoneMatch        string
	ifModified, ifNotModifiedBy time.Time
}

const copySourcePrefix = "x-amz-copy-source-"

func readConditions(h http.Header, prefix string) conditions {
	date := func(name string) time.Time {
		t, err := http.ParseTime(h.Get(prefix + name))
		if err != nil {
			return time.Time{}
		}
		return t
	}
	return conditions{
		prefix:          prefix,
		ifMatch:         h.Get(prefix + "if-match"),
		ifNoneMatch:     h.Get(prefix + "if-none-match"),
		ifModified:      date("if-modified-since"),
		ifNotModifiedBy: date("if-unmodified-since"),
	}
}

// failed returns the name of the condition that does not hold for an object,
// or "". An ETag condition overrides the date condition beside it.
func (c conditions) failed(etag string, modified time.Time) string {
	switch {
	case c.ifMatch != "":
		if !matches(c.ifMatch, etag) {
			return c.prefix + "If-Match"
		}
	case !c.ifNotModifiedBy.IsZero() && modified.After(c.ifNotModifiedBy):
		return c.prefix + "If-Unmodified-Since"
	}
	switch {
	case c.ifNoneMatch != "":
		if matches(c.ifNoneMatch, etag) {
			return c.prefix + "If-None-Match"
		}
	case !c.ifModified.IsZero() && !modified.After(c.ifModified):
		return c.prefix + "If-Modified-Since"
	}
	return ""
}

// check applies the conditions of a GET or HEAD, where what has not changed is
// answered with 304.
func (c conditions) check(etag string, modified time.Time) error {
	switch name := c.failed(etag, modified); name {
	case "":
		return nil
	case "If-None-Match", "If-Modified-Since":
		return newError(http.StatusNotModified, "NotModified", "Not Modified").header("ETag", quoted(etag))
	default:
		return conditionFailed(name)
	}
}

// matches reports whether an ETag is in a list of them, or the list is "*".
func matches(list, etag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == "*" || unquoted(one) == etag {
			return true
		}
	}
	return false
}

// targetCondition is a condition on the object that is about to be written over.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
type targetCondition struct {
	ifMatch  string
	ifAbsent bool
}

func (c *call) targetCondition() (targetCondition, error) {
	h := c.r.Header
	ifMatch, ifNoneMatch := h.Get("If-Match"), h.Get("If-None-Match")
	q := c.srv.cfg.Quirks
	if q.IgnoreIfMatch {
		ifMatch = ""
	}
	if q.RefuseIfMatch && c.op == "PutObject" && strings.HasPrefix(ifMatch, `"`) {
		return targetCondition{}, conditionFailed("If-Match")
	}
	given := ifMatch != "" || ifNoneMatch != ""
	if given && c.op != "PutObject" {
		switch {
		case q.IgnoreIfNoneMatch:
			ifNoneMatch = ""
		case q.RefuseTargetConditions, q.RefuseCopyConditions && c.op == opCopyObject:
			return targetCondition{}, errNotImplemented.field("Header", "If-None-Match")
		case q.IgnoreTargetConditions:
			return targetCondition{}, nil
		}
	}
	if ifNoneMatch != "" && ifNoneMatch != "*" || ifMatch != "" && ifNoneMatch != "" {
		return targetCondition{}, errNotImplemented.field("Header", "If-None-Match")
	}
	return targetCondition{ifMatch: ifMatch, ifAbsent: ifNoneMatch != ""}, nil
}

// check applies the condition to the current object, nil where there is none.
func (t targetCondition) check(o *object, key string, md5Limit int64) error {
	switch {
	case t.ifAbsent && o != nil:
		return conditionFailed("If-None-Match")
	case t.ifMatch != "" && o == nil:
		return errNoSuchKey.field("Key", key)
	case t.ifMatch != "" && !matches(t.ifMatch, o.etag(md5Limit)):
		return conditionFailed("If-Match")
	}
	return nil
}
