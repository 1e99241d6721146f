package s3sim

import (
	"strconv"
	"strings"
)

// getObjectAttributes answers what was asked for of ETag, Checksum,
// ObjectParts, StorageClass and ObjectSize.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
func (c *call) getObjectAttributes() (*reply, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	asked := map[string]bool{}
	for _, value := range c.r.Header["X-Amz-Object-Attributes"] {
		for name := range strings.SplitSeq(value, ",") {
			asked[strings.TrimSpace(name)] = true
		}
	}
	if len(asked) == 0 {
		return nil, errInvalidRequest.say("The x-amz-object-attributes header is required")
	}
	x := startDocument(nil, "GetObjectAttributesResponse")
	if asked["ETag"] {
		x = appendElement(x, "ETag", c.etag(o))
	}
	if asked["Checksum"] && o.alg != noChecksum && !c.srv.cfg.Quirks.NoChecksums {
		x = append(x, "<Checksum>"...)
		x = c.appendChecksum(x, o)
		x = append(x, "</Checksum>"...)
	}
	if asked["ObjectParts"] && o.partCount() > 0 {
		if x, err = c.appendObjectParts(x, o); err != nil {
			return nil, err
		}
	}
	if asked["StorageClass"] {
		x = appendElement(x, "StorageClass", c.srv.cfg.Quirks.className(o, c.now))
	}
	if asked["ObjectSize"] {
		x = appendElement(x, "ObjectSize", strconv.FormatInt(o.size, 10))
	}
	p := xmlReply(append(x, "</GetObjectAttributesResponse>"...))
	p.set("Last-Modified", httpTime(o.modified))
	c.setVersion(p, o)
	return p, nil
}

// appendObjectParts appends how many parts an object has and, where they have
// checksums of their own, a page of them.
func (c *call) appendObjectParts(dst []byte, o *object) ([]byte, error) {
	parts := o.attrs().parts
	marker, err := numberMarker(c.r.Header.Get("x-amz-part-number-marker"))
	if err != nil {
		return dst, err
	}
	size := maxPage
	if text := c.r.Header.Get("x-amz-max-parts"); text != "" {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return dst, errInvalidArgument.say("Provided max-parts not an integer or within integer range")
		}
		size = min(int(n), maxPage)
	}
	dst = append(dst, "<ObjectParts>"...)
	dst = appendElement(dst, "PartsCount", itoa(len(parts)))
	if parts[0].sum != "" {
		dst = c.appendPartPage(dst, o, marker, size)
	}
	return append(dst, "</ObjectParts>"...), nil
}

func (c *call) appendPartPage(dst []byte, o *object, marker, size int) []byte {
	parts := o.attrs().parts
	first := min(marker, len(parts))
	last := min(first+size, len(parts))
	dst = appendElement(dst, "PartNumberMarker", itoa(marker))
	dst = appendElement(dst, "NextPartNumberMarker", itoa(last))
	dst = appendElement(dst, "MaxParts", itoa(size))
	dst = appendElement(dst, "IsTruncated", strconv.FormatBool(last < len(parts)))
	for i := first; i < last; i++ {
		dst = append(dst, "<Part>"...)
		dst = appendElement(dst, "PartNumber", itoa(i+1))
		dst = appendElement(dst, "Size", strconv.FormatInt(parts[i].size, 10))
		if !c.srv.cfg.Quirks.NoChecksums {
			dst = appendElement(dst, o.alg.element(), parts[i].sum)
		}
		dst = append(dst, "</Part>"...)
	}
	return dst
}
