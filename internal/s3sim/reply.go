package s3sim

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// reply is an answer that has not been sent yet, so that a fault can still
// change it.
type reply struct {
	status  int
	headers [][2]string // names spelled as S3 spells them
	body    []byte
	stream  *content // instead of body
	pooled  *[]byte  // body's buffer, to be given back
}

func newReply(status int) *reply { return &reply{status: status} }

// set adds a header unless its value is empty.
func (p *reply) set(name, value string) {
	if value != "" {
		p.headers = append(p.headers, [2]string{name, value})
	}
}

// xmlReply is an answer with an XML body.
func xmlReply(body []byte) *reply {
	p := newReply(http.StatusOK)
	p.set("Content-Type", "application/xml")
	p.body = body
	return p
}

func (p *reply) length() int64 {
	if p.stream != nil {
		return p.stream.size
	}
	return int64(len(p.body))
}

// writeTo sends p.
func (p *reply) writeTo(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for _, kv := range p.headers {
		// Not Set: clients show metadata names in the case that they get.
		h[kv[0]] = append(h[kv[0]], kv[1])
	}
	bodyless := p.status == http.StatusNoContent || p.status == http.StatusNotModified
	if !bodyless && !(r.Method == http.MethodHead && p.status >= 400) {
		h["Content-Length"] = []string{strconv.FormatInt(p.length(), 10)}
	}
	w.WriteHeader(p.status)
	if bodyless || r.Method == http.MethodHead {
		return
	}
	// An error here means that the client has gone, and nobody is left to tell.
	if p.stream != nil {
		_ = p.stream.writeTo(w)
		return
	}
	_, _ = w.Write(p.body)
}

// release gives p's buffer back.
func (p *reply) release() {
	if p.pooled != nil {
		*p.pooled = p.body[:0]
		pages.Put(p.pooled)
		p.body, p.pooled = nil, nil
	}
}

// pages holds buffers of listings' pages.
var pages = sync.Pool{New: func() any { return new([]byte) }}

// reply returns e as an answer; its body has the place that it is about.
func (e *apiError) reply(r *http.Request, requestID string, q Quirks) *reply {
	p := newReply(e.status)
	for _, kv := range e.headers {
		p.set(kv[0], kv[1])
	}
	if e.status == http.StatusNotModified {
		return p
	}
	p.set("Content-Type", "application/xml")
	path, _ := rawTarget(r)
	x := startXML(nil)
	x = append(x, "<Error>"...)
	x = appendElement(x, "Code", e.code)
	x = appendElement(x, "Message", e.message)
	for _, kv := range e.fields {
		if kv[0] == "Condition" && q.NoConditionElement {
			continue
		}
		x = appendElement(x, kv[0], kv[1])
	}
	x = appendElement(x, "Resource", path)
	x = appendElement(x, "RequestId", requestID)
	x = appendElement(x, "HostId", hostID)
	p.body = append(x, "</Error>"...)
	return p
}

// hostID stands for the machine that answered; S3's is as meaningless.
const hostID = "s3sim"

// httpTime formats seconds since 1970 for a header.
func httpTime(s uint32) string { return fromSeconds(s).Format(http.TimeFormat) }

// xmlTime formats a time as S3 does in bodies.
func xmlTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func itoa(n int) string { return strconv.Itoa(n) }
