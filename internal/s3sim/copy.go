package s3sim

import "net/http"

const opCopyObject = "CopyObject"

// copyObject copies up to 5 GiB within the server.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
func (c *call) copyObject() (*reply, error) {
	b := c.target()
	cond, err := c.targetCondition()
	if err != nil {
		return nil, err
	}
	src, from, err := c.source()
	if err != nil {
		return nil, err
	}
	if src.size > maxPut {
		return nil, errInvalidRequest.say("The specified copy source is larger than the maximum allowable size for a copy source: 5368709120")
	}
	if limit := c.srv.cfg.Quirks.LargestCopy; limit > 0 && src.size > limit {
		return nil, newError(http.StatusRequestEntityTooLarge, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
	}
	o, err := c.copyOf(src, b)
	if err != nil {
		return nil, err
	}
	if from.bucket == c.bucket && from.key == c.key && from.version == "" && !c.changes(src, o) {
		return nil, errInvalidRequest.say("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	if !c.wait(c.srv.limits.transferTime(src.size)) {
		return nil, nil // nobody is there to see the answer
	}
	if err := c.commit(b, o, cond); err != nil {
		return nil, err
	}
	x := c.copyResult("CopyObjectResult", o)
	p := xmlReply(x)
	c.setVersion(p, o)
	if src.attrs().versionID != "" {
		p.set("x-amz-copy-source-version-id", src.versionID())
	}
	o.attrs().sse.set(p)
	return p, nil
}

func (c *call) copyResult(root string, o *object) []byte {
	x := startDocument(nil, root)
	x = appendElement(x, "LastModified", xmlTime(o.modifiedAt()))
	x = appendElement(x, "ETag", quoted(c.etag(o)))
	x = c.appendChecksum(x, o)
	return appendEnd(x, root)
}

// appendChecksum appends the elements of an object's checksum.
func (c *call) appendChecksum(dst []byte, o *object) []byte {
	if o.alg == noChecksum || c.srv.cfg.Quirks.NoChecksums {
		return dst
	}
	dst = appendElement(dst, o.alg.element(), o.checksum())
	return appendElement(dst, "ChecksumType", o.checksumType())
}

// copyOf makes the object that a copy of src will be: with the content of src,
// its metadata and tags unless they are replaced, and nothing else of it. In
// particular it is one part, and in STANDARD unless the request says otherwise.
func (c *call) copyOf(src *object, b *bucket) (*object, error) {
	o, err := c.newObject(b)
	if err != nil {
		return nil, err
	}
	alg, ok := parseAlgorithm(c.r.Header.Get("x-amz-checksum-algorithm"))
	if !ok {
		return nil, errInvalidRequest.say("Checksum algorithm provided is unsupported.")
	}
	a, err := c.copiedAttributes(*o.attrs(), src)
	if err != nil {
		return nil, err
	}
	o.setAttrs(a)
	o.setContent(src.content())
	if src.partCount() == 0 && !src.attrs().sse.opaque() {
		if sum, ok := src.digest.getMD5(); ok {
			o.digest.setMD5(sum)
		}
	}
	if alg == noChecksum {
		alg = src.alg
	}
	if alg == noChecksum {
		alg = algCRC64NVME
	}
	c.srv.finish(o, alg, knownSum(src, alg, o))
	return o, nil
}

// knownSum passes on the full-object checksum of a copy's source, so that it is
// not computed again.
func knownSum(src *object, alg algorithm, o *object) string {
	if src.alg != alg || src.is(flagComposite) {
		return ""
	}
	if sum, ok := src.digest.getCRC(); ok {
		o.digest.setCRC(sum)
	}
	return src.attrs().sum
}

// copiedAttributes applies the directives: what to take over from the source.
func (c *call) copiedAttributes(a attributes, src *object) (attributes, error) {
	from := src.attrs()
	switch directive := c.r.Header.Get("x-amz-metadata-directive"); directive {
	case "", "COPY":
		a.headers, a.meta = from.headers, from.meta
	case "REPLACE":
	default:
		return a, errInvalidArgument.say("Unknown metadata directive.")
	}
	switch directive := c.r.Header.Get("x-amz-tagging-directive"); directive {
	case "", "COPY":
		a.tags = from.tags
	case "REPLACE":
	default:
		return a, errInvalidArgument.say("Unknown tagging directive.")
	}
	return a, nil
}

// changes reports whether copying src onto itself as o would change anything
// that S3 accepts as a reason.
func (c *call) changes(src, o *object) bool {
	h := c.r.Header
	return h.Get("x-amz-metadata-directive") == "REPLACE" ||
		h.Get("x-amz-storage-class") != "" || o.class != src.class ||
		h.Get(sseHeader) != "" || h.Get(customerAlgorithm) != "" ||
		h.Get("x-amz-website-redirect-location") != ""
}
