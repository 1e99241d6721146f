package conform

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// probe is what one check works with: a client of the target, buckets of its
// own, and the record of what was not as S3 does it.
type probe struct {
	ctx    context.Context
	target Target
	pool   *http.Client
	s3     *s3.Client

	name     string
	buckets  int
	failures []string
	skipped  string
}

func newProbe(ctx context.Context, target Target, pool *http.Client, name string) *probe {
	p := &probe{ctx: ctx, target: target, pool: pool, name: name}
	p.s3 = p.newClient(nil)
	return p
}

// newClient returns an SDK client that sends every request once and adds no
// checksums of its own; change, when not nil, has the last word on its options.
func (p *probe) newClient(change func(*s3.Options)) *s3.Client {
	o := s3.Options{
		BaseEndpoint: aws.String(p.target.Endpoint),
		Region:       p.target.Region,
		UsePathStyle: true,
		HTTPClient:   p.pool,
		Retryer:      aws.NopRetryer{},
		Credentials:  staticCredentials(p.target.AccessKey, p.target.SecretKey),
		Logger:       logging.Nop{},

		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}
	if change != nil {
		change(&o)
	}
	return s3.New(o)
}

func staticCredentials(accessKey, secretKey string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey}, nil
	})
}

// newBucket creates an empty bucket that no other check uses.
func (p *probe) newBucket() string {
	p.buckets++
	name := strings.NewReplacer("/", "-", "_", "-").Replace(p.name)
	bucket := fmt.Sprintf("%s-%d-%x", name, p.buckets, time.Now().UnixNano()&0xffffffff)
	_, err := p.s3.CreateBucket(p.ctx, &s3.CreateBucketInput{Bucket: &bucket})
	p.must("create bucket", err)
	return bucket
}

// now is the target's time.
func (p *probe) now() time.Time {
	if p.target.Now != nil {
		return p.target.Now()
	}
	return time.Now()
}

// must ends the check when a step that has to work did not.
func (p *probe) must(step string, err error) {
	if err != nil {
		p.fatalf("%s: %v", step, err)
	}
}

// equal records a failure when got is not want.
func (p *probe) equal(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		p.errorf("%s: got %#v, want %#v", what, got, want)
	}
}

// refused records a failure unless err is a refusal with this HTTP status and
// one of these codes (any code when none is given).
func (p *probe) refused(what string, err error, status int, codes ...string) {
	if err == nil {
		p.errorf("%s: succeeded, want %d %s", what, status, strings.Join(codes, " or "))
		return
	}
	gotStatus, gotCode := errorStatus(err), errorCode(err)
	if gotStatus != status {
		p.errorf("%s: status %d (%s), want %d", what, gotStatus, gotCode, status)
	}
	if len(codes) > 0 && !slices.Contains(codes, gotCode) {
		p.errorf("%s: code %q, want %s (%v)", what, gotCode, strings.Join(codes, " or "), err)
	}
}

// refusedBadRequest records a failure unless the server blamed the request,
// where S3's documentation leaves open with which status and code.
func (p *probe) refusedBadRequest(what string, err error) {
	if err == nil {
		p.errorf("%s: succeeded, want a refusal", what)
	} else if s := errorStatus(err); s < 400 || s > 499 {
		p.errorf("%s: status %d (%v), want a 4xx", what, s, err)
	}
}

// errorStatus is the HTTP status an SDK error came with, 0 if none.
func errorStatus(err error) int {
	var re *smithyhttp.ResponseError
	if errors.As(err, &re) {
		return re.HTTPStatusCode()
	}
	return 0
}

// errorCode is the S3 error code of an SDK error, "" if none.
func errorCode(err error) string {
	var ae smithy.APIError
	if errors.As(err, &ae) {
		return ae.ErrorCode()
	}
	return ""
}

// statusOf is the HTTP status of an answer.
func statusOf(md middleware.Metadata) int {
	if r, ok := awsmiddleware.GetRawResponse(md).(*smithyhttp.Response); ok {
		return r.StatusCode
	}
	return 0
}

