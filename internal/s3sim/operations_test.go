package s3sim

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

var ctx = context.Background()

const mib = 1 << 20

// wantError checks status and code of an error; the code is empty for a HEAD.
func wantError(t *testing.T, err error, status int, code string) {
	t.Helper()
	var resp *awshttp.ResponseError
	if !errors.As(err, &resp) || resp.HTTPStatusCode() != status {
		t.Errorf("got %v, want status %d %s", err, status, code)
		return
	}
	var api smithy.APIError
	if code != "" && (!errors.As(err, &api) || api.ErrorCode() != code) {
		t.Errorf("got %v, want code %s", err, code)
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestPutGetHead(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	body := []byte("some content")
	for _, alg := range append(types.ChecksumAlgorithm("").Values(), "") {
		if strings.HasPrefix(string(alg), "XXHASH") || alg == "MD5" || alg == "SHA512" {
			continue
		}
		t.Run("checksum "+string(alg), func(t *testing.T) {
			put := must(c.PutObject(ctx, &s3.PutObjectInput{
				Bucket: aws.String("archive"), Key: aws.String("k"), Body: bytes.NewReader(body),
				ChecksumAlgorithm: alg, Metadata: map[string]string{"Mission": "x y"},
				ContentType: aws.String("text/plain"), CacheControl: aws.String("max-age=1"),
				ContentDisposition: aws.String("inline"), ContentEncoding: aws.String("identity"),
				ContentLanguage: aws.String("de"), Tagging: aws.String("a=1&b=%26"),
				StorageClass: types.StorageClassStandardIa, ACL: types.ObjectCannedACLPublicRead,
			}))(t)
			if want := quoted(fmt.Sprintf("%x", md5.Sum(body))); aws.ToString(put.ETag) != want {
				t.Errorf("ETag %s, want %s", aws.ToString(put.ETag), want)
			}
			get := must(c.GetObject(ctx, &s3.GetObjectInput{
				Bucket: aws.String("archive"), Key: aws.String("k"), ChecksumMode: types.ChecksumModeEnabled,
			}))(t)
			got := must(io.ReadAll(get.Body))(t)
			if !bytes.Equal(got, body) || get.Metadata["mission"] != "x y" || aws.ToString(get.ContentType) != "text/plain" ||
				aws.ToString(get.ContentEncoding) != "identity" || get.StorageClass != types.StorageClassStandardIa ||
				aws.ToInt32(get.TagCount) != 2 || get.ChecksumType != types.ChecksumTypeFullObject {
				t.Errorf("got %q %+v", got, get)
			}
		})
	}
	info, _ := s.Get("archive", "k")
	if info.Tags["b"] != "&" || info.ACL != "public-read" || info.CacheControl != "max-age=1" {
		t.Errorf("%+v", info)
	}
	_, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String("archive"), Key: aws.String("nope")})
	wantError(t, err, 404, "NotFound")
	_, err = c.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("archive"), Key: aws.String("nope")})
	wantError(t, err, 404, "NoSuchKey")
	_, err = c.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("nope"), Key: aws.String("nope")})
	wantError(t, err, 404, "NoSuchBucket")
	_, err = c.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("archive"), Key: aws.String(strings.Repeat("k", 1025))})
	wantError(t, err, 400, "KeyTooLongError")
}

func TestRanges(t *testing.T) {
	s := start(t, Config{})
	s.Put("archive", "k", Object{Body: []byte("0123456789")})
	c := client(s)
	for header, want := range map[string]string{
		"bytes=2-4": "234", "bytes=8-": "89", "bytes=-3": "789", "bytes=0-100": "0123456789",
		"bytes=5-2": "0123456789", "bytes=-20": "0123456789", "bytes=10-": "416", "bytes=12-": "416", "bytes=-0": "416",
	} {
		out, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("archive"), Key: aws.String("k"), Range: aws.String(header)})
		if want == "416" {
			wantError(t, err, 416, "InvalidRange")
			continue
		}
		if got := must(io.ReadAll(must(out, err)(t).Body))(t); string(got) != want {
			t.Errorf("%s: got %q, want %q", header, got, want)
		}
	}
}

