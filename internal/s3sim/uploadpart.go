package s3sim

import (
	"net/http"
	"strconv"
	"strings"
)

// partNumber returns the number of the part that a request brings.
func (c *call) partNumber() (int, error) {
	n, err := strconv.Atoi(c.query.Get("partNumber"))
	if err != nil || n < 1 || n > maxParts {
		return 0, errInvalidArgument.say("Part number must be an integer between 1 and 10000, inclusive").
			field("ArgumentName", "partNumber").field("ArgumentValue", c.query.Get("partNumber"))
	}
	return n, nil
}

// uploadPart stores the body of a request as a part.
func (c *call) uploadPart() (*reply, error) {
	number, err := c.partNumber()
	if err != nil {
		return nil, err
	}
	u, err := c.openUpload()
	if err != nil {
		return nil, err
	}
	body, err := c.readPayload()
	if err != nil {
		return nil, err
	}
	if body.alg != noChecksum && body.alg != u.alg && c.explicitChecksum(u) {
		return nil, errInvalidRequest.say("Checksum Type mismatch occurred, expected checksum Type: " +
			strings.ToLower(u.alg.String()) + ", actual checksum Type: " + strings.ToLower(body.alg.String()))
	}
	pt := &part{number: number, body: literal(body.data), md5: body.md5, alg: body.alg, sum: body.sum, modified: c.now}
	c.keepPart(u, pt)
	if _, err := c.openUpload(); err != nil {
		return nil, err // aborted in the meantime
	}
	p := newReply(http.StatusOK)
	p.set("ETag", quoted(pt.etag()))
	if !c.srv.cfg.Quirks.NoChecksums && pt.sum != "" {
		p.set(pt.alg.header(), pt.sum)
	}
	u.attrs.sse.set(p)
	return p, nil
}

// explicitChecksum reports whether parts must bring the upload's algorithm: not
// where it is S3's default, which is computed anyway.
func (c *call) explicitChecksum(u *upload) bool { return u.composite || u.alg != algCRC64NVME }

// keepPart gives a part the checksum that the upload needs and puts it in place
// of an earlier one of its number.
func (c *call) keepPart(u *upload, p *part) {
	if u.attrs.sse.opaque() {
		p.md5 = c.srv.opaqueMD5()
	}
	if u.composite && p.sum == "" || p.alg != noChecksum && p.alg != u.alg {
		p.alg, p.sum = u.alg, u.alg.sum(p.body)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.parts[p.number] = p
}

// uploadPartCopy makes a part of an object or of a range of it.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
func (c *call) uploadPartCopy() (*reply, error) {
	if c.srv.cfg.Quirks.NoPartCopy {
		return nil, errNotImplemented
	}
	number, err := c.partNumber()
	if err != nil {
		return nil, err
	}
	u, err := c.openUpload()
	if err != nil {
		return nil, err
	}
	src, _, err := c.source()
	if err != nil {
		return nil, err
	}
	off, n, err := c.sourceRange(src)
	if err != nil {
		return nil, err
	}
	if n > maxPut {
		return nil, errInvalidRequest.say("The specified copy source is larger than the maximum allowable size for a copy source: 5368709120")
	}
	if !c.wait(c.srv.limits.transferTime(n)) {
		return nil, nil // nobody is there to see the answer
	}
	body := src.content().slice(off, n)
	pt := &part{number: number, body: body, md5: body.md5(c.srv.cfg.MD5Limit), modified: c.now}
	c.keepPart(u, pt)
	if _, err := c.openUpload(); err != nil {
		return nil, err // aborted in the meantime
	}
	x := startDocument(nil, "CopyPartResult")
	x = appendElement(x, "LastModified", xmlTime(fromSeconds(pt.modified)))
	x = appendElement(x, "ETag", quoted(pt.etag()))
	if !c.srv.cfg.Quirks.NoChecksums && pt.sum != "" {
		x = appendElement(x, pt.alg.element(), pt.sum)
	}
	p := xmlReply(append(x, "</CopyPartResult>"...))
	if src.attrs().versionID != "" {
		p.set("x-amz-copy-source-version-id", src.versionID())
	}
	u.attrs.sse.set(p)
	return p, nil
}

// sourceRange parses x-amz-copy-source-range: both ends are needed and must lie
// within the source, which must be larger than the smallest part.
func (c *call) sourceRange(src *object) (off, n int64, err error) {
	header := c.r.Header.Get("x-amz-copy-source-range")
	if header == "" {
		return 0, src.size, nil
	}
	invalid := errInvalidArgument.
		say("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy").
		field("ArgumentName", "x-amz-copy-source-range").field("ArgumentValue", header)
	spec, ok := strings.CutPrefix(header, "bytes=")
	first, last, dash := strings.Cut(spec, "-")
	from, errFrom := strconv.ParseUint(first, 10, 62)
	to, errTo := strconv.ParseUint(last, 10, 62)
	switch {
	case !ok || !dash || errFrom != nil || errTo != nil || to < from:
		return 0, 0, invalid
	case int64(to) >= src.size:
		return 0, 0, invalid.say("Range specified is not valid for source object of size: " + strconv.FormatInt(src.size, 10))
	case src.size <= c.srv.cfg.MinPart:
		return 0, 0, errInvalidRequest.say("The specified copy source is not supported as a byte-range copy source")
	}
	return int64(from), int64(to-from) + 1, nil
}
