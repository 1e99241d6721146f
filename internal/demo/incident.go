package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// incidentDelay is how long restores take in the demo of an incident, where
// nobody says otherwise: what takes S3 hours.
const incidentDelay = 3 * time.Second

// unsettled is the exit code of a command that has found something to look at.
const unsettled = 3

// fillIncident makes an archive in which everything is archived and nothing is
// restored, and then deletes part of it. It returns how much is gone.
func fillIncident(s *s3sim.Server, ordinary int) (gone int) {
	for _, b := range []string{source, protected, public} {
		s.CreateBucket(b)
	}
	put := func(key, target, class string, o s3sim.Object, lost bool) {
		there := o
		o.StorageClass = class
		s.Put(source, key, o)
		if lost {
			gone++
			return
		}
		s.Put(target, key, there)
	}
	for i := range 100 + ordinary {
		day := 320 + i%4
		key := fmt.Sprintf("MOD09GQ/2026/%d/MOD09GQ.A2026%d.%05d.061", day, day, i)
		class := reconcile.ClassGlacier
		if i%5 == 0 {
			class = reconcile.ClassDeepArchive
		}
		lost := day == 321 // somebody has deleted a day
		put(key+".hdf", protected, class, s3sim.Object{Size: 1 << 20, ContentSeed: uint64(2 * i), Tags: map[string]string{"collection": "MOD09GQ"}}, lost)
		put(key+".cmr.xml", public, class, s3sim.Object{Size: 4 << 10, ContentSeed: uint64(2*i + 1), ContentType: "application/xml"}, lost)
	}
	put(folder+"MOD09GQ.A2026321.mosaic.061.hdf", protected, reconcile.ClassGlacier, large(s3sim.Object{}), true)
	return gone
}

// Incident shows how what is gone from an archive is found, brought back and
// proved.
func (d *Demo) Incident(ctx context.Context) error {
	fmt.Fprintf(d.Out, "An S3 server of the demo's own is at %s. In its archive, %d of %d objects have been deleted.\n"+
		"Restores take %v here, where S3 takes hours.\n", d.server.URL(), d.gone, d.server.Len(source), d.RestoreDelay)
	audit := d.report("audit", "json")
	for _, step := range []struct {
		what string
		want int // exit code: an audit that finds something ends with 3
		args []string
	}{
		{"What is gone", unsettled, []string{"audit", "--report", audit}},
		{"What it costs to bring it back", 0, []string{"plan", "--command", "recover", "--from", audit, "--status", "missing", "--days", "2", "--report", d.report("plan", "json")}},
		{"It is restored, waited for, and copied as it arrives", 0, []string{
			"recover", "--from", audit, "--status", "missing", "--days", "2", "--max-cost", "100", "--poll-interval", "1s", "--yes",
			"--report", d.report("recover", "json"), "--report", d.report("recover", "csv"), "--report", d.report("recover", "html")}},
		{"The proof: everything is there again, and compared", 0, []string{"audit", "--report", d.report("after", "json"), "--report-rows", "all"}},
	} {
		fmt.Fprintf(d.Out, "\n%s:\n", step.what)
		if code, err := d.run(ctx, step.args...); code != step.want {
			return fmt.Errorf("reconcile %s has ended with exit code %d: %w", step.args[0], code, errors.Join(err, ctx.Err()))
		}
	}
	return d.checkIncident()
}

// checkIncident holds the archive itself, and what the last report says of it,
// against the originals.
func (d *Demo) checkIncident() error {
	r, err := d.read("after")
	if err != nil {
		return err
	}
	all := d.server.Keys(source)
	for _, key := range all {
		target := protected
		if strings.HasSuffix(key, ".xml") {
			target = public
		}
		if !d.server.SameContent(source, key, target, key) {
			return fmt.Errorf("%s is not in its archive: %w", printable(key), ErrUnexpected)
		}
	}
	if r.Summary.Present != len(all) {
		return fmt.Errorf("the report finds %d objects of %d: %w", r.Summary.Present, len(all), ErrUnexpected)
	}
	fmt.Fprintf(d.Out, "\nAll %d objects are in their archive buckets, byte for byte; %d of them were gone.\nThe reports are in %s\n", len(all), d.gone, d.Dir)
	return nil
}
