package demo

import (
	"fmt"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// The buckets of the demo.
const (
	source    = "demo-glacier"
	protected = "demo-protected"
	public    = "demo-public"
)

// Sample is one object of the sample archive that shows something.
type Sample struct {
	Shows  string // in words
	Key    string
	Want   reconcile.Status
	source s3sim.Object
	target string        // archive bucket it belongs to
	there  *s3sim.Object // what is in the archive bucket already; nil: nothing
}

const folder = "MOD09GQ/2026/321/"

// Samples are the objects that each show one thing.
func Samples(now time.Time) []Sample {
	restored := restored(now)
	with := func(o s3sim.Object, change func(*s3sim.Object)) s3sim.Object { change(&o); return o }
	older := with(restored, func(o *s3sim.Object) { o.ContentSeed = 99; o.StorageClass = "" })
	home := with(restored, func(o *s3sim.Object) { o.StorageClass, o.Restore = "", "" })
	return []Sample{
		{"restored and missing: data goes to the protected bucket", folder + "MOD09GQ.A2026321.h09v05.061.hdf", reconcile.Copied, restored, protected, nil},
		{"its metadata goes to the public bucket", folder + "MOD09GQ.A2026321.h09v05.061.cmr.xml", reconcile.Copied, restored, public, nil},
		{"only the last extension counts", folder + "MOD09GQ.A2026321.h09v05.061.hdf.md5", reconcile.Copied, restored, public, nil},
		{"an unknown extension is never made public", folder + "MOD09GQ.A2026321.h09v05.061.quux", reconcile.Copied, restored, protected, nil},
		{"a key with odd characters", folder + "odd/a+b %2B \"q\" é\n😀//..", reconcile.Copied, restored, protected, nil},
		{"6 GiB, copied by parts with its boundaries kept", folder + "MOD09GQ.A2026321.mosaic.061.hdf", reconcile.Copied, large(restored), protected, nil},
		{"throttled at first", folder + throttled, reconcile.Copied, restored, protected, nil},
		{"there already, and the same", folder + "MOD09GQ.A2026321.h10v05.061.hdf", reconcile.Present, restored, protected, &home},
		{"there already, and not the same: left alone", folder + "MOD09GQ.A2026321.h11v05.061.hdf", reconcile.Differs, restored, protected, &older},
		{"its restore is still under way", folder + "MOD09GQ.A2026321.h12v05.061.hdf", reconcile.InRestore,
			with(restored, func(o *s3sim.Object) { o.Restore, o.RestoreReady = "ongoing", now.Add(4*time.Hour) }), protected, nil},
		{"nobody asked to restore it", folder + "MOD09GQ.A2026321.h13v05.061.hdf", reconcile.NotRestored,
			with(restored, func(o *s3sim.Object) { o.Restore = "" }), protected, nil},
		{"a class that needs no restore", folder + "MOD09GQ.A2026321.h14v05.061.hdf", reconcile.LeftOnline,
			with(restored, func(o *s3sim.Object) { o.StorageClass, o.Restore = "GLACIER_IR", "" }), protected, nil},
	}
}

// throttled is the file whose copy the demo's server refuses twice.
const throttled = "MOD09GQ.A2026321.h15v05.061.hdf"

// restored is an ordinary object with a restored copy for some days.
func restored(now time.Time) s3sim.Object {
	return s3sim.Object{
		Size: 64 << 10, ContentSeed: 1, StorageClass: reconcile.ClassGlacier,
		Restore: "restored", RestoreExpiry: now.Add(96 * time.Hour).Truncate(24 * time.Hour),
		ContentType: "application/x-hdf",
		Metadata:    map[string]string{"granule-id": "MOD09GQ.A2026321.061"},
		Tags:        map[string]string{"collection": "MOD09GQ"},
	}
}

// large is an object from before checksums, uploaded in parts of 128 MiB.
func large(o s3sim.Object) s3sim.Object {
	const part, parts = 128 << 20, 48
	o.Size, o.ContentSeed, o.NoChecksum = part*parts, 7, true
	for range parts {
		o.PartSizes = append(o.PartSizes, part)
	}
	return o
}

// fill makes the buckets and everything in them, and returns the samples.
func fill(s *s3sim.Server, ordinary int, now time.Time) []Sample {
	for _, b := range []string{source, protected, public} {
		s.CreateBucket(b)
	}
	cases := Samples(now)
	for _, c := range cases {
		s.Put(source, c.Key, c.source)
		if c.there != nil {
			s.Put(c.target, c.Key, *c.there)
		}
	}
	fillOrdinary(s, ordinary, now)
	s.Inject(s3sim.Fault{Op: "CopyObject", KeyPrefix: folder + throttled, Kind: s3sim.SlowDown, Times: 2})
	return cases
}

// restoreMore adds restored objects that no run has seen yet.
func restoreMore(s *s3sim.Server, now time.Time) {
	for i, name := range []string{"MOD09GQ.A2026322.h09v05.061.hdf", "MOD09GQ.A2026322.h09v05.061.cmr.xml", "MOD09GQ.A2026322.h10v05.061.hdf"} {
		o := restored(now)
		o.ContentSeed = uint64(200 + i)
		s.Put(source, "MOD09GQ/2026/322/"+name, o)
	}
}

// fillOrdinary adds restored objects of which every tenth is missing from the
// archive.
func fillOrdinary(s *s3sim.Server, n int, now time.Time) {
	object := restored(now)
	object.Size, object.Metadata, object.Tags = 1<<10, nil, nil
	there := object
	there.StorageClass, there.Restore = "", ""
	for i := range n {
		key := fmt.Sprintf("VNP13A1/%03d/VNP13A1.%07d.h5", i/1000, i)
		object.ContentSeed = uint64(i)
		there.ContentSeed = object.ContentSeed
		s.Put(source, key, object)
		if i%10 != 0 {
			s.Put(protected, key, there)
		}
	}
}