func TestReadConditions(t *testing.T) {
	now := time.Now()
	s := start(t, Config{Now: func() time.Time { return now }})
	etag := s.Put("archive", "k", Object{Size: 1}).ETag
	c := client(s)
	before, after := aws.Time(now.Add(-time.Hour)), aws.Time(now.Add(time.Hour))
	quotedTag, other := aws.String(`"`+etag+`"`), aws.String(`"x"`)
	for name, tc := range map[string]struct {
		in     s3.HeadObjectInput
		status int
	}{
		"match":                   {s3.HeadObjectInput{IfMatch: quotedTag}, 200},
		"no match":                {s3.HeadObjectInput{IfMatch: other}, 412},
		"none match":              {s3.HeadObjectInput{IfNoneMatch: other}, 200},
		"not modified":            {s3.HeadObjectInput{IfNoneMatch: quotedTag}, 304},
		"modified since":          {s3.HeadObjectInput{IfModifiedSince: before}, 200},
		"not modified since":      {s3.HeadObjectInput{IfModifiedSince: after}, 304},
		"unmodified":              {s3.HeadObjectInput{IfUnmodifiedSince: after}, 200},
		"modified":                {s3.HeadObjectInput{IfUnmodifiedSince: before}, 412},
		"match overrides date":    {s3.HeadObjectInput{IfMatch: quotedTag, IfUnmodifiedSince: before}, 200},
		"no match overrides date": {s3.HeadObjectInput{IfNoneMatch: quotedTag, IfModifiedSince: before}, 304},
	} {
		tc.in.Bucket, tc.in.Key = aws.String("archive"), aws.String("k")
		_, err := c.HeadObject(ctx, &tc.in)
		if tc.status == 200 {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		t.Run(name, func(t *testing.T) { wantError(t, err, tc.status, "") })
	}
}

func TestCopyObject(t *testing.T) {
	s := start(t, Config{})
	s.CreateBucket("secret", DefaultKMS("key-1"))
	c := client(s)
	expiry := time.Now().Add(time.Hour)
	src := s.Put("glacier", "p q/+%2B?.bin", Object{
		Size: 30 * mib, ContentSeed: 3, PartSizes: []int64{10 * mib, 20 * mib}, StorageClass: "GLACIER",
		Restore: "restored", RestoreExpiry: expiry, Metadata: map[string]string{"a": "b"},
		Tags: map[string]string{"t": "1"}, ContentType: "image/png",
	})
	source := aws.String("glacier/" + awsEscape(src.Key, true))
	out := must(c.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: aws.String("archive"), Key: aws.String(src.Key), CopySource: source,
		CopySourceIfMatch: aws.String(src.ETag), IfNoneMatch: aws.String("*"),
	}))(t)
	got, _ := s.Get("archive", src.Key)
	if !s.SameContent("glacier", src.Key, "archive", src.Key) || got.StorageClass != "STANDARD" || got.PartSizes != nil ||
		got.Metadata["a"] != "b" || got.Tags["t"] != "1" || got.ContentType != "image/png" || got.Restore != "" {
		t.Errorf("%+v", got)
	}
	if strings.Contains(got.ETag, "-") || unquoted(*out.CopyObjectResult.ETag) != got.ETag ||
		aws.ToString(out.CopyObjectResult.ChecksumCRC64NVME) != src.Checksums["CRC64NVME"] {
		t.Errorf("%+v, ETag %s", out.CopyObjectResult, got.ETag)
	}
	for name, tc := range map[string]struct {
		in     s3.CopyObjectInput
		status int
		code   string
	}{
		"exists":          {s3.CopyObjectInput{IfNoneMatch: aws.String("*")}, 412, "PreconditionFailed"},
		"other target":    {s3.CopyObjectInput{IfMatch: aws.String("x")}, 412, "PreconditionFailed"},
		"absent target":   {s3.CopyObjectInput{Key: aws.String("absent"), IfMatch: aws.String("x")}, 404, "NoSuchKey"},
		"source changed":  {s3.CopyObjectInput{CopySourceIfMatch: aws.String("x")}, 412, "PreconditionFailed"},
		"no source":       {s3.CopyObjectInput{CopySource: aws.String("glacier/none")}, 404, "NoSuchKey"},
		"no bucket":       {s3.CopyObjectInput{CopySource: aws.String("none/none")}, 404, "NoSuchBucket"},
		"bad source":      {s3.CopyObjectInput{CopySource: aws.String("none")}, 400, "InvalidArgument"},
		"archived":        {s3.CopyObjectInput{CopySource: aws.String("glacier/cold")}, 403, "InvalidObjectState"},
		"deep archived":   {s3.CopyObjectInput{CopySource: aws.String("glacier/tier")}, 403, "InvalidObjectState"},
		"too large":       {s3.CopyObjectInput{CopySource: aws.String("glacier/large")}, 400, "InvalidRequest"},
		"itself":          {s3.CopyObjectInput{CopySource: aws.String("archive/self"), Key: aws.String("self")}, 400, "InvalidRequest"},
		"source owner":    {s3.CopyObjectInput{ExpectedSourceBucketOwner: aws.String("1")}, 403, "AccessDenied"},
		"target owner":    {s3.CopyObjectInput{ExpectedBucketOwner: aws.String("1")}, 403, "AccessDenied"},
		"unknown version": {s3.CopyObjectInput{CopySource: aws.String("archive/self?versionId=x")}, 404, "NoSuchVersion"},
		"largest":         {s3.CopyObjectInput{CopySource: aws.String("glacier/just")}, 200, ""},
		"own metadata": {s3.CopyObjectInput{
			CopySource: aws.String("archive/self"), Key: aws.String("self"),
			MetadataDirective: types.MetadataDirectiveReplace, TaggingDirective: types.TaggingDirectiveReplace,
			Tagging: aws.String("x=y"), Metadata: map[string]string{"new": "1"},
		}, 200, ""},
		"unmodified": {s3.CopyObjectInput{CopySourceIfUnmodifiedSince: aws.Time(time.Now().Add(-time.Hour))}, 412, "PreconditionFailed"},
	} {
		t.Run(name, func(t *testing.T) {
			s.Put("glacier", "cold", Object{Size: 1, StorageClass: "DEEP_ARCHIVE"})
			s.Put("glacier", "tier", Object{Size: 1, StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "DEEP_ARCHIVE_ACCESS"})
			s.Put("glacier", "large", Object{Size: maxPut + 1})
			s.Put("glacier", "just", Object{Size: maxPut})
			s.Put("archive", "self", Object{Size: 1})
			tc.in.Bucket = aws.String("archive")
			if tc.in.Key == nil {
				tc.in.Key = aws.String(src.Key)
			}
			if tc.in.CopySource == nil {
				tc.in.CopySource = source
			}
			_, err := c.CopyObject(ctx, &tc.in)
			if tc.status != 200 {
				wantError(t, err, tc.status, tc.code)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	kms := must(c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: aws.String("secret"), Key: aws.String("k"), CopySource: source}))(t)
	if kms.ServerSideEncryption != types.ServerSideEncryptionAwsKms || unquoted(*kms.CopyObjectResult.ETag) == got.ETag ||
		*kms.CopyObjectResult.ChecksumCRC64NVME != src.Checksums["CRC64NVME"] {
		t.Errorf("%+v", kms.CopyObjectResult)
	}
}

// The body of a 412 says which condition did not hold.
func TestConditionElement(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		s := start(t, Config{Quirks: Quirks{NoConditionElement: quiet}})
		s.Put("archive", "k", Object{Size: 1})
		for name, header := range map[string]string{
			"If-None-Match": "If-None-Match", "If-Match": "If-Match",
			"x-amz-copy-source-If-Match": "x-amz-copy-source-if-match",
		} {
			req := must(http.NewRequest("PUT", s.URL()+"/archive/k", nil))(t)
			req.Header.Set("x-amz-copy-source", "archive/k")
			req.Header.Set("x-amz-storage-class", "STANDARD_IA")
			req.Header.Set(header, "*")
			if name != "If-None-Match" {
				req.Header.Set(header, "other")
			}
			signRequest(s, req, emptySHA256, time.Now())
			resp := must(http.DefaultClient.Do(req))(t)
			body := string(must(io.ReadAll(resp.Body))(t))
			resp.Body.Close()
			if resp.StatusCode != 412 || strings.Contains(body, "<Condition>"+name+"</Condition>") == quiet {
				t.Errorf("%s: %s %s", name, resp.Status, body)
			}
		}
	}
}

