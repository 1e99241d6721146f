package conform

import (
	"net/url"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func listChecks() []check {
	return []check{
		{"empty", listEmpty},
		{"missing-bucket", listMissingBucket},
		{"order", listOrder},
		{"order-slash", listOrderSlash},
		{"prefix", listPrefix},
		{"delimiter", listDelimiter},
		{"start-after", listStartAfter},
		{"start-after-prefix", listStartAfterPrefix},
		{"start-after-seek", listStartAfterSeek},
		{"start-after-control", listStartAfterControl},
		{"encoding-url", listEncodingURL},
		{"encoding-absent", listEncodingAbsent},
		{"fields", listFields},
		{"storage-class", listStorageClass},
		{"checksum", listChecksum},
		{"overwritten", listOverwritten},
	}
}

func listEmpty(p *probe) {
	out, err := p.s3.ListObjectsV2(p.ctx, &s3.ListObjectsV2Input{Bucket: aws.String(p.newBucket())})
	p.must("list", err)
	p.equal("keys", keysOf(out.Contents), []string{})
	p.equal("KeyCount", aws.ToInt32(out.KeyCount), int32(0))
	p.equal("IsTruncated", aws.ToBool(out.IsTruncated), false)
}

func listMissingBucket(p *probe) {
	_, err := p.s3.ListObjectsV2(p.ctx, &s3.ListObjectsV2Input{Bucket: aws.String("no-such-bucket-here")})
	p.refused("list", err, 404, "NoSuchBucket")
}

// Keys come in the order of their UTF-8 bytes. U+FFEE before an emoji is what
// tells bytes from UTF-16 units, and capitals first from a locale's order.
func listOrder(p *probe) {
	want := []string{"!", "0", "10", "9", "A", "Z", "a", "a-b", "a.b", "a0", "aa", "b", "é", "日本", "￮", "😀"}
	p.listsInOrder(want)
}

// The slash is a character like any other: a-b < a/b < a0. A server that walks
// directories tends to give all of a/ at the place of "a".
func listOrderSlash(p *probe) {
	p.listsInOrder([]string{"a", "a!", "a-b", "a.txt", "a/1", "a/2/x", "a/2x", "a0", "b"})
}

// listsInOrder puts keys last to first and expects them back first to last.
func (p *probe) listsInOrder(want []string) {
	bucket := p.newBucket()
	if !slices.IsSorted(want) {
		p.fatalf("the check itself is wrong: its keys are not in byte order")
	}
	for _, key := range slices.Backward(want) {
		p.put(bucket, key, "x")
	}
	p.equal("keys", keysOf(p.list(bucket)), want)
}

func listPrefix(p *probe) {
	bucket := p.newBucket()
	for _, key := range []string{"a", "b/1", "b/12", "b/2", "b0", "c"} {
		p.put(bucket, key, "x")
	}
	for prefix, want := range map[string][]string{
		"b/":  {"b/1", "b/12", "b/2"},
		"b/1": {"b/1", "b/12"},
		"b":   {"b/1", "b/12", "b/2", "b0"},
		"x/":  {},
		"":    {"a", "b/1", "b/12", "b/2", "b0", "c"},
	} {
		got := p.list(bucket, func(in *s3.ListObjectsV2Input) { in.Prefix = &prefix })
		p.equal("keys under "+prefix, keysOf(got), want)
	}
}

func listDelimiter(p *probe) {
	bucket := p.newBucket()
	for _, key := range []string{"a", "b/1", "b/2", "c/d/1", "e"} {
		p.put(bucket, key, "x")
	}
	out, err := p.s3.ListObjectsV2(p.ctx, &s3.ListObjectsV2Input{Bucket: &bucket, Delimiter: aws.String("/")})
	p.must("list", err)
	p.equal("keys", keysOf(out.Contents), []string{"a", "e"})
	p.equal("common prefixes", prefixesOf(out.CommonPrefixes), []string{"b/", "c/"})
	p.equal("KeyCount counts both", aws.ToInt32(out.KeyCount), int32(4))

	out, err = p.s3.ListObjectsV2(p.ctx, &s3.ListObjectsV2Input{
		Bucket: &bucket, Delimiter: aws.String("/"), Prefix: aws.String("c/"),
	})
	p.must("list", err)
	p.equal("keys under c/", keysOf(out.Contents), []string{})
	p.equal("common prefixes under c/", prefixesOf(out.CommonPrefixes), []string{"c/d/"})
}

func prefixesOf(prefixes []types.CommonPrefix) []string {
	all := []string{}
	for _, c := range prefixes {
		all = append(all, aws.ToString(c.Prefix))
	}
	return all
}

// StartAfter is exclusive, and need not be the name of a key.
func listStartAfter(p *probe) {
	bucket := p.newBucket()
	for _, key := range []string{"a", "b", "c", "d"} {
		p.put(bucket, key, "x")
	}
	for after, want := range map[string][]string{
		"b":  {"c", "d"},
		"b0": {"c", "d"},
		"A":  {"a", "b", "c", "d"},
		"d":  {},
		"z":  {},
	} {
		got := p.list(bucket, func(in *s3.ListObjectsV2Input) { in.StartAfter = &after })
		p.equal("keys after "+after, keysOf(got), want)
	}
}

func listStartAfterPrefix(p *probe) {
	bucket := p.newBucket()
	for _, key := range []string{"a/1", "b/1", "b/2", "b/3", "c/1"} {
		p.put(bucket, key, "x")
	}
	for after, want := range map[string][]string{
		"a/1": {"b/1", "b/2", "b/3"}, // before the prefix: all of it
		"b/1": {"b/2", "b/3"},
		"c":   {}, // behind the prefix: none of it
	} {
		got := p.list(bucket, func(in *s3.ListObjectsV2Input) {
			in.StartAfter, in.Prefix = &after, aws.String("b/")
		})
		p.equal("keys under b/ after "+after, keysOf(got), want)
	}
}

// A seek to any string is how a listing is cut into intervals: keys that are
// prefixes of each other, the slash, and bytes beyond ASCII included.
func listStartAfterSeek(p *probe) {
	keys := []string{"d1/a", "d1/b", "d2/a", "d2/é", "e", "日本"}
	bucket := p.newBucket()
	for _, key := range keys {
		p.put(bucket, key, "x")
	}
	for _, after := range []string{"d", "d1", "d1/", "d1/a", "d1/a0", "d1/z", "d2/", "d2/z", "d3", "e", "~", "日", "日本"} {
		want := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return k <= after })
		got := p.list(bucket, func(in *s3.ListObjectsV2Input) { in.StartAfter = &after })
		p.equal("keys after "+after, keysOf(got), want)
	}
}

