package s3list

import (
	"fmt"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// pageOf is a page of n keys as S3 sends it.
func pageOf(n int) string {
	var page strings.Builder
	fmt.Fprintf(&page, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`+
		`<Name>glacier</Name><Prefix></Prefix><NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>`+
		`<KeyCount>%d</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>`, n)
	for i := range n {
		fmt.Fprintf(&page, `<Contents><Key>MOD09GA/2024/05/06/MOD09GA.A2024127.h%02dv%02d.061.%08d.hdf</Key><LastModified>2024-05-06T07:08:09.000Z</LastModified>`+
			`<ETag>&quot;5eb63bbbe01eeed093cb22bb%08x&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>`+
			`<Size>%d</Size><StorageClass>GLACIER</StorageClass><RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>`+
			`<RestoreExpiryDate>2026-12-01T00:00:00.000Z</RestoreExpiryDate></RestoreStatus></Contents>`, i%36, i%18, i, i, 1000+i)
	}
	page.WriteString(`</ListBucketResult>`)
	return page.String()
}

// BenchmarkListDecode reads one page of 1000 keys from memory, as a listing
// does, and BenchmarkListDecodeSDK by the SDK's decoder.
func BenchmarkListDecode(b *testing.B)    { benchmarkDecode(b, listByUs) }
func BenchmarkListDecodeSDK(b *testing.B) { benchmarkDecode(b, listBySDK) }

func benchmarkDecode(b *testing.B, list func(string) (reconcile.Page, error)) {
	doc := pageOf(1000)
	b.ReportAllocs()
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if page, err := list(doc); err != nil || len(page.Objects) != 1000 {
			b.Fatal(len(page.Objects), err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*1000, "s/Mkeys")
}
