package conform

import (
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func listPageChecks() []check {
	return []check{
		{"page-small", listPageSmall},
		{"page-exact", listPageExact},
		{"page-1000", listPage1000},
		{"page-prefix", listPagePrefix},
		{"page-start-after", listPageStartAfter},
		{"page-delimiter", listPageDelimiter},
		{"page-deleted", listPageDeleted},
	}
}

// pages lists page by page and returns the keys of each; what a page says of
// itself is held against what it carries.
func (p *probe) pages(in *s3.ListObjectsV2Input) [][]string {
	var all [][]string
	for {
		out, err := p.s3.ListObjectsV2(p.ctx, in)
		p.must("list", err)
		p.equal("KeyCount", int(aws.ToInt32(out.KeyCount)), len(out.Contents)+len(out.CommonPrefixes))
		if in.MaxKeys != nil {
			p.equal("MaxKeys in the answer", aws.ToInt32(out.MaxKeys), *in.MaxKeys)
		}
		all = append(all, slices.Concat(keysOf(out.Contents), prefixesOf(out.CommonPrefixes)))
		if !aws.ToBool(out.IsTruncated) {
			p.equal("token of the last page", aws.ToString(out.NextContinuationToken), "")
			return all
		}
		if len(all) > 3000 {
			p.fatalf("the listing does not end")
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

// putMany writes empty objects, several at a time, and returns their keys.
func (p *probe) putMany(bucket, format string, n int) []string {
	keys := make([]string, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i := range n {
		keys[i] = fmt.Sprintf(format, i)
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			_, errs[i] = p.s3.PutObject(p.ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &keys[i]})
		})
	}
	wg.Wait()
	for _, err := range errs {
		p.must("put", err)
	}
	return keys
}

// Pages of any size give the same listing, in full pages, and end.
func listPageSmall(p *probe) {
	bucket := p.newBucket()
	keys := p.putMany(bucket, "k%02d", 11)
	for _, size := range []int32{1, 2, 3, 5, 100} {
		pages := p.pages(&s3.ListObjectsV2Input{Bucket: &bucket, MaxKeys: &size})
		p.equal(fmt.Sprintf("keys in pages of %d", size), slices.Concat(pages...), keys)
		p.equal(fmt.Sprintf("number of pages of %d", size), len(pages), (len(keys)+int(size)-1)/int(size))
	}
}

// A last page that is exactly full is not truncated: no request for nothing.
func listPageExact(p *probe) {
	bucket := p.newBucket()
	keys := p.putMany(bucket, "k%02d", 6)
	for _, size := range []int32{3, 6} {
		pages := p.pages(&s3.ListObjectsV2Input{Bucket: &bucket, MaxKeys: &size})
		p.equal("keys", slices.Concat(pages...), keys)
		p.equal(fmt.Sprintf("number of pages of %d", size), len(pages), len(keys)/int(size))
	}
}

// A page holds 1000 keys when nothing is said.
func listPage1000(p *probe) {
	bucket := p.newBucket()
	keys := p.putMany(bucket, "k%05d", 1003)
	pages := p.pages(&s3.ListObjectsV2Input{Bucket: &bucket})
	p.equal("number of pages", len(pages), 2)
	p.equal("keys on the first page", len(pages[0]), 1000)
	if !slices.Equal(slices.Concat(pages...), keys) {
		p.errorf("the pages do not add up to the keys")
	}
}

func listPagePrefix(p *probe) {
	bucket := p.newBucket()
	p.putMany(bucket, "a/%d", 3)
	keys := p.putMany(bucket, "b/%d", 5)
	p.putMany(bucket, "c/%d", 3)
	pages := p.pages(&s3.ListObjectsV2Input{Bucket: &bucket, Prefix: aws.String("b/"), MaxKeys: aws.Int32(2)})
	p.equal("keys", slices.Concat(pages...), keys)
}

// StartAfter says where the first page begins; sent along again with a token
// it changes nothing.
func listPageStartAfter(p *probe) {
	bucket := p.newBucket()
	keys := p.putMany(bucket, "k%d", 9)
	pages := p.pages(&s3.ListObjectsV2Input{Bucket: &bucket, StartAfter: aws.String("k2"), MaxKeys: aws.Int32(2)})
	p.equal("keys", slices.Concat(pages...), keys[3:])
}

// Common prefixes count as keys of a page, and none comes twice.
func listPageDelimiter(p *probe) {
	bucket := p.newBucket()
	for _, dir := range []string{"a", "b", "c"} {
		p.putMany(bucket, dir+"/%d", 3)
	}
	p.put(bucket, "d", "x")
	pages := p.pages(&s3.ListObjectsV2Input{Bucket: &bucket, Delimiter: aws.String("/"), MaxKeys: aws.Int32(1)})
	p.equal("entries", slices.Concat(pages...), []string{"a/", "b/", "c/", "d"})
}

// A token outlives the key it stood on: objects come and go during a listing.
func listPageDeleted(p *probe) {
	bucket := p.newBucket()
	keys := p.putMany(bucket, "k%d", 6)
	first, err := p.s3.ListObjectsV2(p.ctx, &s3.ListObjectsV2Input{Bucket: &bucket, MaxKeys: aws.Int32(3)})
	p.must("list", err)
	for _, key := range keys[2:4] { // the last key of the page, and the next one
		_, err := p.s3.DeleteObject(p.ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
		p.must("delete", err)
	}
	rest := p.pages(&s3.ListObjectsV2Input{Bucket: &bucket, ContinuationToken: first.NextContinuationToken})
	p.equal("keys after the deleted one", slices.Concat(rest...), keys[4:])
}
