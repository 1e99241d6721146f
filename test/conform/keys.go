package conform

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// oddKeys are keys that S3 takes and that clients, servers and the XML and
// HTTP between them are known to mangle.
var oddKeys = []struct{ name, key string }{
	{"plain", "dir/sub/file.hdf"},
	{"space", "dir/a b.txt"},
	{"space-edge", " leading and trailing "},
	{"plus", "a+b.txt"},
	{"percent-2b", "a%2Bb.txt"},
	{"percent-20", "a%20b.txt"},
	{"percent-bare", "100%.txt"},
	{"quotes", `a"b'c.txt`},
	{"xml", "a<b>&amp;c].txt"},
	{"question-hash", "a?b#c=d&e;f.txt"},
	{"punctuation", "a!b$c(d)e*f,g:h@i|j~k^l{m}n[o]`.txt"},
	{"backslash", `dir\file.txt`},
	{"newline", "a\nb.txt"},
	{"carriage-return", "a\rb.txt"},
	{"tab", "a\tb.txt"},
	{"control", "a\u0001b.txt"},
	{"delete", "a\u007fb.txt"},
	{"accent-composed", "caf\u00e9.txt"},
	{"accent-decomposed", "cafe\u0301.txt"},
	{"emoji", "dir/😀🏳️‍🌈.png"},
	{"private-use", "a\uffeeb\ue000.txt"},
	{"double-slash", "a//b.txt"},
	{"leading-slash", "/a/b.txt"},
	{"trailing-slash", "dir/"},
	{"dot-segments", "a/./../b.txt"},
	{"dots", "..."},
	{"bytes-1024", strings.Repeat(strings.Repeat("d", 99)+"/", 10) + strings.Repeat("f", 24)},
	{"segment-300", strings.Repeat("s", 300)},
}

// keyChecks is one check for each odd key: put, list, head, copy, list the
// copy, and read it: the way every object of a run takes.
func keyChecks() []check {
	checks := []check{
		{"directory-and-file", keysDirectoryAndFile},
		{"not-normalized", keysNotNormalized},
		{"too-long", keysTooLong},
	}
	for _, odd := range oddKeys {
		checks = append(checks, check{odd.name, func(p *probe) { p.keyRoundTrip(odd.key) }})
	}
	return checks
}

func (p *probe) keyRoundTrip(key string) {
	source, archive := p.newBucket(), p.newBucket()
	body := fmt.Sprintf("the content of %q", key)
	p.put(source, key, body)
	p.equal("keys in the source", keysOf(p.list(source)), []string{key})
	p.equal("size", aws.ToInt64(p.head(source, key).ContentLength), int64(len(body)))
	_, err := p.s3.CopyObject(p.ctx, &s3.CopyObjectInput{
		Bucket: &archive, Key: &key, CopySource: copySource(source, key),
	})
	p.must("copy", err)
	p.equal("keys in the archive", keysOf(p.list(archive)), []string{key})
	p.holds(archive, key, []byte(body))
	p.equal("keys after the key itself", keysOf(p.list(archive, func(in *s3.ListObjectsV2Input) {
		in.StartAfter = &key
	})), []string{})
}

// "a" and "a/b" are two objects: S3 has no directories.
func keysDirectoryAndFile(p *probe) {
	bucket := p.newBucket()
	keys := []string{"a", "a/b", "a/b/c"}
	for _, key := range keys {
		p.put(bucket, key, "content of "+key)
	}
	p.equal("keys", keysOf(p.list(bucket)), keys)
	for _, key := range keys {
		p.holds(bucket, key, []byte("content of "+key))
	}
}

// Two spellings of one word are two keys: nothing is normalized or folded.
func keysNotNormalized(p *probe) {
	bucket := p.newBucket()
	keys := []string{"CAFE", "cafe", "cafe\u0301", "caf\u00e9"}
	for _, key := range keys {
		p.put(bucket, key, "content of "+key)
	}
	p.equal("keys", keysOf(p.list(bucket)), keys)
	for _, key := range keys {
		p.holds(bucket, key, []byte("content of "+key))
	}
}

func keysTooLong(p *probe) {
	bucket := p.newBucket()
	key := strings.Repeat(strings.Repeat("d", 99)+"/", 10) + strings.Repeat("f", 25)
	_, err := p.s3.PutObject(p.ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key})
	p.refused("put a key of 1025 bytes", err, 400, "KeyTooLongError")
}
