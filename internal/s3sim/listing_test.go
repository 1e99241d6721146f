package s3sim

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// oddKeys are 200 keys that have broken clients and servers before.
func oddKeys() []string {
	keys := []string{
		"/", "//", "a//b", "./..", "../x", "a/./b", "a/../b", "a/", "a", "a b", "a+b", "a%2Bb", "a%b", "%", "%%", "a%00b",
		"new\nline", "cr\rlf\n", "tab\t", "\x01", "a\x01b", "\x7f", "é", "e\u0301", "日本語", "🚀", "a&b<c>d\"e'f", "?", "a?b=c", "#", "a#b",
		"*", "~", "=", "a=b&c=d", ";", ":", "@", "$", ",", "!", "(", ")", "[", "]", "{", "}", "|", "\\", "^", "`",
		" ", " leading", "trailing ", "?versionId=1", "x?versionId=", "\uffff", "\U0010ffff", "\u00a0", "\u2028", strings.Repeat("k", maxKey),
	}
	rng := rand.New(rand.NewPCG(7, 7))
	alphabet := []rune(" /+%?&=#.~*\\'\"<>abc\x01\n\u00e9\u65e5\U0001f680")
	for i := len(keys); i < 200; i++ {
		key := make([]rune, 1+rng.IntN(12))
		for j := range key {
			key[j] = alphabet[rng.IntN(len(alphabet))]
		}
		keys = append(keys, fmt.Sprintf("%s%d", string(key), i))
	}
	return keys
}

func TestOddKeys(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	keys := oddKeys()
	for i, key := range keys {
		must(c.PutObject(ctx, &s3.PutObjectInput{
			Bucket: aws.String("glacier"), Key: aws.String(key), Body: strings.NewReader(fmt.Sprint(i)),
		}))(t)
		must(c.CopyObject(ctx, &s3.CopyObjectInput{
			Bucket: aws.String("archive"), Key: aws.String(key), CopySource: aws.String("glacier/" + awsEscape(key, true)),
		}))(t)
		if got := string(s.Read("archive", key, 0, 10)); got != fmt.Sprint(i) {
			t.Errorf("%q holds %q, want %d", key, got, i)
		}
		must(c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String("archive"), Key: aws.String(key)}))(t)
	}
	slices.Sort(keys)
	if got := listAll(t, c, &s3.ListObjectsV2Input{Bucket: aws.String("archive"), EncodingType: "url", MaxKeys: aws.Int32(7)}); !slices.Equal(got, keys) {
		t.Errorf("listed %d keys %q", len(got), got)
	}
	for _, key := range keys {
		must(c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("archive"), Key: aws.String(key)}))(t)
	}
	if s.Len("archive") != 0 {
		t.Errorf("%q are left", s.Keys("archive"))
	}
}

