package audit

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"reconcile/internal/catalog"
	"reconcile/internal/reconcile"
	"reconcile/internal/scan"
)

// entries are a catalog read in the order of its keys, as far as an audit looks
// at them.
type entries struct {
	of   *scope
	r    *catalog.Reader // nil: there is no catalog
	keys scan.Range
	next *catalog.Entry

	foreign *atomic.Int64 // counts those of other sources
}

// peek returns the next entry, nil at the end.
func (e *entries) peek() (*catalog.Entry, error) {
	for e.r != nil && e.next == nil {
		one, err := e.r.Next()
		switch {
		case err == io.EOF:
			return nil, nil
		case err != nil:
			return nil, err
		case one.Key > e.keys.After && one.Source != "" && one.Source != e.of.bucket:
			e.foreign.Add(1)
		case one.Key > e.keys.After && strings.HasPrefix(one.Key, e.of.prefix):
			e.next = &one
		}
	}
	if e.next == nil || e.keys.Until != "" && e.next.Key > e.keys.Until {
		return nil, nil
	}
	return e.next, nil
}

// matcher holds objects of the source against their entries.
type matcher struct {
	digests *reconcile.Digests // which ETags are digests; nil: all that have the form
	md5     atomic.Bool        // an ETag has been seen that is the MD5 of the catalog
}

// against holds an object of the source against its entry. The outcome becomes
// one that differs where it passed for present.
func (m *matcher) against(e *catalog.Entry, source *reconcile.Object, sums []reconcile.Checksum, o reconcile.Outcome) reconcile.Outcome {
	if e == nil {
		return o
	}
	o = tagged(e, o)
	aspects, why := m.mismatch(e, source, sums)
	if len(aspects) == 0 {
		return o
	}
	for _, aspect := range aspects {
		o.Compared[aspect] = reconcile.Disagrees
	}
	o.Catalog = reconcile.CatalogMismatch
	why = fmt.Sprintf("mismatch with the catalog (%s:%d): %s", e.File, e.Line, why)
	if o.Status == reconcile.Present {
		o.Status, o.Proof, o.Message = reconcile.Differs, reconcile.NoProof, ""
	}
	o.Message = strings.TrimPrefix(o.Message+"; "+why, "; ")
	return o
}

// mismatch says in what an object is not as its entry has it.
func (m *matcher) mismatch(e *catalog.Entry, o *reconcile.Object, sums []reconcile.Checksum) (all []reconcile.Aspect, why string) {
	var parts []string
	say := func(aspect reconcile.Aspect, format string, args ...any) {
		all = append(all, aspect)
		parts = append(parts, fmt.Sprintf(format, args...))
	}
	if e.Size >= 0 && e.Size != o.Size {
		say(reconcile.AspectSize, "its size is %d, and should be %d", o.Size, e.Size)
	}
	if e.Class != "" && e.Class != o.StorageClass {
		say(reconcile.AspectStorageClass, "its storage class is %s, and should be %s", o.StorageClass, e.Class)
	}
	for _, want := range e.Checksums {
		if want.Algorithm == "MD5" && m.etagDisagrees(o, want.Value) {
			say(reconcile.AspectETag, "its ETag is not its MD5")
		}
		for _, is := range sums {
			if is.FullObject() && is.Algorithm == want.Algorithm && is.Value != "" && is.Value != want.Value {
				say(reconcile.AspectChecksum, "its %s is %s, and should be %s", is.Algorithm, is.Value, want.Value)
			}
		}
	}
	return all, strings.Join(parts, "; ")
}

// etagDisagrees reports whether an object's ETag shows another MD5 than the
// catalog's. Only Amazon says that an ETag is an MD5; elsewhere one that was
// equal has to have been seen.
func (m *matcher) etagDisagrees(o *reconcile.Object, md5 string) bool {
	sum, err := base64.StdEncoding.DecodeString(md5)
	if err != nil || reconcile.FormOf(o.ETag) != reconcile.ETagPlain || o.Encryption.Opaque() {
		return false
	}
	if strings.EqualFold(o.ETag, hex.EncodeToString(sum)) {
		m.md5.Store(true)
		return false
	}
	documented := m.digests == nil || m.digests.Documented != nil && m.digests.Documented(o.Bucket)
	return documented || m.md5.Load()
}

// contradicts reports whether an entry says otherwise of an object than what is
// known of it.
func (m *matcher) contradicts(e *catalog.Entry, o *reconcile.Object, sums []reconcile.Checksum) bool {
	aspects, _ := m.mismatch(e, o, sums)
	return len(aspects) > 0
}
