package s3sim

import (
	"crypto/hmac"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxSkew is how far a client's clock may be off.
const maxSkew = 15 * time.Minute

const amzDateFormat = "20060102T150405Z"

// claim is what a request says about its signature.
type claim struct {
	scope       scope
	headers     []string // signed headers
	signature   string
	date        string        // as it is signed
	expires     time.Duration // of a presigned request, else 0
	payloadHash string        // x-amz-content-sha256
}

// verifier checks signatures. Signing keys are kept: deriving one costs as much
// as the rest of the check.
type verifier struct {
	accessKey, secret, region string
	keys                      sync.Map // scope → []byte
}

// verify checks the signature of a request and returns the claim that held.
func (v *verifier) verify(r *http.Request, query url.Values, now time.Time) (*claim, error) {
	cl, err := parseClaim(r, query)
	if err != nil {
		return nil, err
	}
	if err := v.checkScope(cl); err != nil {
		return nil, err
	}
	if err := cl.checkTime(now); err != nil {
		return nil, err
	}
	canonical := canonicalRequest(r, cl.headers, cl.payloadHash)
	want := sign(v.key(cl.scope), "", cl.date, cl.scope.String(), hexSHA256(canonical))
	if !hmac.Equal([]byte(want), []byte(cl.signature)) {
		return nil, errSignature.field("AWSAccessKeyId", cl.scope.accessKey).
			field("SignatureProvided", cl.signature).field("CanonicalRequest", canonical)
	}
	return cl, nil
}

func (v *verifier) key(s scope) []byte {
	if k, ok := v.keys.Load(s); ok {
		return k.([]byte)
	}
	k := s.key(v.secret)
	v.keys.Store(s, k)
	return k
}

func (v *verifier) checkScope(cl *claim) error {
	s := cl.scope
	switch {
	case s.accessKey != v.accessKey:
		return errInvalidAccessKey.field("AWSAccessKeyId", s.accessKey)
	case s.region != v.region:
		return errAuthMalformed.say("The authorization header is malformed; the region '"+s.region+
			"' is wrong; expecting '"+v.region+"'").field("Region", v.region)
	case s.service != "s3":
		return errAuthMalformed.say("The authorization header is malformed; incorrect service \"" +
			s.service + "\". This endpoint belongs to \"s3\".")
	case !strings.HasPrefix(cl.date, s.date):
		return errAuthMalformed.say("The authorization header is malformed; the date of the credential does not match x-amz-date.")
	case !slices.Contains(cl.headers, "host"):
		return errAuthMalformed.say("The authorization header is malformed; host must be signed.")
	}
	return nil
}

func (cl *claim) checkTime(now time.Time) error {
	signed, err := time.Parse(amzDateFormat, cl.date)
	if err != nil {
		return errAccessDenied.say("AWS authentication requires a valid Date or x-amz-date header")
	}
	age := now.Sub(signed)
	if cl.expires > 0 {
		if age > cl.expires {
			return errAccessDenied.say("Request has expired")
		}
		if age < -maxSkew {
			return errAccessDenied.say("Request is not valid yet")
		}
		return nil
	}
	if age > maxSkew || age < -maxSkew {
		return errTimeTooSkewed.field("RequestTime", cl.date).field("ServerTime", now.UTC().Format(time.RFC3339)).
			field("MaxAllowedSkewMilliseconds", strconv.FormatInt(maxSkew.Milliseconds(), 10))
	}
	return nil
}

func parseClaim(r *http.Request, query url.Values) (*claim, error) {
	header := r.Header.Get("Authorization")
	switch {
	case header == "" && query.Get("X-Amz-Algorithm") != "":
		return parsePresigned(r, query)
	case header == "":
		return nil, errAccessDenied
	case !strings.HasPrefix(header, signatureAlgorithm+" "):
		return nil, errInvalidRequest.say("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
	}
	return parseHeaderClaim(r, header[len(signatureAlgorithm)+1:])
}

func parseHeaderClaim(r *http.Request, fields string) (*claim, error) {
	cl := &claim{payloadHash: r.Header.Get("x-amz-content-sha256")}
	valid := false
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			cl.scope, valid = parseScope(value)
		case "SignedHeaders":
			cl.headers = strings.Split(value, ";")
		case "Signature":
			cl.signature = value
		}
	}
	if !valid || cl.signature == "" {
		return nil, errAuthMalformed
	}
	if cl.payloadHash == "" && r.ContentLength == 0 {
		cl.payloadHash = emptySHA256 // kinder than S3: curl before 8.0 sends none
	}
	if cl.payloadHash == "" {
		return nil, errInvalidRequest.say("Missing required header for this request: x-amz-content-sha256")
	}
	cl.date = headerDate(r.Header)
	return cl, nil
}

// headerDate returns the signed time of a request in x-amz-date's format.
func headerDate(h http.Header) string {
	if d := h.Get("x-amz-date"); d != "" {
		return d
	}
	if t, err := http.ParseTime(h.Get("Date")); err == nil {
		return t.UTC().Format(amzDateFormat)
	}
	return h.Get("Date")
}

// parsePresigned reads the claim of a presigned request.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
func parsePresigned(r *http.Request, query url.Values) (*claim, error) {
	if query.Get("X-Amz-Algorithm") != signatureAlgorithm {
		return nil, errAuthQuery.say(`X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"`)
	}
	s, ok := parseScope(query.Get("X-Amz-Credential"))
	expires, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	if !ok || err != nil || expires < 1 || expires > 604800 {
		return nil, errAuthQuery
	}
	cl := &claim{
		scope:       s,
		headers:     strings.Split(query.Get("X-Amz-SignedHeaders"), ";"),
		signature:   query.Get("X-Amz-Signature"),
		date:        query.Get("X-Amz-Date"),
		expires:     time.Duration(expires) * time.Second,
		payloadHash: unsignedPayload,
	}
	for _, hash := range []string{query.Get("X-Amz-Content-Sha256"), r.Header.Get("x-amz-content-sha256")} {
		if hash != "" {
			cl.payloadHash = hash
		}
	}
	return cl, nil
}
