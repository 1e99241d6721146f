package s3sim

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// chunkReader decodes the aws-chunked encoding: chunks with their size in front
// and, where they are signed, a signature over each and over the trailer.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
type chunkReader struct {
	in      *bufio.Reader
	signer  *chunkSigner // nil: chunks are not signed
	trailer http.Header  // complete when Read has returned io.EOF
	left    int64        // bytes left in this chunk
	begun   bool
	err     error
}

// chunkSigner checks a chain of signatures, of which each covers the one before.
type chunkSigner struct {
	key         []byte
	date, scope string
	previous    string
	hash        hash.Hash // of this chunk
	expected    string    // this chunk's signature
	trailer     bool      // the trailer is signed too
}

func newChunkReader(in io.Reader, signer *chunkSigner) *chunkReader {
	return &chunkReader{in: bufio.NewReaderSize(in, 64<<10), signer: signer, trailer: http.Header{}}
}

func (c *chunkReader) Read(p []byte) (int, error) {
	for c.err == nil && c.left == 0 {
		c.err = c.next()
	}
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.in.Read(p[:min(int64(len(p)), c.left)])
	if c.signer != nil {
		c.signer.hash.Write(p[:n])
	}
	c.left -= int64(n)
	if err != nil {
		c.err = errIncompleteBody
	}
	return n, c.err
}

// next ends the chunk before and begins the next one. Behind the last it
// returns io.EOF.
func (c *chunkReader) next() error {
	if c.begun {
		if err := c.end(); err != nil {
			return err
		}
	}
	c.begun = true
	line, err := c.line()
	if err != nil {
		return err
	}
	size, extension, _ := strings.Cut(line, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 62)
	if err != nil {
		return errIncompleteBody.say("A chunk's size could not be read")
	}
	if c.signer != nil {
		if err := c.signer.begin(extension); err != nil {
			return err
		}
	}
	if n == 0 {
		return c.finish()
	}
	c.left = int64(n)
	return nil
}

// end reads what stands behind a chunk's bytes and checks its signature.
func (c *chunkReader) end() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	if line != "" {
		return errIncompleteBody.say("A chunk is longer than its size says")
	}
	if c.signer != nil {
		return c.signer.check()
	}
	return nil
}

// finish reads the trailer.
func (c *chunkReader) finish() error {
	if c.signer != nil {
		if err := c.signer.check(); err != nil {
			return err
		}
	}
	var signed strings.Builder
	signature := ""
	for {
		line, err := c.line()
		if err != nil || line == "" {
			break // the end of the body ends the trailer as well
		}
		name, value, _ := strings.Cut(line, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if name == "x-amz-trailer-signature" {
			signature = value
			continue
		}
		signed.WriteString(name + ":" + value + "\n")
		c.trailer.Set(name, value)
	}
	if c.signer != nil && c.signer.trailer && !c.signer.holdsTrailer(signed.String(), signature) {
		return errSignature
	}
	return io.EOF
}

// line reads a line without its end; \n alone is taken too.
func (c *chunkReader) line() (string, error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return "", errIncompleteBody
	}
	return strings.TrimSuffix(string(line[:len(line)-1]), "\r"), nil
}

func (s *chunkSigner) begin(extension string) error {
	signature, ok := strings.CutPrefix(strings.TrimSpace(extension), "chunk-signature=")
	if !ok {
		return errIncompleteBody.say("A chunk has no signature")
	}
	s.expected, s.hash = signature, sha256.New()
	return nil
}

func (s *chunkSigner) check() error {
	sum := hex.EncodeToString(s.hash.Sum(nil))
	got := sign(s.key, "-PAYLOAD", s.date, s.scope, s.previous, emptySHA256, sum)
	if !hmac.Equal([]byte(got), []byte(s.expected)) {
		return errSignature
	}
	s.previous = got
	return nil
}

func (s *chunkSigner) holdsTrailer(text, signature string) bool {
	got := sign(s.key, "-TRAILER", s.date, s.scope, s.previous, hexSHA256(text))
	return hmac.Equal([]byte(got), []byte(signature))
}
