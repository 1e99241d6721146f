package s3sim

import (
	"net/http"
	"sort"
	"strings"
	"time"
)

// signRequest signs a request with our own code; what the code is worth is
// tested with the SDK's signer and with published values.
func signRequest(s *Server, r *http.Request, payloadHash string, now time.Time) *claim {
	r.RequestURI = r.URL.RequestURI()
	defer func() { r.RequestURI = "" }()
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	cl := &claim{
		scope:       scope{s.AccessKey(), now.UTC().Format("20060102"), s.Region(), "s3"},
		date:        now.UTC().Format(amzDateFormat),
		payloadHash: payloadHash,
	}
	r.Header.Set("x-amz-date", cl.date)
	r.Header.Set("x-amz-content-sha256", payloadHash)
	cl.headers = []string{"host"}
	for name := range r.Header {
		cl.headers = append(cl.headers, strings.ToLower(name))
	}
	sort.Strings(cl.headers)
	canonical := canonicalRequest(r, cl.headers, payloadHash)
	cl.signature = sign(cl.scope.key(s.SecretKey()), "", cl.date, cl.scope.String(), hexSHA256(canonical))
	r.Header.Set("Authorization", signatureAlgorithm+" Credential="+s.AccessKey()+"/"+cl.scope.String()+
		", SignedHeaders="+strings.Join(cl.headers, ";")+", Signature="+cl.signature)
	return cl
}
