package s3sim

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The credentials and time of Amazon's published examples.
const (
	exampleKey    = "AKIAIOSFODNN7EXAMPLE"
	exampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

var exampleTime = time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)

func exampleVerifier() *verifier {
	return &verifier{accessKey: exampleKey, secret: exampleSecret, region: "us-east-1"}
}

// The examples on
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
func TestPublishedSignatures(t *testing.T) {
	for name, tc := range map[string]struct {
		request, headers, signature string
	}{
		"get object": {
			"GET /test.txt HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\nRange: bytes=0-9\r\n" +
				"x-amz-content-sha256: " + emptySHA256 + "\r\nx-amz-date: 20130524T000000Z\r\n",
			"host;range;x-amz-content-sha256;x-amz-date",
			"f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
		},
		"put object": {
			"PUT /test%24file.text HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\nDate: Fri, 24 May 2013 00:00:00 GMT\r\n" +
				"x-amz-date: 20130524T000000Z\r\nx-amz-storage-class: REDUCED_REDUNDANCY\r\n" +
				"x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\r\n",
			"date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
			"98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
		},
		"parameter without value": {
			"GET /?lifecycle HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\nx-amz-date: 20130524T000000Z\r\n" +
				"x-amz-content-sha256: " + emptySHA256 + "\r\n",
			"host;x-amz-content-sha256;x-amz-date",
			"fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
		},
		"list": {
			"GET /?max-keys=2&prefix=J HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\nx-amz-date: 20130524T000000Z\r\n" +
				"x-amz-content-sha256: " + emptySHA256 + "\r\n",
			"host;x-amz-content-sha256;x-amz-date",
			"34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
		},
	} {
		for _, signature := range []string{tc.signature, strings.Repeat("0", 64)} {
			r := parseRequest(t, tc.request+"Authorization: AWS4-HMAC-SHA256 Credential="+exampleKey+
				"/20130524/us-east-1/s3/aws4_request,SignedHeaders="+tc.headers+",Signature="+signature+"\r\n")
			_, err := exampleVerifier().verify(r, r.URL.Query(), exampleTime)
			if (err == nil) != (signature == tc.signature) {
				t.Errorf("%s, signature %s: %v", name, signature, err)
			}
		}
	}
}

