package s3sim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func copyInput(key string) *s3.CopyObjectInput {
	return &s3.CopyObjectInput{Bucket: aws.String("archive"), Key: aws.String(key), CopySource: aws.String("glacier/k")}
}

// What each fault looks like to the real client, and whether it acted.
func TestFaults(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	s.Put("glacier", "k", Object{Size: 10})
	for _, tc := range []struct {
		name   string
		fault  Fault
		status int // 0: no answer, 1: success
		acts   bool
	}{
		{"none", Fault{}, 1, true},
		{"respond", Fault{Kind: Respond, Status: 409, Code: "ConditionalRequestConflict"}, 409, false},
		{"slow down", Fault{Kind: SlowDown}, 503, false},
		{"internal error", Fault{Kind: InternalError}, 500, false},
		{"error in 200", Fault{Kind: ErrorInOK, Code: "AccessDenied"}, 500, false}, // the SDK makes it a 500
		{"error in 200, acted", Fault{Kind: ErrorInOKAfterActing}, 500, true},
		{"empty", Fault{Kind: EmptyOK}, 1, false}, // the SDK takes it for a success
		{"empty, acted", Fault{Kind: EmptyOKAfterActing}, 1, true},
		{"cut before", Fault{Kind: CutBefore}, 0, false},
		{"cut after", Fault{Kind: CutAfter}, 0, true},
		{"truncated", Fault{Kind: Truncate}, 0, true},
		{"garbage", Fault{Kind: Garbage}, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s.Delete("archive", "k")
			tc.fault.Op = "CopyObject"
			h := s.Inject(tc.fault)
			defer h.Remove()
			_, err := c.CopyObject(ctx, copyInput("k"))
			switch {
			case tc.status == 1 && err != nil, tc.status != 1 && err == nil:
				t.Errorf("got %v", err)
			case tc.status > 1:
				wantError(t, err, tc.status, tc.fault.Code)
			}
			if _, acted := s.Get("archive", "k"); acted != tc.acts || h.Hits() != 1 {
				t.Errorf("acted %v, want %v; %d hits", acted, tc.acts, h.Hits())
			}
		})
	}
}

func TestTruncatedContent(t *testing.T) {
	s := start(t, Config{})
	s.Put("glacier", "k", Object{Size: 1 << 20})
	s.Inject(Fault{Op: "GetObject", Kind: Truncate})
	out := must(client(s).GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("glacier"), Key: aws.String("k")}))(t)
	if got, err := io.ReadAll(out.Body); err == nil || len(got) != 1<<19 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestHangEndsWithTheClientAndWithTheServer(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	struck := make(chan struct{}, 1)
	s.Inject(Fault{Kind: Hang, Before: func() { struck <- struct{}{} }})
	quick, cancel := context.WithCancel(ctx)
	go func() { <-struck; cancel() }()
	if _, err := c.ListBuckets(quick, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	go func() { <-struck; _ = s.Close() }()
	if _, err := c.ListBuckets(ctx, nil); err == nil {
		t.Error("answered")
	}
}

func TestWhichRequestsAFaultStrikes(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	s.Put("glacier", "k", Object{Size: 10})
	strikes := func(f Fault, keys ...string) (out string) {
		h := s.Inject(f)
		defer h.Remove()
		for _, key := range keys {
			if _, err := c.CopyObject(ctx, copyInput(key)); err != nil {
				out += key
			}
		}
		return out
	}
	for _, tc := range []struct {
		fault Fault
		want  string
	}{
		{Fault{Kind: SlowDown}, "abcd"},
		{Fault{Kind: SlowDown, Times: 2}, "ab"},
		{Fault{Kind: SlowDown, Skip: 1, Times: 2}, "bc"},
		{Fault{Kind: SlowDown, KeyPrefix: "c"}, "c"},
		{Fault{Kind: SlowDown, Bucket: "glacier"}, ""},
		{Fault{Kind: SlowDown, Op: "HeadObject"}, ""},
		{Fault{Kind: SlowDown, Match: func(r *http.Request) bool { return r.URL.Path == "/archive/d" }}, "d"},
	} {
		if got := strikes(tc.fault, "a", "b", "c", "d"); got != tc.want {
			t.Errorf("%+v struck %q, want %q", tc.fault, got, tc.want)
		}
	}
	draw := Fault{Kind: SlowDown, Probability: 0.5, Seed: 3}
	keys := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	first := strikes(draw, keys...)
	if again := strikes(draw, keys...); first != again || len(first) == 0 || len(first) == 10 {
		t.Errorf("struck %q, then %q", first, again)
	}
}

// A source that is rewritten while a copy by parts runs is noticed.
func TestBeforeCanRewriteTheSource(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	src := s.Put("glacier", "k", Object{Size: 20 << 20, ContentSeed: 1})
	s.Inject(Fault{Op: "UploadPartCopy", Skip: 1, Times: 1, Before: func() {
		s.Put("glacier", "k", Object{Size: 20 << 20, ContentSeed: 2})
	}})
	up := must(c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: aws.String("archive"), Key: aws.String("k")}))(t)
	var err error
	for n := int32(1); n <= 2; n++ {
		_, err = c.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
			Bucket: aws.String("archive"), Key: aws.String("k"), UploadId: up.UploadId, PartNumber: aws.Int32(n),
			CopySource: aws.String("glacier/k"), CopySourceIfMatch: aws.String(src.ETag), CopySourceRange: aws.String("bytes=0-10485759"),
		})
	}
	wantError(t, err, 412, "PreconditionFailed")
}