// A seek behind a key with a control character is a seek like any other: the
// answer repeats StartAfter, and has to encode it as it does keys.
func listStartAfterControl(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "a", "x")
	p.put(bucket, "b", "x")
	got := p.list(bucket, func(in *s3.ListObjectsV2Input) { in.StartAfter = aws.String("a\u0001") })
	p.equal("keys", keysOf(got), []string{"b"})
}

// EncodingType=url is honoured and said in the answer: without it one control
// character in one key makes a page of a thousand unreadable.
func listEncodingURL(p *probe) {
	bucket := p.newBucket()
	const key = "dir/a b+c%2B&é.txt"
	p.put(bucket, key, "x")
	out, err := p.s3.ListObjectsV2(p.ctx, &s3.ListObjectsV2Input{
		Bucket: &bucket, EncodingType: types.EncodingTypeUrl, Prefix: aws.String("dir/a b"),
	})
	p.must("list", err)
	p.equal("EncodingType", out.EncodingType, types.EncodingTypeUrl)
	if len(out.Contents) != 1 {
		p.fatalf("%d keys, want 1", len(out.Contents))
	}
	got, err := url.QueryUnescape(aws.ToString(out.Contents[0].Key))
	p.must("unescape the key", err)
	p.equal("decoded key", got, key)
}

// Without EncodingType keys come as they are.
func listEncodingAbsent(p *probe) {
	bucket := p.newBucket()
	const key = "a b+c%2Bé<&>.txt"
	p.put(bucket, key, "x")
	out, err := p.s3.ListObjectsV2(p.ctx, &s3.ListObjectsV2Input{Bucket: &bucket})
	p.must("list", err)
	p.equal("EncodingType", out.EncodingType, types.EncodingType(""))
	p.equal("keys", keysOf(out.Contents), []string{key})
}

// The fields that a comparison is made from: size, quoted ETag, time, class.
func listFields(p *probe) {
	bucket := p.newBucket()
	before := time.Now().Add(-time.Minute)
	etag := p.put(bucket, "k", "hello")
	objects := p.list(bucket)
	if len(objects) != 1 {
		p.fatalf("%d objects, want 1", len(objects))
	}
	o := objects[0]
	p.equal("Size", aws.ToInt64(o.Size), int64(5))
	p.equal("ETag", aws.ToString(o.ETag), etagOf([]byte("hello")))
	p.equal("ETag of the put", etag, etagOf([]byte("hello")))
	p.equal("StorageClass", o.StorageClass, types.ObjectStorageClassStandard)
	if p.target.Now == nil && aws.ToTime(o.LastModified).Before(before) {
		p.errorf("LastModified %v is before the object was put", o.LastModified)
	}
	if aws.ToTime(o.LastModified).IsZero() {
		p.errorf("LastModified is missing")
	}
}

func listStorageClass(p *probe) {
	bucket := p.newBucket()
	want := map[string]types.ObjectStorageClass{}
	for _, class := range []types.StorageClass{
		types.StorageClassGlacier, types.StorageClassDeepArchive, types.StorageClassGlacierIr,
		types.StorageClassStandardIa, types.StorageClassIntelligentTiering,
	} {
		key := "in-" + string(class)
		want[key] = types.ObjectStorageClass(class)
		p.put(bucket, key, "x", inClass(class))
	}
	got := map[string]types.ObjectStorageClass{}
	for _, o := range p.list(bucket) {
		got[aws.ToString(o.Key)] = o.StorageClass
	}
	p.equal("classes", got, want)
}

// The listing names an object's checksum algorithm and type, not its value: it
// says for free where a HEAD would find a proof.
func listChecksum(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "with", "x", func(in *s3.PutObjectInput) { in.ChecksumAlgorithm = types.ChecksumAlgorithmSha256 })
	objects := p.list(bucket)
	if len(objects) != 1 {
		p.fatalf("%d objects, want 1", len(objects))
	}
	p.equal("ChecksumAlgorithm", objects[0].ChecksumAlgorithm, []types.ChecksumAlgorithm{types.ChecksumAlgorithmSha256})
	p.equal("ChecksumType", objects[0].ChecksumType, types.ChecksumTypeFullObject)
}

// A listing after a write shows the write: S3 is strongly consistent.
func listOverwritten(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "old")
	p.put(bucket, "k", "newer")
	objects := p.list(bucket)
	p.equal("keys", keysOf(objects), []string{"k"})
	p.equal("ETag", aws.ToString(objects[0].ETag), etagOf([]byte("newer")))
	p.equal("Size", aws.ToInt64(objects[0].Size), int64(5))
}
