package main

import (
	"fmt"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// The buckets of the demo.
const (
	demoSource    = "demo-glacier"
	demoProtected = "demo-protected"
	demoPublic    = "demo-public"
)

// demoCase is one object of the sample archive that shows something.
type demoCase struct {
	shows  string // in words
	key    string
	want   reconcile.Status
	source s3sim.Object
	target string        // archive bucket it belongs to
	there  *s3sim.Object // what is in the archive bucket already; nil: nothing
}

const demoFolder = "MOD09GQ/2026/321/"

// demoCases are the objects that each show one thing.
func demoCases(now time.Time) []demoCase {
	restored := demoRestored(now)
	with := func(o s3sim.Object, change func(*s3sim.Object)) s3sim.Object { change(&o); return o }
	older := with(restored, func(o *s3sim.Object) { o.ContentSeed = 99; o.StorageClass = "" })
	home := with(restored, func(o *s3sim.Object) { o.StorageClass, o.Restore = "", "" })
	return []demoCase{
		{"restored and missing: data goes to the protected bucket", demoFolder + "MOD09GQ.A2026321.h09v05.061.hdf", reconcile.Copied, restored, demoProtected, nil},
		{"its metadata goes to the public bucket", demoFolder + "MOD09GQ.A2026321.h09v05.061.cmr.xml", reconcile.Copied, restored, demoPublic, nil},
		{"only the last extension counts", demoFolder + "MOD09GQ.A2026321.h09v05.061.hdf.md5", reconcile.Copied, restored, demoPublic, nil},
		{"an unknown extension is never made public", demoFolder + "MOD09GQ.A2026321.h09v05.061.quux", reconcile.Copied, restored, demoProtected, nil},
		{"a key with odd characters", demoFolder + "odd/a+b %2B \"q\" é\n😀//..", reconcile.Copied, restored, demoProtected, nil},
		{"6 GiB, copied by parts with its boundaries kept", demoFolder + "MOD09GQ.A2026321.mosaic.061.hdf", reconcile.Copied, demoLarge(restored), demoProtected, nil},
		{"throttled at first", demoFolder + demoThrottled, reconcile.Copied, restored, demoProtected, nil},
		{"there already, and the same", demoFolder + "MOD09GQ.A2026321.h10v05.061.hdf", reconcile.Present, restored, demoProtected, &home},
		{"there already, and not the same: left alone", demoFolder + "MOD09GQ.A2026321.h11v05.061.hdf", reconcile.Differs, restored, demoProtected, &older},
		{"its restore is still under way", demoFolder + "MOD09GQ.A2026321.h12v05.061.hdf", reconcile.InRestore,
			with(restored, func(o *s3sim.Object) { o.Restore, o.RestoreReady = "ongoing", now.Add(4*time.Hour) }), demoProtected, nil},
		{"nobody asked to restore it", demoFolder + "MOD09GQ.A2026321.h13v05.061.hdf", reconcile.NotRestored,
			with(restored, func(o *s3sim.Object) { o.Restore = "" }), demoProtected, nil},
		{"a class that needs no restore", demoFolder + "MOD09GQ.A2026321.h14v05.061.hdf", reconcile.LeftOnline,
			with(restored, func(o *s3sim.Object) { o.StorageClass, o.Restore = "GLACIER_IR", "" }), demoProtected, nil},
	}
}

// demoThrottled is the file whose copy the demo's server refuses twice.
const demoThrottled = "MOD09GQ.A2026321.h15v05.061.hdf"

// demoRestored is an ordinary object with a restored copy for some days.
func demoRestored(now time.Time) s3sim.Object {
	return s3sim.Object{
		Size: 64 << 10, ContentSeed: 1, StorageClass: reconcile.ClassGlacier,
		Restore: "restored", RestoreExpiry: now.Add(96 * time.Hour).Truncate(24 * time.Hour),
		ContentType: "application/x-hdf",
		Metadata:    map[string]string{"granule-id": "MOD09GQ.A2026321.061"},
		Tags:        map[string]string{"collection": "MOD09GQ"},
	}
}

// demoLarge is an object from before checksums, uploaded in parts of 128 MiB.
func demoLarge(o s3sim.Object) s3sim.Object {
	const part, parts = 128 << 20, 48
	o.Size, o.ContentSeed, o.NoChecksum = part*parts, 7, true
	for range parts {
		o.PartSizes = append(o.PartSizes, part)
	}
	return o
}

// fillDemo makes the buckets and everything in them, and returns the cases.
func fillDemo(s *s3sim.Server, ordinary int, now time.Time) []demoCase {
	for _, b := range []string{demoSource, demoProtected, demoPublic} {
		s.CreateBucket(b)
	}
	cases := demoCases(now)
	for _, c := range cases {
		s.Put(demoSource, c.key, c.source)
		if c.there != nil {
			s.Put(c.target, c.key, *c.there)
		}
	}
	fillOrdinary(s, ordinary, now)
	s.Inject(s3sim.Fault{Op: "CopyObject", KeyPrefix: demoFolder + demoThrottled, Kind: s3sim.SlowDown, Times: 2})
	return cases
}

// restoreMore adds restored objects that no run has seen yet.
func restoreMore(s *s3sim.Server, now time.Time) {
	for i, name := range []string{"MOD09GQ.A2026322.h09v05.061.hdf", "MOD09GQ.A2026322.h09v05.061.cmr.xml", "MOD09GQ.A2026322.h10v05.061.hdf"} {
		o := demoRestored(now)
		o.ContentSeed = uint64(200 + i)
		s.Put(demoSource, "MOD09GQ/2026/322/"+name, o)
	}
}

// fillOrdinary adds restored objects of which every tenth is missing from the
// archive.
func fillOrdinary(s *s3sim.Server, n int, now time.Time) {
	source := demoRestored(now)
	source.Size, source.Metadata, source.Tags = 1<<10, nil, nil
	there := source
	there.StorageClass, there.Restore = "", ""
	for i := range n {
		key := fmt.Sprintf("VNP13A1/%03d/VNP13A1.%07d.h5", i/1000, i)
		source.ContentSeed = uint64(i)
		there.ContentSeed = source.ContentSeed
		s.Put(demoSource, key, source)
		if i%10 != 0 {
			s.Put(demoProtected, key, there)
		}
	}
}
