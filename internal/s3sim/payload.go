package s3sim

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const (
	unsignedPayload   = "UNSIGNED-PAYLOAD"
	streamingUnsigned = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	streamingSigned   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	streamingTrailer  = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
)

// payload is a request's body, decoded and checked against everything that the
// request says about it.
type payload struct {
	data    []byte
	md5     [md5.Size]byte
	alg     algorithm // of the checksum that came along
	sum     string
	trailer http.Header
}

// maxPut is the size that one PUT, COPY or part may have: 5 GiB.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const maxPut = 5 << 30

// readPayload reads the body of a request whose checksum headers are about it.
func (c *call) readPayload() (*payload, error) {
	p, err := c.readBody()
	if err != nil {
		return nil, err
	}
	p.alg, p.sum = givenChecksum(c.r.Header)
	if p.alg == noChecksum {
		p.alg, p.sum = givenChecksum(p.trailer)
	}
	if p.alg == noChecksum {
		return p, nil
	}
	if got := p.alg.sum(literal(p.data)); got != p.sum {
		return nil, errBadDigest.say("The " + p.alg.String() + " you specified did not match the calculated checksum.")
	}
	return p, nil
}

// readBody reads the body and checks its length, hash and MD5.
func (c *call) readBody() (*payload, error) {
	if c.r.ContentLength > maxPut+(64<<20) { // with the chunks' own lines
		return nil, errEntityTooLarge
	}
	in, chunks := c.decoder()
	length, err := c.decodedLength(chunks != nil)
	if err != nil {
		return nil, err
	}
	data, err := readAll(in, length)
	if err != nil {
		return nil, err
	}
	p := &payload{data: data, md5: md5.Sum(data), trailer: http.Header{}}
	if chunks != nil {
		p.trailer = chunks.trailer
	} else if err := c.checkHash(data); err != nil {
		return nil, err
	}
	return p, c.checkMD5(p.md5)
}

// decoder returns a reader of the body without aws-chunked encoding.
func (c *call) decoder() (io.Reader, *chunkReader) {
	hash := c.claim.payloadHash
	if !strings.HasPrefix(hash, "STREAMING-") {
		return c.r.Body, nil
	}
	var signer *chunkSigner
	if hash != streamingUnsigned {
		signer = &chunkSigner{
			key: c.srv.auth.key(c.claim.scope), date: c.claim.date, scope: c.claim.scope.String(),
			previous: c.claim.signature, trailer: hash == streamingTrailer,
		}
	}
	chunks := newChunkReader(c.r.Body, signer)
	return chunks, chunks
}

// decodedLength is how long the body says it is, -1 if it does not.
func (c *call) decodedLength(chunked bool) (int64, error) {
	if !chunked {
		return c.r.ContentLength, nil
	}
	text := c.r.Header.Get("x-amz-decoded-content-length")
	if text == "" {
		return -1, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || n < 0:
		return 0, errInvalidArgument.say("x-amz-decoded-content-length is not a size")
	case n > maxPut:
		return 0, errEntityTooLarge
	}
	return n, nil
}

// readAll reads a body of length bytes, or of any length if that is negative.
func readAll(in io.Reader, length int64) ([]byte, error) {
	const trusted = 64 << 20 // a header alone shall not make us allocate more
	buf := bytes.NewBuffer(make([]byte, 0, min(max(length, 0), trusted)+bytes.MinRead))
	n, err := buf.ReadFrom(io.LimitReader(in, maxPut+1))
	if n > maxPut {
		return nil, errEntityTooLarge
	}
	if _, known := errors.AsType[*apiError](err); known {
		return nil, err
	}
	if err != nil || length >= 0 && n != length {
		return nil, errIncompleteBody
	}
	if buf.Cap() > buf.Len()+buf.Len()/8 {
		return bytes.Clone(buf.Bytes()), nil
	}
	return buf.Bytes(), nil
}

func (c *call) checkHash(data []byte) error {
	want := c.claim.payloadHash
	if want == unsignedPayload {
		return nil
	}
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); got != want {
		return errContentSHA256.field("ClientComputedContentSHA256", want).field("S3ComputedContentSHA256", got)
	}
	return nil
}

func (c *call) checkMD5(sum [md5.Size]byte) error {
	text := c.r.Header.Get("Content-MD5")
	if text == "" {
		return nil
	}
	want, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(want) != md5.Size {
		return errInvalidDigest
	}
	if [md5.Size]byte(want) != sum {
		return errBadDigest
	}
	return nil
}
