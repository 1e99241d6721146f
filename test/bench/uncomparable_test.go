package bench

import (
	"flag"
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
	"reconcile/internal/scan"
)

var uncomparable = flag.Int("uncomparable", 40, "objects on either side in TestRequestsOfUncomparable; 5000 take some minutes")

// What a listing cannot compare costs HEADs: two an object under KMS with
// checksums, six where composite ETags differ in the same even parts, four where
// the first part tells; none for plain ETags, under KMS without checksums (once
// that is known), for other numbers of parts, and with --proof listing. Requests
// repeat exactly, and so a million costs as many times more.
func TestRequestsOfUncomparable(t *testing.T) {
	n := *uncomparable
	cut := func(o *s3sim.Object, sizes ...int64) {
		o.Size, o.PartSizes, o.NoChecksum = 0, nil, true
		for _, size := range sizes {
			o.PartSizes = append(o.PartSizes, size*mib)
			o.Size += size * mib
		}
	}
	for _, c := range []struct {
		name   string
		change func(source, target *s3sim.Object)
		policy reconcile.Policy
		heads  int // an object
		more   int // in all, at most
		status reconcile.Status
	}{
		{"plain", func(_, _ *s3sim.Object) {}, reconcile.Policy{}, 0, 0, reconcile.Present},
		{"KMS, with checksums", func(_, target *s3sim.Object) { target.KMSKeyID = "key" }, reconcile.Policy{}, 2, 0, reconcile.Present},
		{"KMS, without", func(source, target *s3sim.Object) {
			target.KMSKeyID, source.NoChecksum, target.NoChecksum = "key", true, true
		}, reconcile.Policy{}, 0, 1100, reconcile.Present},
		{"KMS, --proof listing", func(_, target *s3sim.Object) { target.KMSKeyID = "key" }, reconcile.Policy{ListingOnly: true}, 0, 0, reconcile.Present},
		{"composite, the same parts", func(source, target *s3sim.Object) {
			cut(source, 5, 5, 2)
			cut(target, 5, 5, 2)
			target.ContentSeed += 1 << 40
		}, reconcile.Policy{}, 6, 0, reconcile.Differs},
		{"composite, other parts", func(source, target *s3sim.Object) {
			cut(source, 5, 5, 2)
			cut(target, 6, 5, 1)
		}, reconcile.Policy{}, 4, 0, reconcile.Present},
		{"composite, other numbers", func(source, target *s3sim.Object) {
			cut(source, 5, 5, 2)
			cut(target, 6, 6)
		}, reconcile.Policy{}, 0, 0, reconcile.Present},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			pair := func(i int) (source, target s3sim.Object) {
				source = restored(1000, uint64(i))
				target = home(source)
				c.change(&source, &target)
				return source, target
			}
			w.Seed(glacier, func(yield func(string, s3sim.Object) bool) {
				for i := 0; i < n; i++ {
					if o, _ := pair(i); !yield(key(i), o) {
						return
					}
				}
			})
			w.Seed(protected, func(yield func(string, s3sim.Object) bool) {
				for i := 0; i < n; i++ {
					if _, o := pair(i); !yield(key(i), o) {
						return
					}
				}
			})
			s := w.runWith(scan.PreferCost, c.policy)
			t.Logf("%d objects: %v", n, w.Requests())
			if heads := int(w.Requests()["HeadObject"]); heads < c.heads*n || heads > c.heads*n+c.more || s.Counts[c.status] != int64(n) {
				t.Errorf("%d HEADs for %d objects, which are %v", heads, n, s.Counts)
			}
		})
	}
}