func TestRateAndCounters(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	s.Put("glacier", "k", Object{Size: 10})
	s.SetRate("CopyObject", 0.001, 3)
	for i := range 5 {
		_, err := c.CopyObject(ctx, copyInput("k"))
		if (err != nil) != (i >= 3) {
			t.Errorf("copy %d: %v", i, err)
		}
	}
	if got := s.Requests()["CopyObject"]; got != 5 {
		t.Errorf("%d requests", got)
	}
	if got := s.Refused()["CopyObject"]; got != 2 {
		t.Errorf("%d refused", got)
	}
	s.SetRate("CopyObject", 0, 0)
	if _, err := c.CopyObject(ctx, copyInput("k")); err != nil {
		t.Error(err)
	}
	s.ResetRequests()
	if len(s.Requests()) != 0 || s.Connections() == 0 {
		t.Errorf("%v, %d connections", s.Requests(), s.Connections())
	}
}

func TestTokenBucket(t *testing.T) {
	r := rate{perSecond: 10, burst: 2, tokens: 2}
	now := time.Unix(0, 0)
	taken := 0
	for range 1000 { // 10 s in steps of 10 ms
		if r.take(now) {
			taken++
		}
		now = now.Add(10 * time.Millisecond)
	}
	if taken < 100 || taken > 102 {
		t.Errorf("%d in 10 s at 10 per second", taken)
	}
}

func TestLatencyAndBandwidthAreCut(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	s.Put("glacier", "k", Object{Size: 1 << 30})
	s.SetLatency("HeadObject", time.Hour)
	s.SetBandwidth(1)
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := c.HeadObject(short, &s3.HeadObjectInput{Bucket: aws.String("glacier"), Key: aws.String("k")}); err == nil {
			t.Error("HEAD answered")
		}
	})
	wg.Go(func() {
		if _, err := c.CopyObject(short, copyInput("k")); err == nil {
			t.Error("COPY answered")
		}
	})
	wg.Wait()
	if got := s.MaxInFlight(); got["HeadObject"] != 1 || got["CopyObject"] != 1 {
		t.Errorf("%v", got)
	}
}