func TestMultipartCopyKeepsTheCompositeETag(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	sizes := []int64{6 * mib, 5 * mib, 9*mib + 1, 17}
	src := s.Put("glacier", "k", Object{Size: 20*mib + 18, ContentSeed: 4, PartSizes: sizes, NoChecksum: true})
	up := must(c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: aws.String("archive"), Key: aws.String("k"), ContentType: aws.String("x/y"), Tagging: aws.String("a=b"),
	}))(t)
	var done []types.CompletedPart
	var off int64
	for i, size := range sizes {
		head := must(c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String("glacier"), Key: aws.String("k"), PartNumber: aws.Int32(int32(i + 1))}))(t)
		if *head.ContentLength != size || *head.PartsCount != 4 {
			t.Errorf("part %d: %d bytes of %d parts", i+1, *head.ContentLength, *head.PartsCount)
		}
		out := must(c.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
			Bucket: aws.String("archive"), Key: aws.String("k"), UploadId: up.UploadId, PartNumber: aws.Int32(int32(i + 1)),
			CopySource: aws.String("glacier/k"), CopySourceIfMatch: aws.String(src.ETag),
			CopySourceRange: aws.String(fmt.Sprintf("bytes=%d-%d", off, off+size-1)),
		}))(t)
		done = append(done, types.CompletedPart{ETag: out.CopyPartResult.ETag, PartNumber: aws.Int32(int32(i + 1))})
		off += size
	}
	if open := s.OpenUploads("archive"); len(open) != 1 || open[0].Parts != 4 || open[0].UploadID != *up.UploadId {
		t.Errorf("%+v", open)
	}
	complete := func(parts []types.CompletedPart, size int64) (*s3.CompleteMultipartUploadOutput, error) {
		return c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
			Bucket: aws.String("archive"), Key: aws.String("k"), UploadId: up.UploadId, IfNoneMatch: aws.String("*"),
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}, MpuObjectSize: aws.Int64(size),
		})
	}
	_, err := complete([]types.CompletedPart{done[1], done[0]}, off)
	wantError(t, err, 400, "InvalidPartOrder")
	_, err = complete([]types.CompletedPart{done[0], {ETag: aws.String("x"), PartNumber: aws.Int32(2)}}, off)
	wantError(t, err, 400, "InvalidPart")
	_, err = complete(done, off+1)
	wantError(t, err, 400, "InvalidRequest")
	out := must(complete(done, off))(t)
	got, _ := s.Get("archive", "k")
	if unquoted(*out.ETag) != src.ETag || got.ETag != src.ETag || !s.SameContent("glacier", "k", "archive", "k") ||
		got.ContentType != "x/y" || got.Tags["a"] != "b" || !reflect.DeepEqual(got.PartSizes, sizes) {
		t.Errorf("%+v, want ETag %s", got, src.ETag)
	}
	if got.Checksums["CRC64NVME"] != algCRC64NVME.sum(synthetic(4, off)) {
		t.Errorf("checksums %v", got.Checksums)
	}
	_, err = complete(done, off)
	wantError(t, err, 404, "NoSuchUpload")
}

