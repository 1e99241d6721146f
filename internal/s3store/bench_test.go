package s3store

import (
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// BenchmarkList reads one page of 1000 keys from a server on this machine.
func BenchmarkList(b *testing.B) {
	entry := listing[strings.Index(listing, "<Contents>"):strings.Index(listing, "<Contents><Key>b</Key>")]
	page := strings.Replace(listing, entry, strings.Repeat(entry, 1000), 1)
	s := serve(b, answerWith(200, page))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.List(b.Context(), reconcile.ListRequest{Bucket: "glacier", Restore: true}); err != nil {
			b.Fatal(err)
		}
	}
}