func parseRequest(t *testing.T, head string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
func TestPublishedPresignedRequest(t *testing.T) {
	r := parseRequest(t, "GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"+
		"&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"+
		"&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404 HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\n")
	for age, ok := range map[time.Duration]bool{0: true, 23 * time.Hour: true, 25 * time.Hour: false, -time.Hour: false} {
		if _, err := exampleVerifier().verify(r, r.URL.Query(), exampleTime.Add(age)); (err == nil) != ok {
			t.Errorf("after %v: %v", age, err)
		}
	}
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
func TestPublishedChunkSignatures(t *testing.T) {
	const first = "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"
	body := first + strings.Repeat("a", 65536) + "\r\n" +
		"400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" + strings.Repeat("a", 1024) + "\r\n" +
		"0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
	for name, text := range map[string]string{
		"as published": body,
		"other byte":   body[:len(first)+9] + "b" + body[len(first)+10:],
		"cut":          body[:len(body)-200],
		"no signature": strings.Replace(body, ";chunk-signature=", ";x=", 1),
	} {
		sc := scope{exampleKey, "20130524", "us-east-1", "s3"}
		signer := &chunkSigner{
			key: sc.key(exampleSecret), date: "20130524T000000Z", scope: sc.String(),
			previous: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
		}
		got, err := io.ReadAll(newChunkReader(strings.NewReader(text), signer))
		if ok := err == nil && string(got) == strings.Repeat("a", 66560); ok != (name == "as published") {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func FuzzChunkReader(f *testing.F) {
	f.Add([]byte("3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n"))
	f.Add([]byte("ffffffffffffffff\r\n"))
	f.Add([]byte("0"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := io.ReadAll(newChunkReader(bytes.NewReader(body), nil))
		if len(got) > len(body) {
			t.Errorf("%d bytes from %d", len(got), len(body))
		}
		again, errAgain := io.ReadAll(newChunkReader(&oneByte{bytes.NewReader(body)}, nil))
		if !bytes.Equal(got, again) || (err == nil) != (errAgain == nil) {
			t.Errorf("byte by byte: %q %v, at once: %q %v", again, errAgain, got, err)
		}
	})
}

// oneByte reads a byte at a time.
type oneByte struct{ r io.Reader }

func (o *oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(len(p), 1)]) }

func FuzzCopySource(f *testing.F) {
	for _, seed := range []string{"b/k", "/b/k%2B+?versionId=x", "b%2Fk", "%", "?versionId=", "b/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		from, err := parseCopySource(header)
		if err != nil {
			return
		}
		if from.bucket == "" || from.key == "" || strings.Contains(from.bucket, "/") {
			t.Errorf("%q: %+v", header, from)
		}
		text := awsEscape(from.bucket+"/"+from.key, true)
		if from.version != "" {
			text += "?versionId=" + from.version
		}
		if again, err := parseCopySource(text); err != nil || again != from {
			t.Errorf("%q: %+v, again %+v, %v", header, from, again, err)
		}
	})
}

func TestTheSDKsSignerAgrees(t *testing.T) {
	s := start(t, Config{})
	s.Put("glacier", "a", Object{})
	creds := aws.Credentials{AccessKeyID: s.AccessKey(), SecretAccessKey: s.SecretKey()}
	for name, tc := range map[string]struct {
		path   string
		creds  aws.Credentials
		region string
		at     time.Time
		status int
	}{
		"valid":            {"/glacier/a?x=%20b&y=a%2Bb&y=&x-id=1", creds, s.Region(), time.Now(), 200},
		"wrong secret":     {"/glacier/a", aws.Credentials{AccessKeyID: s.AccessKey(), SecretAccessKey: "x"}, s.Region(), time.Now(), 403},
		"unknown key":      {"/glacier/a", aws.Credentials{AccessKeyID: "x", SecretAccessKey: "x"}, s.Region(), time.Now(), 403},
		"other region":     {"/glacier/a", creds, "eu-west-1", time.Now(), 400},
		"slow clock":       {"/glacier/a", creds, s.Region(), time.Now().Add(-16 * time.Minute), 403},
		"fast clock":       {"/glacier/a", creds, s.Region(), time.Now().Add(16 * time.Minute), 403},
		"a little too old": {"/glacier/a", creds, s.Region(), time.Now().Add(-14 * time.Minute), 200},
	} {
		req := must(http.NewRequest("GET", s.URL()+tc.path, nil))(t)
		req.Header.Set("x-amz-content-sha256", emptySHA256)
		signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
		if err := signer.SignHTTP(ctx, tc.creds, req, emptySHA256, "s3", tc.region, tc.at); err != nil {
			t.Fatal(err)
		}
		resp := must(http.DefaultClient.Do(req))(t)
		body := must(io.ReadAll(resp.Body))(t)
		resp.Body.Close()
		if resp.StatusCode != tc.status || resp.Header.Get("x-amz-request-id") == "" {
			t.Errorf("%s: %s %s", name, resp.Status, body)
		}
	}
}

func TestAnonymousRequestsAreDenied(t *testing.T) {
	s := start(t, Config{})
	resp := must(http.Head(s.URL() + "/glacier"))(t)
	resp.Body.Close()
	if resp.StatusCode != 403 || resp.Header.Get("x-amz-bucket-region") != "us-east-1" {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
}

func TestPresignedByTheSDK(t *testing.T) {
	s := start(t, Config{})
	key := aws.String("a b/+%2B")
	presign := s3.NewPresignClient(client(s))
	put := must(presign.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("archive"), Key: key}))(t)
	req := must(http.NewRequest("PUT", put.URL, strings.NewReader("content")))(t)
	resp := must(http.DefaultClient.Do(req))(t)
	resp.Body.Close()
	get := must(presign.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("archive"), Key: key}))(t)
	resp = must(http.Get(get.URL))(t)
	defer resp.Body.Close()
	if got := must(io.ReadAll(resp.Body))(t); string(got) != "content" {
		t.Errorf("got %s", got)
	}
}

