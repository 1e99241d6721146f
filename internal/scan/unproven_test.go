package scan

import (
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// Pairs whose ETags differ are handed on after the first equal pair of their
// kind has shown that such ETags are digests, wherever it comes in the listing:
// then none of them is believed by its size.
func TestUnequalETagsWaitForEvidence(t *testing.T) {
	s := newStore(10)
	all := keys(100)
	for i, k := range all {
		k += ".hdf"
		source, target := restored(k), online(k)
		if i < len(all)-1 {
			target.ETag = strings.Repeat("f", 32)
		}
		s.put("source", source)
		s.put("protected", target)
	}
	o := options(t)
	o.Streams, o.Prefer = 1, PreferRequests
	o.Policy.Digests = &reconcile.Digests{Documented: func(string) bool { return false }}
	looks := 0
	err := New(once(s), o).Run(t.Context(), func(d reconcile.Decision) error {
		if d.Need != reconcile.NeedLook {
			return nil
		}
		looks++
		d.Source.Encryption, d.Target.Encryption = reconcile.EncryptionS3, reconcile.EncryptionS3 // as HEADs say
		if v, _ := reconcile.Compare(d.Source, d.Target, false, o.Policy.Digests); v != reconcile.Different {
			t.Errorf("%s: comparison %d", d.Source.Key, v)
		}
		return nil
	})
	if err != nil || looks != len(all)-1 {
		t.Errorf("%d pairs to look at, %v", looks, err)
	}
}