// listAll returns all keys and common prefixes, unescaped.
func listAll(t testing.TB, c *s3.Client, in *s3.ListObjectsV2Input) []string {
	t.Helper()
	var keys []string
	for {
		out := must(c.ListObjectsV2(ctx, in))(t)
		read := func(s *string) string {
			if out.EncodingType != "url" {
				return *s
			}
			key, err := url.QueryUnescape(*s)
			if err != nil {
				t.Fatal(err)
			}
			return key
		}
		page := []string{}
		for _, o := range out.Contents {
			page = append(page, read(o.Key))
		}
		for _, p := range out.CommonPrefixes {
			page = append(page, read(p.Prefix))
		}
		if int(*out.KeyCount) != len(page) {
			t.Errorf("KeyCount %d, %d entries", *out.KeyCount, len(page))
		}
		slices.Sort(page)
		keys = append(keys, page...)
		if !*out.IsTruncated {
			return keys
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

// reference lists as the documentation describes it, slowly.
func reference(keys []string, prefix, delimiter, after string) []string {
	var out []string
	for _, key := range keys {
		if !strings.HasPrefix(key, prefix) || key <= after {
			continue
		}
		if delimiter != "" {
			if head, _, ok := strings.Cut(key[len(prefix):], delimiter); ok {
				key = prefix + head + delimiter
			}
		}
		if key != after && !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

func TestListingEqualsTheReference(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	rng := rand.New(rand.NewPCG(5, 5))
	word := func(n int) string {
		b := make([]byte, rng.IntN(n))
		for i := range b {
			b[i] = "ab/-"[rng.IntN(4)]
		}
		return string(b)
	}
	for range 300 {
		if key := word(7); key != "" {
			s.Put("glacier", key, Object{Size: 1})
		}
	}
	keys := s.Keys("glacier")
	if !slices.IsSorted(keys) || len(keys) != s.Len("glacier") {
		t.Fatal(keys)
	}
	for range *scale / 600 {
		prefix, after, delimiter := word(3), word(5), []string{"", "/", "-", "/-"}[rng.IntN(4)]
		want := reference(keys, prefix, delimiter, after)
		got := listAll(t, c, &s3.ListObjectsV2Input{
			Bucket: aws.String("glacier"), Prefix: &prefix, Delimiter: &delimiter, StartAfter: &after,
			MaxKeys: aws.Int32(int32(1 + rng.IntN(9))),
		})
		if !slices.Equal(got, want) {
			t.Fatalf("prefix %q, delimiter %q, after %q: got %q, want %q", prefix, delimiter, after, got, want)
		}
	}
}

func TestListObjectsV1(t *testing.T) {
	s := start(t, Config{})
	c := client(s)
	for _, key := range []string{"a", "b/1", "b/2", "c/1", "d"} {
		s.Put("glacier", key, Object{})
	}
	var got []string
	in := &s3.ListObjectsInput{Bucket: aws.String("glacier"), Delimiter: aws.String("/"), MaxKeys: aws.Int32(1)}
	for {
		out := must(c.ListObjects(ctx, in))(t)
		for _, o := range out.Contents {
			got = append(got, *o.Key)
		}
		for _, p := range out.CommonPrefixes {
			got = append(got, *p.Prefix)
		}
		if !*out.IsTruncated {
			break
		}
		in.Marker = out.NextMarker
	}
	if want := []string{"a", "b/", "c/", "d"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestListingShowsRestoreStatusOnlyWhenAsked(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, quirk := range []bool{false, true} {
		s := start(t, Config{Now: func() time.Time { return now }, Quirks: Quirks{NoRestoreStatus: quirk}})
		c := client(s)
		s.Put("glacier", "archived", Object{StorageClass: "GLACIER"})
		s.Put("glacier", "lapsed", Object{StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: now})
		s.Put("glacier", "online", Object{Restore: "restored", RestoreExpiry: now.Add(time.Hour)})
		s.Put("glacier", "ongoing", Object{StorageClass: "DEEP_ARCHIVE", Restore: "ongoing"})
		s.Put("glacier", "restored", Object{StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: now.Add(time.Hour)})
		s.Put("glacier", "tier", Object{StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "ARCHIVE_ACCESS", Restore: "ongoing"})
		for _, ask := range []bool{false, true} {
			in := &s3.ListObjectsV2Input{Bucket: aws.String("glacier"), FetchOwner: aws.Bool(ask)}
			if ask {
				in.OptionalObjectAttributes = []types.OptionalObjectAttributes{types.OptionalObjectAttributesRestoreStatus}
			}
			for _, o := range must(c.ListObjectsV2(ctx, in))(t).Contents {
				want := map[string]string{"ongoing": "true", "tier": "true", "restored": "false 13:00"}[*o.Key]
				got := ""
				if r := o.RestoreStatus; r != nil {
					got = fmt.Sprint(*r.IsRestoreInProgress)
					if r.RestoreExpiryDate != nil {
						got += r.RestoreExpiryDate.Format(" 15:04")
					}
				}
				if !ask || quirk {
					want = ""
				}
				if got != want {
					t.Errorf("%s, asked %v: got %q, want %q", *o.Key, ask, got, want)
				}
				if (o.Owner != nil) != ask {
					t.Errorf("owner %v, asked %v", o.Owner, ask)
				}
			}
		}
	}
}

func TestEncodingTypeCanBeIgnored(t *testing.T) {
	s := start(t, Config{Quirks: Quirks{IgnoreEncodingType: true, NoChecksums: true}})
	s.Put("glacier", "a+b c", Object{})
	out := must(client(s).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("glacier"), EncodingType: "url"}))(t)
	if out.EncodingType != "" || *out.Contents[0].Key != "a+b c" || out.Contents[0].ChecksumAlgorithm != nil {
		t.Errorf("%+v", out)
	}
}

func TestVersions(t *testing.T) {
	s := start(t, Config{})
	s.CreateBucket("versions", Versioned())
	c := client(s)
	bucket := aws.String("versions")
	var ids []string
	for i := range 3 {
		out := must(c.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("k"), Body: strings.NewReader(fmt.Sprint(i))}))(t)
		ids = append(ids, *out.VersionId)
	}
	gone := must(c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("k")}))(t)
	if !*gone.DeleteMarker || s.Len("versions") != 0 {
		t.Errorf("%+v", gone)
	}
	_, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("k")})
	wantError(t, err, 404, "NotFound")
	_, err = c.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("k"), VersionId: gone.VersionId})
	wantError(t, err, 405, "MethodNotAllowed")
	must(c.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: aws.String("archive"), Key: aws.String("old"), CopySource: aws.String("versions/k?versionId=" + ids[0]),
	}))(t)
	if got := string(s.Read("archive", "old", 0, 9)); got != "0" {
		t.Errorf("copied version %q", got)
	}
	version := func(id string) string {
		out := must(c.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("k"), VersionId: aws.String(id)}))(t)
		return string(must(io.ReadAll(out.Body))(t))
	}
	for i, id := range ids {
		if got := version(id); got != fmt.Sprint(i) {
			t.Errorf("version %d holds %q", i, got)
		}
	}
	must(c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("k"), VersionId: gone.VersionId}))(t)
	if got := string(s.Read("versions", "k", 0, 9)); got != "2" {
		t.Errorf("under the delete marker is %q", got)
	}
	must(c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("k"), VersionId: aws.String(ids[2])}))(t)
	if got := string(s.Read("versions", "k", 0, 9)); got != "1" {
		t.Errorf("under the newest version is %q", got)
	}
	must(c.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended},
	}))(t)
	for range 2 {
		s.Put("versions", "k", Object{Body: []byte("null")})
	}
	s.Delete("versions", "k")
	_, err = c.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("k"), VersionId: aws.String("null")})
	wantError(t, err, 405, "MethodNotAllowed") // the delete marker has taken the place of what was written last
	if version(ids[0]) != "0" || version(ids[1]) != "1" {
		t.Error("older versions are gone")
	}
}