// Every way of sending a body, right and wrong.
func TestPayloads(t *testing.T) {
	s := start(t, Config{})
	const text = "hello, aws-chunked"
	sum := md5.Sum([]byte(text))
	goodCRC := algCRC32.sum(literal([]byte(text)))
	trailer := func(value string) string {
		return fmt.Sprintf("5\r\n%s\r\n%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n", text[:5], len(text)-5, text[5:], value)
	}
	for name, tc := range map[string]struct {
		hash, body string
		header     http.Header
		status     int
	}{
		"hash":           {hexSHA256(text), text, nil, 200},
		"wrong hash":     {hexSHA256("x"), text, nil, 400},
		"unsigned":       {unsignedPayload, text, nil, 200},
		"md5":            {unsignedPayload, text, http.Header{"Content-Md5": {base64.StdEncoding.EncodeToString(sum[:])}}, 200},
		"wrong md5":      {unsignedPayload, text, http.Header{"Content-Md5": {base64.StdEncoding.EncodeToString(make([]byte, 16))}}, 400},
		"no md5":         {unsignedPayload, text, http.Header{"Content-Md5": {"?"}}, 400},
		"checksum":       {unsignedPayload, text, http.Header{"X-Amz-Checksum-Crc32": {goodCRC}}, 200},
		"wrong checksum": {unsignedPayload, text, http.Header{"X-Amz-Checksum-Crc32": {"AAAAAA=="}}, 400},
		"trailer":        {streamingUnsigned, trailer(goodCRC), http.Header{"X-Amz-Decoded-Content-Length": {"18"}, "Content-Encoding": {"aws-chunked"}}, 200},
		"wrong trailer":  {streamingUnsigned, trailer("AAAAAA=="), http.Header{"X-Amz-Decoded-Content-Length": {"18"}}, 400},
		"wrong length":   {streamingUnsigned, trailer(goodCRC), http.Header{"X-Amz-Decoded-Content-Length": {"19"}}, 400},
		"cut":            {streamingUnsigned, trailer(goodCRC)[:20], http.Header{"X-Amz-Decoded-Content-Length": {"18"}}, 400},
	} {
		s.Delete("archive", "k")
		req := must(http.NewRequest("PUT", s.URL()+"/archive/k", strings.NewReader(tc.body)))(t)
		for header, values := range tc.header {
			req.Header[header] = values
		}
		signRequest(s, req, tc.hash, time.Now())
		resp := must(http.DefaultClient.Do(req))(t)
		answer := must(io.ReadAll(resp.Body))(t)
		resp.Body.Close()
		info, stored := s.Get("archive", "k")
		if resp.StatusCode != tc.status || stored != (tc.status == 200) {
			t.Errorf("%s: %s %s", name, resp.Status, answer)
		}
		if stored && (string(s.Read("archive", "k", 0, 99)) != text || info.ContentEncoding != "" || info.ETag != fmt.Sprintf("%x", sum)) {
			t.Errorf("%s: %+v", name, info)
		}
	}
}

// signedChunks encodes a body as STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER.
func signedChunks(key []byte, cl *claim, text, trailer string) string {
	var b strings.Builder
	previous := cl.signature
	for _, chunk := range []string{text[:7], text[7:], ""} {
		previous = sign(key, "-PAYLOAD", cl.date, cl.scope.String(), previous, emptySHA256, hexSHA256(chunk))
		fmt.Fprintf(&b, "%x;chunk-signature=%s\r\n%s", len(chunk), previous, chunk)
		if chunk != "" {
			b.WriteString("\r\n")
		}
	}
	signature := sign(key, "-TRAILER", cl.date, cl.scope.String(), previous, hexSHA256(trailer+"\n"))
	return b.String() + trailer + "\r\nx-amz-trailer-signature:" + signature + "\r\n\r\n"
}

func TestSignedTrailer(t *testing.T) {
	s := start(t, Config{})
	const text = "signed in chunks"
	for name, change := range map[string]func(string) string{
		"right":         func(b string) string { return b },
		"other trailer": func(b string) string { return strings.Replace(b, "x-amz-checksum-crc32:", "x-amz-checksum-crc32:A", 1) },
		"other content": func(b string) string { return strings.Replace(b, "chunks", "junks!", 1) },
	} {
		req := must(http.NewRequest("PUT", s.URL()+"/archive/k", nil))(t)
		req.Header.Set("x-amz-decoded-content-length", fmt.Sprint(len(text)))
		cl := signRequest(s, req, streamingTrailer, time.Now())
		body := change(signedChunks(cl.scope.key(s.SecretKey()), cl, text, "x-amz-checksum-crc32:"+algCRC32.sum(literal([]byte(text)))))
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		resp := must(http.DefaultClient.Do(req))(t)
		answer := must(io.ReadAll(resp.Body))(t)
		resp.Body.Close()
		if (resp.StatusCode == 200) != (name == "right") {
			t.Errorf("%s: %s %s", name, resp.Status, answer)
		}
	}
}

func TestVirtualHostedBucket(t *testing.T) {
	s := start(t, Config{})
	s.Put("archive", "a/b", Object{Body: []byte("x")})
	endpoint := must(url.Parse(s.URL()))(t)
	c := s3.New(s3.Options{
		BaseEndpoint: aws.String("http://localhost:" + endpoint.Port()), Region: s.Region(),
		Credentials: credentials.NewStaticCredentialsProvider(s.AccessKey(), s.SecretKey(), ""),
		HTTPClient: &http.Client{Transport: &http.Transport{
			Proxy: func(*http.Request) (*url.URL, error) { return endpoint, nil }, // also: the absolute form
		}},
	})
	if _, err := c.HeadObject(context.Background(), &s3.HeadObjectInput{Bucket: aws.String("archive"), Key: aws.String("a/b")}); err != nil {
		t.Error(err)
	}
}
