package s3sim

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// requestedAttributes are what the headers of a request that makes an object
// (PutObject, CopyObject, CreateMultipartUpload) say about it.
func (c *call) requestedAttributes(b *bucket) (attributes, error) {
	h := c.r.Header
	var a attributes
	var err error
	a.headers = contentHeaders{
		contentType:  h.Get("Content-Type"),
		cacheControl: h.Get("Cache-Control"),
		disposition:  h.Get("Content-Disposition"),
		encoding:     withoutChunked(h.Values("Content-Encoding")),
		language:     h.Get("Content-Language"),
		expires:      h.Get("Expires"),
	}
	if a.meta, err = requestedMetadata(h); err != nil {
		return a, err
	}
	if a.tags, err = parseTagging(h.Get("x-amz-tagging")); err != nil {
		return a, err
	}
	a.acl, a.redirect = h.Get("x-amz-acl"), h.Get("x-amz-website-redirect-location")
	a.sse, err = requestedEncryption(h, b)
	return a, err
}

// requestedClass is the storage class that a request asks for.
func (c *call) requestedClass() (class, error) {
	cl, ok := parseClass(c.r.Header.Get("x-amz-storage-class"))
	if !ok {
		return cl, newError(http.StatusBadRequest, "InvalidStorageClass", "The storage class you specified is not valid")
	}
	return cl, nil
}

// withoutChunked takes aws-chunked, which is about the request only, out of a
// content encoding.
func withoutChunked(values []string) string {
	var keep []string
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		if part = strings.TrimSpace(part); part != "" && part != "aws-chunked" {
			keep = append(keep, part)
		}
	}
	return strings.Join(keep, ",")
}

const (
	metaPrefix  = "X-Amz-Meta-"
	maxMetadata = 2 << 10 // bytes of names and values together
)

func requestedMetadata(h http.Header) (map[string]string, error) {
	var meta map[string]string
	size := 0
	for name, values := range h {
		if !strings.HasPrefix(name, metaPrefix) {
			continue
		}
		if meta == nil {
			meta = map[string]string{}
		}
		short := strings.ToLower(name[len(metaPrefix):])
		meta[short] = strings.Join(values, ",")
		size += len(short) + len(meta[short])
	}
	if size > maxMetadata {
		return nil, errMetadataTooLarge.field("Size", itoa(size)).field("MaxSizeAllowed", itoa(maxMetadata))
	}
	return meta, nil
}

