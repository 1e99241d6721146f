package s3sim

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// upload is a multipart upload that is neither completed nor aborted.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
type upload struct {
	id        string
	key       string
	initiated time.Time
	attrs     attributes
	class     class
	alg       algorithm
	composite bool // the checksum will be one of the parts' checksums

	mu    sync.Mutex
	parts map[int]*part
}

// part is a part of an upload. It is replaced, not changed.
type part struct {
	number   int
	body     *content
	md5      [md5.Size]byte
	alg      algorithm
	sum      string // base64, "" = none
	modified uint32
}

const (
	maxParts = 10000
	minPart  = 5 << 20 // bytes; the last part may be smaller. Config may say another one
)

func (p *part) etag() string { return hex.EncodeToString(p.md5[:]) }

// Upload is a multipart upload that is neither completed nor aborted.
type Upload struct {
	Key, UploadID string
	Initiated     time.Time
	Parts         int // how many it has so far
}

// OpenUploads returns a bucket's open uploads by key and id.
func (s *Server) OpenUploads(bucket string) []Upload {
	var out []Upload
	for _, u := range s.mustBucket(bucket).openUploads() {
		u.mu.Lock()
		out = append(out, Upload{Key: u.key, UploadID: u.id, Initiated: u.initiated, Parts: len(u.parts)})
		u.mu.Unlock()
	}
	return out
}

// openUploads returns the uploads in the order in which they are listed.
func (b *bucket) openUploads() []*upload {
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := make([]*upload, 0, len(b.uploads))
	for _, u := range b.uploads {
		all = append(all, u)
	}
	slices.SortFunc(all, func(x, y *upload) int {
		return cmp.Or(strings.Compare(x.key, y.key), strings.Compare(x.id, y.id))
	})
	return all
}

// openUpload returns the upload that a request is about.
func (c *call) openUpload() (*upload, error) {
	b := c.target()
	b.mu.RLock()
	defer b.mu.RUnlock()
	id := c.query.Get("uploadId")
	u := b.uploads[id]
	if u == nil || u.key != c.key {
		return nil, errNoSuchUpload.field("UploadId", id)
	}
	return u, nil
}

func (c *call) createMultipartUpload() (*reply, error) {
	b := c.target()
	o, err := c.newObject(b)
	if err != nil {
		return nil, err
	}
	u := &upload{
		id: c.srv.newID(), key: c.key, initiated: fromSeconds(c.now),
		attrs: *o.attrs(), class: o.class, parts: map[int]*part{},
	}
	if err := u.setChecksum(c.r.Header); err != nil {
		return nil, err
	}
	b.mu.Lock()
	b.uploads[u.id] = u
	b.mu.Unlock()
	x := startDocument(nil, "InitiateMultipartUploadResult")
	x = appendElement(x, "Bucket", c.bucket)
	x = appendElement(x, "Key", c.key)
	x = appendElement(x, "UploadId", u.id)
	p := xmlReply(append(x, "</InitiateMultipartUploadResult>"...))
	u.attrs.sse.set(p)
	if !c.srv.cfg.Quirks.NoChecksums && c.r.Header.Get("x-amz-checksum-algorithm") != "" {
		p.set("x-amz-checksum-algorithm", u.alg.String())
		p.set("x-amz-checksum-type", u.checksumType())
	}
	return p, nil
}

// setChecksum reads which checksum the object shall have. CRC64NVME is always
// of the full object, SHA always composite, the others composite by default.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
func (u *upload) setChecksum(h http.Header) error {
	alg, ok := parseAlgorithm(h.Get("x-amz-checksum-algorithm"))
	if !ok {
		return errInvalidRequest.say("Checksum algorithm provided is unsupported.")
	}
	if u.alg = alg; alg == noChecksum {
		u.alg = algCRC64NVME
	}
	isSHA := u.alg.crc() == nil
	switch kind := h.Get("x-amz-checksum-type"); {
	case kind == "":
		u.composite = u.alg != algCRC64NVME
	case kind == typeComposite && u.alg != algCRC64NVME:
		u.composite = true
	case kind == typeFullObject && !isSHA:
		u.composite = false
	default:
		return errInvalidRequest.say("The " + kind + " checksum type cannot be used with the " +
			strings.ToLower(u.alg.String()) + " checksum algorithm.")
	}
	return nil
}

func (u *upload) checksumType() string {
	if u.composite {
		return typeComposite
	}
	return typeFullObject
}

func (c *call) abortMultipartUpload() (*reply, error) {
	if _, err := c.openUpload(); err != nil {
		return nil, err
	}
	b := c.target()
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.uploads, c.query.Get("uploadId"))
	return newReply(http.StatusNoContent), nil
}
