package s3sim

import (
	"crypto/md5"
	"encoding/binary"
	"net/http"
)

// putObject stores the body of a request.
func (c *call) putObject() (*reply, error) {
	b := c.target()
	cond, err := c.targetCondition()
	if err != nil {
		return nil, err
	}
	o, err := c.newObject(b)
	if err != nil {
		return nil, err
	}
	body, err := c.readPayload()
	if err != nil {
		return nil, err
	}
	if len(body.data) > maxPut {
		return nil, errEntityTooLarge
	}
	o.setContent(literal(body.data))
	o.digest.setMD5(body.md5)
	alg, sum := body.alg, body.sum
	if alg == noChecksum {
		alg = algCRC64NVME // what S3 computes if nobody asks for anything
	}
	c.srv.finish(o, alg, sum)
	if err := c.commit(b, o, cond); err != nil {
		return nil, err
	}
	p := newReply(http.StatusOK)
	p.set("ETag", quoted(c.etag(o)))
	c.setChecksum(p, o)
	o.attrs().sse.set(p)
	c.setVersion(p, o)
	return p, nil
}

// newObject returns an object without content for the key and headers of a
// request.
func (c *call) newObject(b *bucket) (*object, error) {
	if c.key == "" {
		return nil, errMethodNotAllowed
	}
	cl, err := c.requestedClass()
	if err != nil {
		return nil, err
	}
	a, err := c.requestedAttributes(b)
	if err != nil {
		return nil, err
	}
	o := &object{key: c.key, class: cl, modified: c.now}
	o.setAttrs(a)
	return o, nil
}

// finish gives an object with content its checksum, computed where sum is
// empty, and the ETag of its encryption.
func (s *Server) finish(o *object, alg algorithm, sum string) {
	o.alg = alg
	if alg != noChecksum && alg.crc() == nil {
		if sum == "" {
			sum = alg.sum(o.content())
		}
		a := *o.attrs()
		a.sum = sum
		o.setAttrs(a)
	}
	if o.attrs().sse.opaque() {
		o.digest.setMD5(s.opaqueMD5())
	}
}

// opaqueMD5 returns what the ETag of an encrypted object is made of: nothing
// that anybody could compute.
func (s *Server) opaqueMD5() [md5.Size]byte {
	var id [8]byte
	binary.BigEndian.PutUint64(id[:], s.ids.Add(1))
	return md5.Sum(append([]byte("s3sim encrypted"), id[:]...))
}

// commit makes o the current object of its key if the condition holds.
func (c *call) commit(b *bucket, o *object, cond targetCondition) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := cond.check(b.current(o.key), o.key, c.srv.cfg.MD5Limit); err != nil {
		return err
	}
	c.srv.store(b, o)
	return nil
}

// store puts o into the bucket under a new version id. The caller holds b.mu.
func (s *Server) store(b *bucket, o *object) {
	switch {
	case s.cfg.Quirks.OddETags:
		o.digest.setMD5(s.opaqueMD5())
		o.flags |= flagOddETag
	case s.cfg.Quirks.NameETags:
		o.digest.setMD5(md5.Sum([]byte(b.name + "/" + o.key)))
	}
	if b.versioning == "Enabled" {
		a := *o.attrs()
		a.versionID = s.newID()
		o.setAttrs(a)
	}
	b.store(o)
}
