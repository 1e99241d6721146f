package s3sim

import (
	"net/http"
	"strconv"
	"strings"
)

// getObject answers GetObject and HeadObject, which differ in the body only,
// and in that an archived object still has a head.
func (c *call) getObject() (*reply, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	if err := checkCustomerKey(o, c.r.Header.Get(customerMD5)); err != nil {
		return nil, err
	}
	if err := readConditions(c.r.Header, "").check(c.etag(o), o.modifiedAt()); err != nil {
		return nil, err
	}
	if c.op == "GetObject" {
		if err := c.checkReadable(o); err != nil {
			return nil, err
		}
	}
	p := newReply(http.StatusOK)
	c.describe(p, o)
	if err := c.sendContent(p, o); err != nil {
		return nil, err
	}
	c.overrideHeaders(p)
	return p, nil
}

// checkReadable refuses the content of archived objects.
func (c *call) checkReadable(o *object) error {
	state := o.at(c.now)
	if !state.archived {
		return nil
	}
	if c.srv.cfg.Quirks.ActiveTierErrorCode {
		return newError(http.StatusForbidden, "ObjectNotInActiveTierError",
			"The source object of the COPY action is not in the active tier and is only stored in Amazon S3 Glacier.")
	}
	e := errInvalidObjectState.field("StorageClass", o.class.String())
	if state.archive != "" {
		e = e.field("AccessTier", state.archive)
	}
	return e
}

// sendContent puts the whole content, a part or a range into the answer.
func (c *call) sendContent(p *reply, o *object) error {
	number, header := c.query.Get("partNumber"), c.r.Header.Get("Range")
	switch {
	case number != "" && header != "":
		return errInvalidRequest.say("Cannot specify both Range header and partNumber query parameter")
	case number != "":
		return c.sendPart(p, o, number)
	case header != "":
		return sendRange(p, o, header)
	}
	p.stream = o.content()
	if c.r.Header.Get("x-amz-checksum-mode") == "ENABLED" {
		c.setChecksum(p, o)
	}
	return nil
}

// sendPart answers one part of a multipart object. Any other object is one part.
func (c *call) sendPart(p *reply, o *object, text string) error {
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 || number > maxParts {
		return errInvalidArgument.say("Part number must be an integer between 1 and 10000, inclusive")
	}
	parts := o.attrs().parts
	if number > max(len(parts), 1) {
		return errInvalidPartNumber.field("PartNumberRequested", text).field("ActualPartCount", itoa(max(len(parts), 1)))
	}
	if len(parts) == 0 {
		if o.size > 0 {
			p.setRange(o, 0, o.size)
		}
		p.stream = o.content()
		return nil
	}
	if c.srv.cfg.Quirks.IgnorePartNumber {
		p.set("x-amz-mp-parts-count", itoa(len(parts)))
		p.stream = o.content()
		return nil
	}
	var off int64
	for _, part := range parts[:number-1] {
		off += part.size
	}
	part := parts[number-1]
	p.setRange(o, off, part.size)
	p.set("x-amz-mp-parts-count", itoa(len(parts)))
	if part.sum != "" && c.r.Header.Get("x-amz-checksum-mode") == "ENABLED" && !c.srv.cfg.Quirks.NoChecksums {
		p.set(o.alg.header(), part.sum)
		p.set("x-amz-checksum-type", o.checksumType())
	}
	return nil
}

func sendRange(p *reply, o *object, header string) error {
	off, n, ok, err := parseRange(header, o.size)
	if err != nil {
		return err.field("RangeRequested", header).field("ActualObjectSize", strconv.FormatInt(o.size, 10))
	}
	if !ok {
		p.stream = o.content()
		return nil
	}
	p.setRange(o, off, n)
	return nil
}

// setRange makes the answer the n bytes of o from off on.
func (p *reply) setRange(o *object, off, n int64) {
	p.status = http.StatusPartialContent
	p.set("Content-Range", "bytes "+strconv.FormatInt(off, 10)+"-"+strconv.FormatInt(off+n-1, 10)+
		"/"+strconv.FormatInt(o.size, 10))
	p.stream = o.content().slice(off, n)
}

// parseRange parses a Range header of one range. What it does not understand is
// ignored (ok is false), as HTTP wants it.
func parseRange(header string, size int64) (off, n int64, ok bool, _ *apiError) {
	spec, found := strings.CutPrefix(header, "bytes=")
	first, last, dash := strings.Cut(strings.TrimSpace(spec), "-")
	if !found || !dash {
		return 0, 0, false, nil
	}
	if first == "" {
		suffix, err := strconv.ParseUint(last, 10, 62)
		if err != nil {
			return 0, 0, false, nil
		}
		n = min(int64(suffix), size)
		if n == 0 {
			return 0, 0, false, errInvalidRange
		}
		return size - n, n, true, nil
	}
	from, err := strconv.ParseUint(first, 10, 62)
	to, errTo := strconv.ParseUint(last, 10, 62)
	if last == "" {
		to, errTo = uint64(max(size, 1))-1, nil
		to = max(to, from)
	}
	if err != nil || errTo != nil || to < from {
		return 0, 0, false, nil
	}
	if int64(from) >= size {
		return 0, 0, false, errInvalidRange
	}
	return int64(from), min(int64(to), size-1) - int64(from) + 1, true, nil
}

// overrideHeaders applies the response-… parameters.
func (c *call) overrideHeaders(p *reply) {
	for name, header := range map[string]string{
		"response-content-type":        "Content-Type",
		"response-cache-control":       "Cache-Control",
		"response-content-disposition": "Content-Disposition",
		"response-content-encoding":    "Content-Encoding",
		"response-content-language":    "Content-Language",
		"response-expires":             "Expires",
	} {
		value := c.query.Get(name)
		if value == "" {
			continue
		}
		kept := p.headers[:0]
		for _, kv := range p.headers {
			if kv[0] != header {
				kept = append(kept, kv)
			}
		}
		p.headers = append(kept, [2]string{header, value})
	}
}