// put writes an object and returns its ETag; each change may add to the input.
func (p *probe) put(bucket, key, body string, changes ...func(*s3.PutObjectInput)) string {
	in := &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)}
	for _, change := range changes {
		change(in)
	}
	out, err := p.s3.PutObject(p.ctx, in)
	p.must(fmt.Sprintf("put %q", key), err)
	return aws.ToString(out.ETag)
}

// inClass puts an object into a storage class.
func inClass(class types.StorageClass) func(*s3.PutObjectInput) {
	return func(in *s3.PutObjectInput) { in.StorageClass = class }
}

func (p *probe) head(bucket, key string) *s3.HeadObjectOutput {
	out, err := p.s3.HeadObject(p.ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	p.must(fmt.Sprintf("head %q", key), err)
	return out
}

// absent records a failure when there is an object.
func (p *probe) absent(bucket, key string) {
	_, err := p.s3.HeadObject(p.ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	p.refused(fmt.Sprintf("head %q, which must not be there", key), err, 404)
}

// body reads an object whole.
func (p *probe) body(bucket, key string) []byte {
	out, err := p.s3.GetObject(p.ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	p.must(fmt.Sprintf("get %q", key), err)
	return p.readAll(out.Body)
}

func (p *probe) readAll(r io.ReadCloser) []byte {
	defer r.Close()
	b, err := io.ReadAll(r)
	p.must("read a body", err)
	return b
}

// holds records a failure when an object's bytes are not these; it never
// prints a body that is long.
func (p *probe) holds(bucket, key string, want []byte) {
	if got := p.body(bucket, key); !bytes.Equal(got, want) {
		p.errorf("body of %q: %d bytes with md5 %s, want %d with %s",
			key, len(got), etagOf(got), len(want), etagOf(want))
	}
}

// list returns every object of a listing, all pages, keys decoded.
func (p *probe) list(bucket string, changes ...func(*s3.ListObjectsV2Input)) []types.Object {
	var all []types.Object
	in := &s3.ListObjectsV2Input{Bucket: &bucket, EncodingType: types.EncodingTypeUrl}
	for _, change := range changes {
		change(in)
	}
	for {
		out, err := p.s3.ListObjectsV2(p.ctx, in)
		p.must("list", err)
		for _, o := range out.Contents {
			o.Key = aws.String(p.decoded(out.EncodingType, aws.ToString(o.Key)))
			all = append(all, o)
		}
		if !aws.ToBool(out.IsTruncated) {
			return all
		}
		if aws.ToString(out.NextContinuationToken) == "" {
			p.fatalf("list: truncated without a continuation token")
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

// decoded undoes what EncodingType=url did, and only if the answer says so:
// some servers ignore the parameter.
func (p *probe) decoded(encoding types.EncodingType, s string) string {
	if encoding != types.EncodingTypeUrl {
		return s
	}
	raw, err := url.QueryUnescape(s)
	p.must(fmt.Sprintf("unescape %q", s), err)
	return raw
}

// keysOf are the keys of listed objects.
func keysOf(objects []types.Object) []string {
	keys := []string{}
	for _, o := range objects {
		keys = append(keys, aws.ToString(o.Key))
	}
	return keys
}

// etagOf is the quoted ETag of an object of one part, as S3 makes it: the MD5.
func etagOf(body []byte) string {
	sum := md5.Sum(body)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// compositeETag is the quoted ETag of an object of several parts, as S3 makes
// it: the MD5 of the parts' MD5s and their number.
func compositeETag(parts ...[]byte) string {
	h := md5.New()
	for _, part := range parts {
		sum := md5.Sum(part)
		h.Write(sum[:])
	}
	return fmt.Sprintf(`"%x-%d"`, h.Sum(nil), len(parts))
}

// copySource is the value of x-amz-copy-source for an object. The SDK sends it
// as it is, so everything but unreserved characters and the slash is escaped
// here; url.PathEscape would leave the plus sign, which S3 reads as a space.
func copySource(bucket, key string) *string {
	const unreserved = "-._~/"
	var b strings.Builder
	b.WriteString(bucket + "/")
	for i := range len(key) {
		switch c := key[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			strings.IndexByte(unreserved, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return aws.String(b.String())
}
