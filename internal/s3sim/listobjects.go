package s3sim

import "slices"

// listObjectsV2 answers a page of a bucket's keys.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
func (c *call) listObjectsV2() (*reply, error) {
	q, err := c.parseListQuery()
	if err != nil {
		return nil, err
	}
	start, token := c.query.Get("start-after"), c.query.Get("continuation-token")
	if c.query.Has("continuation-token") {
		name, err := decodeToken(token)
		if err != nil {
			return nil, err
		}
		q.startAfter(name)
	} else if start != "" {
		q.startAfter(start)
	}
	b := c.target()
	p := b.list(q)
	e := c.encoder(q)
	if c.query.Get("fetch-owner") == "true" {
		e.owner = b.owner
	}
	buf := pages.Get().(*[]byte)
	x := startDocument(slices.Grow((*buf)[:0], p.bytes()), "ListBucketResult")
	x = c.listHead(x, q, p.truncated)
	x = appendElement(x, "KeyCount", itoa(len(p.entries)))
	if start != "" {
		x = q.keys.element(x, "StartAfter", start)
	}
	x = appendOptional(x, "ContinuationToken", token)
	if p.truncated {
		x = appendElement(x, "NextContinuationToken", encodeToken(p.last()))
	}
	x = e.entries(x, p)
	r := xmlReply(append(x, "</ListBucketResult>"...))
	r.pooled = buf
	return r, nil
}

// listObjects answers the listing that came before V2.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
func (c *call) listObjects() (*reply, error) {
	q, err := c.parseListQuery()
	if err != nil {
		return nil, err
	}
	marker := c.query.Get("marker")
	if marker != "" {
		q.startAfter(marker)
	}
	b := c.target()
	p := b.list(q)
	e := c.encoder(q)
	e.owner = b.owner
	buf := pages.Get().(*[]byte)
	x := startDocument(slices.Grow((*buf)[:0], p.bytes()), "ListBucketResult")
	x = c.listHead(x, q, p.truncated)
	x = q.keys.element(x, "Marker", marker)
	if p.truncated && q.delimiter != "" {
		x = q.keys.element(x, "NextMarker", p.last())
	}
	x = e.entries(x, p)
	r := xmlReply(append(x, "</ListBucketResult>"...))
	r.pooled = buf
	return r, nil
}
