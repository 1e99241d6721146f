package audit

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"reconcile/internal/catalog"
	"reconcile/internal/reconcile"
)

// entries are a catalog read in the order of its keys, as far as an audit looks
// at them.
type entries struct {
	a    *Auditor
	r    *catalog.Reader // nil: there is no catalog
	keys keys
	next *catalog.Entry
}

func newEntries(a *Auditor, r keys) (*entries, error) {
	e := &entries{a: a, keys: r}
	if a.opts.Catalog == nil {
		return e, nil
	}
	var err error
	e.r, err = a.opts.Catalog.Reader()
	return e, err
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
		case one.Key > e.keys.after && one.Source != "" && one.Source != e.a.opts.Bucket:
			e.a.foreign.Add(1)
		case one.Key > e.keys.after && strings.HasPrefix(one.Key, e.a.opts.Prefix):
			e.next = &one
		}
	}
	if e.next == nil || e.keys.until != "" && e.next.Key > e.keys.until {
		return nil, nil
	}
	return e.next, nil
}

// catalogued settles what the catalog alone says of a key: that something should
// be there which is not, or the other way round.
func (a *Auditor) catalogued(ctx context.Context, g group) error {
	switch {
	case a.opts.Catalog == nil:
		return nil
	case g.entry != nil && g.source == nil && len(g.found) == 0:
		e := *g.entry
		return a.ask(func() error { return a.lookPhantom(ctx, e) })
	case g.entry == nil && g.source != nil && !a.excluded(g.key):
		o := reconcile.Outcome{Source: reconcile.Decision{Source: *g.source}.Clone().Source, Status: reconcile.Uncatalogued, Attempts: 1, Message: "it is not in the catalog"}
		o.Evidence, o.VerifiedAt = a.listedAs(g.source.Bucket)
		return a.emit(o)
	}
	return nil
}

// lookPhantom settles an entry of which nothing was listed, by HEAD.
func (a *Auditor) lookPhantom(ctx context.Context, e catalog.Entry) error {
	places := []reconcile.Location{{Bucket: a.opts.Bucket, Key: e.Key}}
	if route := a.opts.Router.Route(e.Key); route.Routed {
		places = append(places, route.Location())
	}
	phantom := reconcile.Object{Location: places[0], Size: max(e.Size, 0)}
	for _, at := range places {
		switch found, err := a.head(ctx, at); {
		case err != nil:
			return a.emit(unfinished(ctx, phantom, reconcile.Object{}, 2, err))
		case found != nil:
			return nil // it has its row, or has come meanwhile
		}
	}
	return a.emit(reconcile.Outcome{
		Source: phantom, Status: reconcile.Phantom, Attempts: 2, Evidence: reconcile.EvidenceHead, GranuleID: e.Granule, CollectionID: e.Collection,
		Message: fmt.Sprintf("it is in the catalog (%s:%d), and in no bucket", e.File, e.Line),
	})
}

// tagged is an outcome with the granule that its object is a file of.
func tagged(e *catalog.Entry, o reconcile.Outcome) reconcile.Outcome {
	if e != nil {
		o.GranuleID, o.CollectionID = e.Granule, e.Collection
	}
	return o
}

// against holds an object of the source against its entry. The outcome becomes
// one that differs where it passed for present.
func (a *Auditor) against(e *catalog.Entry, source *reconcile.Object, sums []reconcile.Checksum, o reconcile.Outcome) reconcile.Outcome {
	if e == nil {
		return o
	}
	o = tagged(e, o)
	aspects, why := a.mismatch(e, source, sums)
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
func (a *Auditor) mismatch(e *catalog.Entry, o *reconcile.Object, sums []reconcile.Checksum) (all []reconcile.Aspect, why string) {
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
		if want.Algorithm == "MD5" && a.etagDisagrees(o, want.Value) {
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
func (a *Auditor) etagDisagrees(o *reconcile.Object, md5 string) bool {
	sum, err := base64.StdEncoding.DecodeString(md5)
	if err != nil || reconcile.FormOf(o.ETag) != reconcile.ETagPlain || o.Encryption.Opaque() {
		return false
	}
	if strings.EqualFold(o.ETag, hex.EncodeToString(sum)) {
		a.md5.Store(true)
		return false
	}
	documented := a.opts.Digests == nil || a.opts.Digests.Documented != nil && a.opts.Digests.Documented(o.Bucket)
	return documented || a.md5.Load()
}
