package s3sim

import (
	"crypto/md5"
	"encoding/xml"
	"strconv"
	"strings"
)

// completion is the body of CompleteMultipartUpload.
type completion struct {
	XMLName xml.Name
	Part    []completedPart
}

type completedPart struct {
	PartNumber        int
	ETag              string
	ChecksumCRC32     string
	ChecksumCRC32C    string
	ChecksumCRC64NVME string
	ChecksumSHA1      string
	ChecksumSHA256    string
}

// sum is the checksum that the client remembers for a part, or "".
func (p completedPart) sum(a algorithm) string {
	switch a {
	case algCRC32:
		return p.ChecksumCRC32
	case algCRC32C:
		return p.ChecksumCRC32C
	case algCRC64NVME:
		return p.ChecksumCRC64NVME
	case algSHA1:
		return p.ChecksumSHA1
	case algSHA256:
		return p.ChecksumSHA256
	}
	return ""
}

// completeMultipartUpload makes an object of the listed parts.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
func (c *call) completeMultipartUpload() (*reply, error) {
	cond, err := c.targetCondition()
	if err != nil {
		return nil, err
	}
	body, err := c.readBody() // checksum headers are about the object
	if err != nil {
		return nil, err
	}
	u, err := c.openUpload()
	if err != nil {
		return nil, err
	}
	var in completion
	if err := decodeXML(body.data, &in); err != nil {
		return nil, err
	}
	parts, err := u.pick(in.Part, c.srv.cfg.MinPart)
	if err != nil {
		return nil, err
	}
	o, err := c.assemble(u, parts)
	if err != nil {
		return nil, err
	}
	b := c.target()
	if err := c.commitUpload(b, u, o, cond); err != nil {
		return nil, err
	}
	x := startDocument(nil, "CompleteMultipartUploadResult")
	x = appendElement(x, "Location", c.srv.URL()+"/"+c.bucket+"/"+awsEscape(c.key, true))
	x = appendElement(x, "Bucket", c.bucket)
	x = appendElement(x, "Key", c.key)
	x = appendElement(x, "ETag", quoted(c.etag(o)))
	x = c.appendChecksum(x, o)
	p := xmlReply(append(x, "</CompleteMultipartUploadResult>"...))
	c.setVersion(p, o)
	o.attrs().sse.set(p)
	return p, nil
}

// pick returns the parts that the client lists, after checking them: all but
// the last have at least minPart bytes.
func (u *upload) pick(list []completedPart, minPart int64) ([]*part, error) {
	if len(list) == 0 {
		return nil, errMalformedXML
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	picked := make([]*part, 0, len(list))
	for i, want := range list {
		if i > 0 && want.PartNumber <= list[i-1].PartNumber {
			return nil, errInvalidPartOrder.field("UploadId", u.id)
		}
		p := u.parts[want.PartNumber]
		if p == nil || unquoted(want.ETag) != p.etag() ||
			want.sum(p.alg) != "" && want.sum(p.alg) != p.sum {
			return nil, errInvalidPart.field("UploadId", u.id).
				field("PartNumber", itoa(want.PartNumber)).field("ETag", want.ETag)
		}
		picked = append(picked, p)
	}
	for _, p := range picked[:len(picked)-1] {
		if p.body.size < minPart {
			return nil, errEntityTooSmall.field("ProposedSize", strconv.FormatInt(p.body.size, 10)).
				field("MinSizeAllowed", strconv.FormatInt(minPart, 10)).field("PartNumber", itoa(p.number)).field("ETag", p.etag())
		}
	}
	return picked, nil
}

// assemble makes the object, and checks what the request says about it.
func (c *call) assemble(u *upload, parts []*part) (*object, error) {
	o := &object{key: u.key, class: u.class, modified: c.now, alg: u.alg}
	a := u.attrs
	bodies := make([]*content, len(parts))
	sums := make([]string, len(parts))
	hash := md5.New()
	for i, p := range parts {
		bodies[i], sums[i] = p.body, p.sum
		hash.Write(p.md5[:])
		a.parts = append(a.parts, partInfo{size: p.body.size, sum: p.sum})
	}
	whole := concat(bodies)
	if text := c.r.Header.Get("x-amz-mp-object-size"); text != "" && text != strconv.FormatInt(whole.size, 10) {
		return nil, errInvalidRequest.say("The provided 'x-amz-mp-object-size' header does not match what was computed.")
	}
	if u.composite {
		sum, err := u.alg.composite(sums)
		if err != nil {
			return nil, errInternal
		}
		a.sum = sum
		o.flags |= flagComposite
	}
	o.setAttrs(a)
	o.setContent(whole)
	o.digest.setMD5([md5.Size]byte(hash.Sum(nil)))
	return o, c.checkObjectSum(o)
}

// checkObjectSum compares the checksum of the whole object with the one that
// the request gives.
func (c *call) checkObjectSum(o *object) error {
	alg, sum := givenChecksum(c.r.Header)
	if kind := c.r.Header.Get("x-amz-checksum-type"); kind != "" && alg != noChecksum && kind != o.checksumType() {
		return errInvalidRequest.say("The upload was created using the " + o.checksumType() +
			" checksum mode. The complete request must use the same checksum mode.")
	}
	if alg != o.alg {
		return nil
	}
	base, _, _ := strings.Cut(o.checksum(), "-")
	if given, _, _ := strings.Cut(sum, "-"); given != base {
		return errBadDigest.say("The " + alg.String() + " you specified did not match the calculated checksum.")
	}
	return nil
}

// commitUpload puts the object in place and ends the upload, both or neither.
func (c *call) commitUpload(b *bucket, u *upload, o *object, cond targetCondition) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.uploads[u.id] != u {
		return errNoSuchUpload.field("UploadId", u.id)
	}
	if err := cond.check(b.current(o.key), o.key, c.srv.cfg.MD5Limit); err != nil {
		return err
	}
	delete(b.uploads, u.id)
	c.srv.store(b, o)
	return nil
}
