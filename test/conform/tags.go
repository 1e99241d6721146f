package conform

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func tagChecks() []check {
	return []check{
		{"put-header", tagsPutHeader},
		{"round-trip", tagsRoundTrip},
		{"large", tagsLarge},
		{"none", tagsNone},
		{"replaced", tagsReplaced},
		{"gone-with-overwrite", tagsOverwrite},
		{"of-archived", tagsArchived},
		{"missing-key", tagsMissingKey},
	}
}

// tags are the tags of an object.
func (p *probe) tags(bucket, key string) map[string]string {
	out, err := p.s3.GetObjectTagging(p.ctx, &s3.GetObjectTaggingInput{Bucket: &bucket, Key: &key})
	p.must("get the tags", err)
	tags := map[string]string{}
	for _, tag := range out.TagSet {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return tags
}

// putTags sets the tags of an object.
func (p *probe) putTags(bucket, key string, tags map[string]string) {
	set := []types.Tag{}
	for k, v := range tags {
		set = append(set, types.Tag{Key: &k, Value: &v})
	}
	_, err := p.s3.PutObjectTagging(p.ctx, &s3.PutObjectTaggingInput{
		Bucket: &bucket, Key: &key, Tagging: &types.Tagging{TagSet: set},
	})
	p.must("put the tags", err)
}

// oddTags has what tags may hold beside letters: + - = . _ : / @ and spaces,
// letters beyond ASCII, and nothing.
var oddTags = map[string]string{"a b": "c+d=e/f@g:h_i.j-k", "größe": "日本", "empty": ""}

func tagsPutHeader(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x", func(in *s3.PutObjectInput) {
		in.Tagging = aws.String("a%20b=c%2Bd%3De%2Ff%40g%3Ah_i.j-k&gr%C3%B6%C3%9Fe=%E6%97%A5%E6%9C%AC&empty=")
	})
	p.equal("tags", p.tags(bucket, "k"), oddTags)
}

func tagsRoundTrip(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x")
	p.putTags(bucket, "k", oddTags)
	p.equal("tags", p.tags(bucket, "k"), oddTags)
}

// Ten tags of the largest size are more than a header may hold; they go by a
// request of their own.
func tagsLarge(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x")
	tags := map[string]string{}
	for i := range 10 {
		tags[fmt.Sprintf("%d", i)+strings.Repeat("k", 127)] = strings.Repeat("v", 256)
	}
	p.putTags(bucket, "k", tags)
	p.equal("tags", p.tags(bucket, "k"), tags)
}

func tagsNone(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x")
	p.equal("tags", p.tags(bucket, "k"), map[string]string{})
}

func tagsReplaced(p *probe) {
	bucket := p.newBucket()
	etag := p.put(bucket, "k", "x", func(in *s3.PutObjectInput) { in.Tagging = aws.String("old=1") })
	p.putTags(bucket, "k", map[string]string{"new": "2"})
	p.equal("tags", p.tags(bucket, "k"), map[string]string{"new": "2"})
	p.equal("ETag after tagging", aws.ToString(p.head(bucket, "k").ETag), etag)
}

func tagsOverwrite(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x", func(in *s3.PutObjectInput) { in.Tagging = aws.String("old=1") })
	p.put(bucket, "k", "y")
	p.equal("tags", p.tags(bucket, "k"), map[string]string{})
}

// The tags of an archived object are read without a restore.
func tagsArchived(p *probe) {
	bucket := p.newBucket()
	p.put(bucket, "k", "x", inClass(types.StorageClassGlacier), func(in *s3.PutObjectInput) { in.Tagging = aws.String("a=1") })
	p.equal("tags", p.tags(bucket, "k"), map[string]string{"a": "1"})
}

func tagsMissingKey(p *probe) {
	bucket := p.newBucket()
	_, err := p.s3.GetObjectTagging(p.ctx, &s3.GetObjectTaggingInput{Bucket: &bucket, Key: aws.String("k")})
	p.refused("get the tags", err, 404, "NoSuchKey")
}
