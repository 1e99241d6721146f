package s3sim

import (
	"crypto/md5"
	"encoding/binary"
	"sync/atomic"
)

// digest holds an object's MD5 and CRC once they are known. Several goroutines
// may compute them at the same time: they store the same values.
type digest struct {
	md5   [2]atomic.Uint64
	crc   atomic.Uint64
	known atomic.Uint32
}

const (
	knownMD5 = 1 << iota
	knownCRC
)

func (d *digest) setMD5(sum [md5.Size]byte) {
	d.md5[0].Store(binary.BigEndian.Uint64(sum[:8]))
	d.md5[1].Store(binary.BigEndian.Uint64(sum[8:]))
	d.known.Or(knownMD5)
}

func (d *digest) getMD5() (sum [md5.Size]byte, ok bool) {
	if d.known.Load()&knownMD5 == 0 {
		return sum, false
	}
	binary.BigEndian.PutUint64(sum[:8], d.md5[0].Load())
	binary.BigEndian.PutUint64(sum[8:], d.md5[1].Load())
	return sum, true
}

func (d *digest) setCRC(sum uint64) {
	d.crc.Store(sum)
	d.known.Or(knownCRC)
}

func (d *digest) getCRC() (uint64, bool) {
	return d.crc.Load(), d.known.Load()&knownCRC != 0
}

func (d *digest) copyFrom(other *digest) {
	if sum, ok := other.getMD5(); ok {
		d.setMD5(sum)
	}
	if sum, ok := other.getCRC(); ok {
		d.setCRC(sum)
	}
}

// md5 returns what the ETag is made of: a digest of the content, or of the
// parts' digests for a multipart object.
func (o *object) md5(limit int64) [md5.Size]byte {
	if sum, ok := o.digest.getMD5(); ok {
		return sum
	}
	var sum [md5.Size]byte
	if parts := o.attrs().parts; len(parts) > 0 {
		sum = compositeMD5(o.content(), parts, limit)
	} else {
		sum = o.contentMD5(limit)
	}
	o.digest.setMD5(sum)
	return sum
}

// contentMD5 avoids allocating a content for the tiny objects of which there
// are many.
func (o *object) contentMD5(limit int64) [md5.Size]byte {
	if o.body == nil && o.size <= min(limit, 1024) {
		var small [1024]byte
		fillSynthetic(small[:o.size], o.seed, 0)
		return md5.Sum(small[:o.size])
	}
	return o.content().md5(limit)
}

func compositeMD5(body *content, parts []partInfo, limit int64) [md5.Size]byte {
	h := md5.New()
	var off int64
	for _, p := range parts {
		sum := body.slice(off, p.size).md5(limit)
		h.Write(sum[:])
		off += p.size
	}
	return [md5.Size]byte(h.Sum(nil))
}

// checksum returns o's checksum in base64 as S3 writes it, a composite one with
// the number of parts; "" where o has none.
func (o *object) checksum() string {
	switch {
	case o.alg == noChecksum:
		return ""
	case o.is(flagComposite):
		return o.attrs().sum + "-" + itoa(o.partCount())
	case o.alg.crc() == nil:
		return o.attrs().sum
	}
	c := o.alg.crc()
	sum, ok := o.digest.getCRC()
	if !ok {
		sum = c.of(o.content())
		o.digest.setCRC(sum)
	}
	return c.text(sum)
}

func (o *object) checksumType() string {
	if o.is(flagComposite) {
		return typeComposite
	}
	return typeFullObject
}

const (
	typeComposite  = "COMPOSITE"
	typeFullObject = "FULL_OBJECT"
)
