package s3store

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

// BenchmarkList reads one page of 1000 keys from a server on this machine.
func BenchmarkList(b *testing.B) {
	s := serve(b, answerWith(200, pageOf(1000)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.List(b.Context(), reconcile.ListRequest{Bucket: "glacier", Restore: true}); err != nil {
			b.Fatal(err)
		}
	}
}