// parseTagging parses x-amz-tagging, which has the form of a query.
func parseTagging(header string) (map[string]string, error) {
	if header == "" {
		return nil, nil
	}
	values, err := url.ParseQuery(header)
	if err != nil {
		return nil, errInvalidArgument.say("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	}
	tags := map[string]string{}
	for name, v := range values {
		if len(v) > 1 {
			return nil, errInvalidTag.say("Cannot provide multiple Tags with the same key")
		}
		tags[name] = v[0]
	}
	return tags, checkTags(tags)
}

// checkTags checks S3's limits on tags.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
func checkTags(tags map[string]string) error {
	if len(tags) > 10 {
		return newError(http.StatusBadRequest, "BadRequest", "Object tags cannot be greater than 10")
	}
	for name, value := range tags {
		switch {
		case name == "" || utf8.RuneCountInString(name) > 128:
			return errInvalidTag.say("The TagKey you have provided is invalid")
		case utf8.RuneCountInString(value) > 256:
			return errInvalidTag.say("The TagValue you have provided is invalid")
		}
	}
	return nil
}

const (
	sseHeader         = "x-amz-server-side-encryption"
	sseKeyHeader      = "x-amz-server-side-encryption-aws-kms-key-id"
	customerAlgorithm = "x-amz-server-side-encryption-customer-algorithm"
	customerMD5       = "x-amz-server-side-encryption-customer-key-md5"
)

// requestedEncryption is how an object shall be encrypted: as the request says,
// else as the bucket does by default.
func requestedEncryption(h http.Header, b *bucket) (encryption, error) {
	switch alg := h.Get(sseHeader); alg {
	case "":
		if h.Get(customerAlgorithm) != "" {
			return encryption{customerMD5: h.Get(customerMD5)}, nil
		}
		if b.kmsKey != "" {
			return encryption{algorithm: "aws:kms", keyID: b.kmsKey}, nil
		}
		return encryption{}, nil
	case "AES256":
		return encryption{}, nil
	case "aws:kms", "aws:kms:dsse":
		key := h.Get(sseKeyHeader)
		setDefault(&key, defaultKMSKey)
		return encryption{algorithm: alg, keyID: key}, nil
	}
	return encryption{}, errInvalidArgument.say("The encryption method specified is not supported")
}

// defaultKMSKey is the key of aws:kms requests that name none.
const defaultKMSKey = "arn:aws:kms:us-east-1:" + DefaultOwnerID + ":key/aws-s3"

// checkCustomerKey refuses to read an SSE-C object without its key.
func checkCustomerKey(o *object, md5 string) error {
	if want := o.attrs().sse.customerMD5; want != md5 {
		return errInvalidRequest.say("The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.")
	}
	return nil
}

// set adds the headers that say how an object is encrypted.
func (e encryption) set(p *reply) {
	switch {
	case e.customerMD5 != "":
		p.set(customerAlgorithm, "AES256")
		p.set(customerMD5, e.customerMD5)
	case e.algorithm != "":
		p.set(sseHeader, e.algorithm)
		p.set(sseKeyHeader, e.keyID)
	default:
		p.set(sseHeader, "AES256")
	}
}

// describe adds the headers that an object has in answers to GET and HEAD.
func (c *call) describe(p *reply, o *object) {
	a := o.attrs()
	p.set("Last-Modified", httpTime(o.modified))
	p.set("ETag", quoted(c.etag(o)))
	p.set("Accept-Ranges", "bytes")
	contentType := a.headers.contentType
	setDefault(&contentType, "binary/octet-stream")
	p.set("Content-Type", contentType)
	p.set("Cache-Control", a.headers.cacheControl)
	p.set("Content-Disposition", a.headers.disposition)
	p.set("Content-Encoding", a.headers.encoding)
	p.set("Content-Language", a.headers.language)
	p.set("Expires", a.headers.expires)
	p.set("x-amz-website-redirect-location", a.redirect)
	for _, name := range slices.Sorted(maps.Keys(a.meta)) {
		p.set(strings.ToLower(metaPrefix)+name, a.meta[name])
	}
	if len(a.tags) > 0 {
		p.set("x-amz-tagging-count", itoa(len(a.tags)))
	}
	a.sse.set(p)
	c.setVersion(p, o)
	c.describeClass(p, o)
}

// describeClass adds storage class and restore state; STANDARD has no header.
func (c *call) describeClass(p *reply, o *object) {
	quirks := &c.srv.cfg.Quirks
	if name := quirks.className(o, c.now); name != classStandard.String() {
		p.set("x-amz-storage-class", name)
	}
	state := o.at(c.now)
	if quirks.undated(o, state) {
		p.set("x-amz-restore", `ongoing-request="false"`)
	} else {
		p.set("x-amz-restore", state.header())
	}
	p.set("x-amz-archive-status", state.archive)
}

func (c *call) etag(o *object) string { return o.etag(c.srv.cfg.MD5Limit) }

// setVersion adds the version id where the bucket has or had versioning.
func (c *call) setVersion(p *reply, o *object) {
	b := c.target()
	b.mu.RLock()
	versioning := b.versioning
	b.mu.RUnlock()
	if versioning != "" {
		p.set("x-amz-version-id", o.versionID())
	}
}

// setChecksum adds o's checksum to an answer.
func (c *call) setChecksum(p *reply, o *object) {
	if o.alg == noChecksum || c.srv.cfg.Quirks.NoChecksums {
		return
	}
	p.set(o.alg.header(), o.checksum())
	p.set("x-amz-checksum-type", o.checksumType())
}