func TestTargetConditionQuirks(t *testing.T) {
	for _, tc := range []struct {
		quirks Quirks
		status int
	}{
		{Quirks{}, 412}, {Quirks{IgnoreTargetConditions: true}, 200}, {Quirks{RefuseTargetConditions: true}, 501},
	} {
		s := start(t, Config{Quirks: tc.quirks})
		s.Put("glacier", "k", Object{Size: 10})
		s.Put("archive", "k", Object{Size: 10})
		in := copyInput("k")
		in.IfNoneMatch = aws.String("*")
		if _, err := client(s).CopyObject(ctx, in); tc.status != 200 {
			wantError(t, err, tc.status, "")
		} else if err != nil {
			t.Error(err)
		}
	}
	s := start(t, Config{Quirks: Quirks{IgnoreCopySourceConditions: true}})
	s.Put("glacier", "k", Object{Size: 10})
	in := copyInput("k")
	in.CopySourceIfMatch = aws.String("x")
	must(client(s).CopyObject(ctx, in))(t)
}

func TestBucketsTagsAndTheRest(t *testing.T) {
	s := start(t, Config{Region: "eu-central-1"})
	s.CreateBucket("paid", RequesterPays(), OwnerID("999"))
	c := client(s)
	b := aws.String("new-bucket")
	must(c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: b}))(t)
	_, err := c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: b})
	wantError(t, err, 409, "BucketAlreadyOwnedByYou")
	if out := must(c.ListBuckets(ctx, nil))(t); len(out.Buckets) != 4 {
		t.Errorf("%+v", out.Buckets)
	}
	if out := must(c.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: b}))(t); out.LocationConstraint != "eu-central-1" {
		t.Errorf("%+v", out)
	}
	if out := must(c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: b}))(t); *out.BucketRegion != "eu-central-1" {
		t.Errorf("%+v", out)
	}
	s.Put("new-bucket", "k", Object{Body: []byte("x"), Tags: map[string]string{"a": "1"}, Metadata: map[string]string{"m": "1"}})
	tag := func() string {
		out := must(c.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: b, Key: aws.String("k")}))(t)
		all := ""
		for _, tg := range out.TagSet {
			all += *tg.Key + "=" + *tg.Value + ";"
		}
		return all
	}
	if got := tag(); got != "a=1;" {
		t.Error(got)
	}
	must(c.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: b, Key: aws.String("k"), Tagging: &types.Tagging{
		TagSet: []types.Tag{{Key: aws.String("<b>"), Value: aws.String("&")}, {Key: aws.String("c"), Value: aws.String("")}},
	}}))(t)
	if got := tag(); got != "<b>=&;c=;" {
		t.Error(got)
	}
	must(c.DeleteObjectTagging(ctx, &s3.DeleteObjectTaggingInput{Bucket: b, Key: aws.String("k")}))(t)
	if got := tag(); got != "" {
		t.Error(got)
	}
	if info, _ := s.Get("new-bucket", "k"); info.Metadata["m"] != "1" {
		t.Errorf("%+v", info)
	}
	if out := must(c.GetObjectAcl(ctx, &s3.GetObjectAclInput{Bucket: b, Key: aws.String("k")}))(t); len(out.Grants) != 1 {
		t.Errorf("%+v", out)
	}
	_, err = c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: b})
	wantError(t, err, 409, "BucketNotEmpty")
	del := must(c.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: b, Delete: &types.Delete{
		Objects: []types.ObjectIdentifier{{Key: aws.String("k")}, {Key: aws.String("none")}},
	}}))(t)
	if len(del.Deleted) != 2 || s.Len("new-bucket") != 0 {
		t.Errorf("%+v", del)
	}
	must(c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: b}))(t)
	_, err = c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("paid")})
	wantError(t, err, 403, "AccessDenied")
	must(c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: aws.String("paid"), RequestPayer: types.RequestPayerRequester, ExpectedBucketOwner: aws.String("999"),
	}))(t)
	_, err = c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String("archive")})
	wantError(t, err, 501, "NotImplemented")
	_, err = c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: aws.String("archive")})
	if err != nil {
		t.Error(err)
	}
}
