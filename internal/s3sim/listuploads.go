package s3sim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// listMultipartUploads answers a page of a bucket's open uploads.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
func (c *call) listMultipartUploads() (*reply, error) {
	keys, err := c.keyCodec()
	if err != nil {
		return nil, err
	}
	size, err := c.pageSize("max-uploads")
	if err != nil {
		return nil, err
	}
	keyMarker, idMarker := c.query.Get("key-marker"), c.query.Get("upload-id-marker")
	q := listQuery{prefix: c.query.Get("prefix"), delimiter: c.query.Get("delimiter"), keys: keys}
	uploads, prefixes, truncated := pickUploads(c.target().openUploads(), q, keyMarker, idMarker, size)
	x := startDocument(nil, "ListMultipartUploadsResult")
	x = appendElement(x, "Bucket", c.bucket)
	x = keys.element(x, "KeyMarker", keyMarker)
	x = appendElement(x, "UploadIdMarker", idMarker)
	if truncated && len(uploads) > 0 {
		last := uploads[len(uploads)-1]
		x = keys.element(x, "NextKeyMarker", last.key)
		x = appendElement(x, "NextUploadIdMarker", last.id)
	}
	x = keys.element(x, "Prefix", q.prefix)
	if q.delimiter != "" {
		x = keys.element(x, "Delimiter", q.delimiter)
	}
	if keys.url {
		x = appendElement(x, "EncodingType", "url")
	}
	x = appendElement(x, "MaxUploads", itoa(size))
	x = appendElement(x, "IsTruncated", strconv.FormatBool(truncated))
	for _, u := range uploads {
		x = c.appendUpload(x, keys, u)
	}
	for _, p := range prefixes {
		x = append(x, "<CommonPrefixes>"...)
		x = keys.element(x, "Prefix", p)
		x = append(x, "</CommonPrefixes>"...)
	}
	return xmlReply(append(x, "</ListMultipartUploadsResult>"...)), nil
}

// pickUploads returns the uploads of a page, and the prefixes under which
// others are rolled up.
func pickUploads(all []*upload, q listQuery, keyMarker, idMarker string, size int) (picked []*upload, prefixes []string, truncated bool) {
	for _, u := range all {
		// Without an upload id the marker is behind all uploads of its key.
		seen := u.key < keyMarker || u.key == keyMarker && (idMarker == "" || u.id <= idMarker)
		if keyMarker != "" && seen || !strings.HasPrefix(u.key, q.prefix) {
			continue
		}
		common := q.commonPrefix(u.key)
		if common != "" && (slices.Contains(prefixes, common) || common <= keyMarker) {
			continue
		}
		if len(picked)+len(prefixes) == size {
			return picked, prefixes, size > 0
		}
		if common != "" {
			prefixes = append(prefixes, common)
			continue
		}
		picked = append(picked, u)
	}
	return picked, prefixes, false
}

func (c *call) appendUpload(dst []byte, keys keyCodec, u *upload) []byte {
	dst = append(dst, "<Upload>"...)
	dst = keys.element(dst, "Key", u.key)
	dst = appendElement(dst, "UploadId", u.id)
	dst = appendOwner(dst, "Initiator", c.target().owner)
	dst = appendOwner(dst, "Owner", c.target().owner)
	dst = appendElement(dst, "StorageClass", u.class.String())
	dst = appendElement(dst, "Initiated", xmlTime(u.initiated))
	if !c.srv.cfg.Quirks.NoChecksums {
		dst = appendElement(dst, "ChecksumAlgorithm", u.alg.String())
		dst = appendElement(dst, "ChecksumType", u.checksumType())
	}
	return append(dst, "</Upload>"...)
}

// listParts answers a page of an upload's parts.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
func (c *call) listParts() (*reply, error) {
	u, err := c.openUpload()
	if err != nil {
		return nil, err
	}
	size, err := c.pageSize("max-parts")
	if err != nil {
		return nil, err
	}
	marker, err := numberMarker(c.query.Get("part-number-marker"))
	if err != nil {
		return nil, err
	}
	parts := u.partsAfter(marker)
	truncated := len(parts) > size
	parts = parts[:min(len(parts), size)]
	x := startDocument(nil, "ListPartsResult")
	x = appendElement(x, "Bucket", c.bucket)
	x = appendElement(x, "Key", c.key)
	x = appendElement(x, "UploadId", u.id)
	x = appendOwner(x, "Initiator", c.target().owner)
	x = appendOwner(x, "Owner", c.target().owner)
	x = appendElement(x, "StorageClass", u.class.String())
	x = appendElement(x, "PartNumberMarker", itoa(marker))
	if truncated && len(parts) > 0 {
		x = appendElement(x, "NextPartNumberMarker", itoa(parts[len(parts)-1].number))
	}
	x = appendElement(x, "MaxParts", itoa(size))
	x = appendElement(x, "IsTruncated", strconv.FormatBool(truncated))
	if !c.srv.cfg.Quirks.NoChecksums {
		x = appendElement(x, "ChecksumAlgorithm", u.alg.String())
		x = appendElement(x, "ChecksumType", u.checksumType())
	}
	for _, p := range parts {
		x = c.appendPart(x, p)
	}
	return xmlReply(append(x, "</ListPartsResult>"...)), nil
}

func (c *call) appendPart(dst []byte, p *part) []byte {
	dst = append(dst, "<Part>"...)
	dst = appendElement(dst, "PartNumber", itoa(p.number))
	dst = appendElement(dst, "LastModified", xmlTime(fromSeconds(p.modified)))
	dst = appendElement(dst, "ETag", quoted(p.etag()))
	dst = appendElement(dst, "Size", strconv.FormatInt(p.body.size, 10))
	if !c.srv.cfg.Quirks.NoChecksums && p.sum != "" {
		dst = appendElement(dst, p.alg.element(), p.sum)
	}
	return append(dst, "</Part>"...)
}

// numberMarker parses a part-number marker; an empty one is 0.
func numberMarker(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, errInvalidArgument.say("Provided part-number-marker not an integer or within integer range")
	}
	return int(n), nil
}

// partsAfter returns the parts with higher numbers, in order.
func (u *upload) partsAfter(number int) []*part {
	u.mu.Lock()
	defer u.mu.Unlock()
	var out []*part
	for n, p := range u.parts {
		if n > number {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *part) int { return cmp.Compare(a.number, b.number) })
	return out
}