func TestUploadPartCopyRules(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	s.Put("glacier", "small", Object{Size: 5 * mib})
	s.Put("glacier", "large", Object{Size: 6 << 30})
	up := must(c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: aws.String("archive"), Key: aws.String("k")}))(t)
	for name, tc := range map[string]struct {
		key, bytes string
		number     int32
		status     int
		code       string
	}{
		"range of a small one": {"small", "bytes=0-9", 1, 400, "InvalidRequest"},
		"too far":              {"large", "bytes=0-6442450944", 1, 400, "InvalidArgument"},
		"no range":             {"large", "0-5", 1, 400, "InvalidArgument"},
		"open range":           {"large", "bytes=5-", 1, 400, "InvalidArgument"},
		"too large":            {"large", "bytes=0-5368709120", 1, 400, "InvalidRequest"},
		"largest":              {"large", "bytes=0-5368709119", 1, 200, ""},
		"whole too large":      {"large", "", 1, 400, "InvalidRequest"},
		"whole":                {"small", "", 10000, 200, ""},
		"number":               {"small", "", 10001, 400, "InvalidArgument"},
	} {
		t.Run(name, func(t *testing.T) {
			in := &s3.UploadPartCopyInput{
				Bucket: aws.String("archive"), Key: aws.String("k"), UploadId: up.UploadId,
				PartNumber: aws.Int32(tc.number), CopySource: aws.String("glacier/" + tc.key),
			}
			if tc.bytes != "" {
				in.CopySourceRange = aws.String(tc.bytes)
			}
			_, err := c.UploadPartCopy(ctx, in)
			if tc.status != 200 {
				wantError(t, err, tc.status, tc.code)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMultipartUpload(t *testing.T) {
	for _, alg := range []types.ChecksumAlgorithm{"", "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"} {
		t.Run("checksum "+string(alg), func(t *testing.T) {
			size := int64(64 << 10)
			if alg == "" { // once with parts as large as S3's
				size = minPart
			}
			s := start(t, Config{MinPart: size})
			c := client(s)
			up := must(c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
				Bucket: aws.String("archive"), Key: aws.String("k"), ChecksumAlgorithm: alg,
			}))(t)
			var done []types.CompletedPart
			var all []byte
			for i, size := range []int64{size, size, 10} {
				data := synthetic(uint64(i), size).bytes()
				all = append(all, data...)
				out := must(c.UploadPart(ctx, &s3.UploadPartInput{
					Bucket: aws.String("archive"), Key: aws.String("k"), UploadId: up.UploadId,
					PartNumber: aws.Int32(int32(i*2 + 1)), Body: bytes.NewReader(data), ChecksumAlgorithm: alg,
				}))(t)
				done = append(done, types.CompletedPart{
					ETag: out.ETag, PartNumber: aws.Int32(int32(i*2 + 1)), ChecksumCRC32: out.ChecksumCRC32,
					ChecksumCRC32C: out.ChecksumCRC32C, ChecksumSHA1: out.ChecksumSHA1,
					ChecksumSHA256: out.ChecksumSHA256, ChecksumCRC64NVME: out.ChecksumCRC64NVME,
				})
			}
			parts := must(c.ListParts(ctx, &s3.ListPartsInput{
				Bucket: aws.String("archive"), Key: aws.String("k"), UploadId: up.UploadId,
				MaxParts: aws.Int32(1), PartNumberMarker: aws.String("1"),
			}))(t)
			if len(parts.Parts) != 1 || *parts.Parts[0].PartNumber != 3 || !*parts.IsTruncated || *parts.NextPartNumberMarker != "3" {
				t.Errorf("%+v", parts)
			}
			must(c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
				Bucket: aws.String("archive"), Key: aws.String("k"), UploadId: up.UploadId,
				MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
			}))(t)
			get := must(c.GetObject(ctx, &s3.GetObjectInput{
				Bucket: aws.String("archive"), Key: aws.String("k"), ChecksumMode: types.ChecksumModeEnabled,
			}))(t)
			if got := must(io.ReadAll(get.Body))(t); !bytes.Equal(got, all) {
				t.Error("other bytes came back")
			}
			head := must(c.HeadObject(ctx, &s3.HeadObjectInput{
				Bucket: aws.String("archive"), Key: aws.String("k"), PartNumber: aws.Int32(1),
			}))(t)
			if *head.PartsCount != 3 {
				t.Errorf("%+v", head)
			}
			if composite := alg != "" && alg != "CRC64NVME"; composite != (get.ChecksumType == types.ChecksumTypeComposite) {
				t.Errorf("checksum type %s", get.ChecksumType)
			}
		})
	}
}

