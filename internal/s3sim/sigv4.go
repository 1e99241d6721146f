package s3sim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// scope is what a signature is valid for.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
type scope struct {
	accessKey, date, region, service string
}

// parseScope parses a credential: key/date/region/service/aws4_request.
func parseScope(credential string) (scope, bool) {
	f := strings.Split(credential, "/")
	if len(f) < 5 || f[len(f)-1] != "aws4_request" {
		return scope{}, false
	}
	n := len(f)
	return scope{
		accessKey: strings.Join(f[:n-4], "/"), date: f[n-4], region: f[n-3], service: f[n-2],
	}, true
}

func (s scope) String() string {
	return s.date + "/" + s.region + "/" + s.service + "/aws4_request"
}

// key derives the signing key.
func (s scope) key(secret string) []byte {
	k := hmacSHA256([]byte("AWS4"+secret), s.date)
	k = hmacSHA256(k, s.region)
	k = hmacSHA256(k, s.service)
	return hmacSHA256(k, "aws4_request")
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hexSHA256(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

const emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// canonicalRequest is the text of a request that its signature covers.
func canonicalRequest(r *http.Request, signedHeaders []string, payloadHash string) string {
	path, query := rawTarget(r)
	var b strings.Builder
	b.WriteString(r.Method + "\n" + canonicalPath(path) + "\n" + canonicalQuery(query) + "\n")
	for _, name := range signedHeaders {
		b.WriteString(name + ":" + signedValue(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(signedHeaders, ";") + "\n" + payloadHash)
	return b.String()
}

// canonicalPath escapes a path as S3 does: once, without cleaning it.
func canonicalPath(raw string) string {
	decoded, err := url.PathUnescape(raw)
	if err != nil {
		return raw
	}
	return awsEscape(decoded, true)
}

func canonicalQuery(raw string) string {
	if raw == "" {
		return ""
	}
	var pairs []string
	for part := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(part, "=")
		name, value = reescape(name), reescape(value)
		if part == "" || name == "X-Amz-Signature" {
			continue
		}
		pairs = append(pairs, name+"="+value)
	}
	slices.SortFunc(pairs, compareParameters)
	return strings.Join(pairs, "&")
}

// compareParameters sorts by name first: "a-b=" comes after "a=", though '-' is
// less than '='.
func compareParameters(a, b string) int {
	nameA, valueA, _ := strings.Cut(a, "=")
	nameB, valueB, _ := strings.Cut(b, "=")
	if c := strings.Compare(nameA, nameB); c != 0 {
		return c
	}
	return strings.Compare(valueA, valueB)
}

func reescape(s string) string {
	decoded, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return awsEscape(decoded, false)
}

// awsEscape escapes every byte but the unreserved ones and, in a path, '/'.
func awsEscape(s string, keepSlash bool) string {
	const digits = "0123456789ABCDEF"
	out := make([]byte, 0, len(s)+16)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if unreserved(c) || keepSlash && c == '/' {
			out = append(out, c)
		} else {
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(out)
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '_' || c == '.' || c == '~'
}

// signedValue is the value of a header as it is signed: trimmed, inner runs of
// spaces made one.
func signedValue(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length":
		return itoa(int(r.ContentLength))
	case "transfer-encoding":
		return strings.Join(r.TransferEncoding, ",")
	}
	values := r.Header[http.CanonicalHeaderKey(name)]
	if len(values) == 1 && !strings.Contains(values[0], "  ") {
		return strings.TrimSpace(values[0])
	}
	clean := make([]string, len(values))
	for i, v := range values {
		clean[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(clean, ",")
}

const signatureAlgorithm = "AWS4-HMAC-SHA256"

// sign signs one of the texts of Signature Version 4: kind is empty for a
// request, "-PAYLOAD" for a chunk and "-TRAILER" for the trailing headers.
func sign(key []byte, kind, date, scope string, lines ...string) string {
	text := signatureAlgorithm + kind + "\n" + date + "\n" + scope + "\n" + strings.Join(lines, "\n")
	return hex.EncodeToString(hmacSHA256(key, text))
}
