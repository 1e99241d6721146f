package conform

import (
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func authChecks() []check {
	return []check{
		{"wrong-secret", authWrongSecret},
		{"unknown-key", authUnknownKey},
		{"anonymous", authAnonymous},
		{"odd-keys-signed", authOddKeys},
	}
}

// refusedAs records a failure unless these credentials may neither read nor write.
func (p *probe) refusedAs(accessKey, secretKey string, codes ...string) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x")
	client := p.newClient(func(o *s3.Options) { o.Credentials = staticCredentials(accessKey, secretKey) })
	_, err := client.ListObjectsV2(p.ctx, &s3.ListObjectsV2Input{Bucket: &bucket})
	p.refused("list", err, 403, codes...)
	_, err = client.HeadObject(p.ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("k")})
	p.refused("head", err, 403)
	_, err = client.PutObject(p.ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("k"), Body: strings.NewReader("y")})
	p.refused("put", err, 403, codes...)
	p.holds(bucket, "k", []byte("x"))
}

func authWrongSecret(p *probe) {
	p.refusedAs(p.target.AccessKey, "not-"+p.target.SecretKey, "SignatureDoesNotMatch")
}

func authUnknownKey(p *probe) {
	p.refusedAs("AKIANOBODYKNOWS00000", p.target.SecretKey, "InvalidAccessKeyId")
}

// A request without a signature is refused.
func authAnonymous(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x")
	req, err := http.NewRequestWithContext(p.ctx, http.MethodGet, p.target.Endpoint+"/"+bucket+"/k", nil)
	p.must("make a request", err)
	resp, err := p.pool.Do(req)
	p.must("get", err)
	resp.Body.Close()
	p.equal("status", resp.StatusCode, 403)
}

// Signatures are checked over keys and query strings that need escaping, so
// that a server which escapes otherwise than S3 refuses what it should take.
func authOddKeys(p *probe) {
	bucket := p.newBucket()
	for _, key := range []string{"a b+c%2B", "日本/é", "!'()*~;=,$&@:"} {
		p.put(bucket, key, "x")
		got := p.list(bucket, func(in *s3.ListObjectsV2Input) { in.Prefix = &key })
		p.equal("keys with prefix "+key, keysOf(got), []string{key})
		if _, err := p.s3.HeadObject(p.ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key}); err != nil {
			p.errorf("head %q: %v", key, err)
		}
	}
}