func TestTooSmallParts(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	up := must(c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: aws.String("archive"), Key: aws.String("k")}))(t)
	var done []types.CompletedPart
	for n := int32(1); n <= 2; n++ {
		out := must(c.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: aws.String("archive"), Key: aws.String("k"), UploadId: up.UploadId, PartNumber: aws.Int32(n), Body: strings.NewReader("x"),
		}))(t)
		done = append(done, types.CompletedPart{ETag: out.ETag, PartNumber: aws.Int32(n)})
	}
	in := &s3.CompleteMultipartUploadInput{
		Bucket: aws.String("archive"), Key: aws.String("k"), UploadId: up.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	}
	_, err := c.CompleteMultipartUpload(ctx, in)
	wantError(t, err, 400, "EntityTooSmall")
	must(c.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: in.Bucket, Key: in.Key, UploadId: in.UploadId}))(t)
	_, err = c.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: in.Bucket, Key: in.Key, UploadId: in.UploadId})
	wantError(t, err, 404, "NoSuchUpload")
	if len(s.OpenUploads("archive")) != 0 || s.Len("archive") != 0 {
		t.Error("something was left over")
	}
}

func TestListMultipartUploads(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	var want []string
	for _, key := range []string{"a", "b/1", "b/1", "b/2", "c +"} {
		up := must(c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: aws.String("archive"), Key: aws.String(key)}))(t)
		want = append(want, key+*up.UploadId)
	}
	got := map[string]bool{}
	in := &s3.ListMultipartUploadsInput{Bucket: aws.String("archive"), MaxUploads: aws.Int32(2), EncodingType: "url"}
	for pages := 1; ; pages++ {
		out := must(c.ListMultipartUploads(ctx, in))(t)
		for _, u := range out.Uploads {
			got[strings.ReplaceAll(*u.Key, "c+%2B", "c +")+*u.UploadId] = true
		}
		if !*out.IsTruncated {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		in.KeyMarker, in.UploadIdMarker = out.NextKeyMarker, out.NextUploadIdMarker
	}
	for _, w := range want {
		if !got[w] {
			t.Errorf("%s is missing in %v", w, got)
		}
	}
	out := must(c.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: aws.String("archive"), Delimiter: aws.String("/")}))(t)
	if len(out.Uploads) != 2 || len(out.CommonPrefixes) != 1 {
		t.Errorf("%d uploads, %d prefixes", len(out.Uploads), len(out.CommonPrefixes))
	}
}
