package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"reconcile/internal/audit"
	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// auditing are the commands that compare both sides, verifying those that do it
// closely or plan it.
var (
	auditing  = []string{"audit"}
	verifying = []string{"audit", "plan"}
)

func auditParameters() []Parameter {
	return []Parameter{
		{Name: "verify", Usual: true, Category: categorySelection, Kind: Choice, Choices: []string{"listing", "head", "checksum"}, Default: "listing", Only: verifying,
			Usage: "How closely the two sides are compared: listing, by the listings, and by HEAD where that settles something; head, by a HEAD of each side, metadata and tags too; checksum, the same, and nothing but a checksum counts as proof.",
			set:   oneOf(func(r *reading) *audit.Verify { return &r.Audit.Verify })},
		{Name: "catalog", Usual: true, Placeholder: "FILE|s3://…|-", Category: categorySelection, Files: true, NotInFile: true, Only: auditing,
			Usage: "What should be there: CSV with a header, JSON Lines, a BagIt manifest, pages of ORCA's catalog or granule records of Cumulus. Keys are those of the source; - is stdin.",
			set:   filled(func(r *reading) *string { return &r.Catalog })},
		{Name: "fraction", Placeholder: "I/N", Category: categorySelection, Only: verifying,
			Usage: "Send the HEADs for part I, from 0, of N parts of the objects only, by a hash of their keys: N audits have them all. Listings and findings are looked at in full.",
			set:   parsed(func(r *reading) *audit.Fraction { return &r.Audit.Fraction }, parseFraction)},
		{Name: "proofs", Usual: true, Placeholder: "DIR|s3://…", Category: categorySelection, Files: true, Only: auditing,
			Usage: "Folder, or prefix in a bucket, where what HEADs have proved is kept. An audit that was interrupted goes on without asking that again; what an audit does not ask has the date of its last proof.",
			set:   filled(func(r *reading) *string { return &r.Proofs })},
		{Name: "earlier", Placeholder: "REPORT", Category: categorySelection, Kind: List, Files: true, NotInFile: true, Only: auditing,
			Usage: "Report of an earlier audit, JSON or CSV with --report-rows all, whose proofs are used as those of --proofs; repeatable.",
			set:   func(r *reading, g given) error { r.Earlier = append(r.Earlier, g.texts...); return nil }},
		{Name: "warn-expiry", Placeholder: "DURATION", Category: categorySelection, Kind: Duration, Default: "24h", Only: auditing,
			Usage: "Note restored copies that lapse within this time and are missing from the archive.",
			set:   span(func(r *reading) *time.Duration { return &r.WarnExpiry })},
		{Name: "risks", Usual: true, Category: categorySelection, Kind: Boolean, Only: auditing,
			Usage: "Look for what is no finding yet, too: archive copies in a class that needs a restore, and uploads left open.",
			set:   flagValue(func(r *reading) *bool { return &r.Risks })},
	}
}

// parseFraction takes I/N, where I counts from 0.
func parseFraction(s string) (audit.Fraction, error) {
	index, count, ok := strings.Cut(s, "/")
	if !ok {
		return audit.Fraction{}, fmt.Errorf("%q is no part: give I/N, as in 0/30", s)
	}
	n, err := ParseNumber(count)
	if err != nil {
		return audit.Fraction{}, err
	}
	i, err := ParseNumber(index)
	if err != nil {
		return audit.Fraction{}, err
	}
	if n < 1 || i < 0 || i >= n {
		return audit.Fraction{}, fmt.Errorf("%q is no part: I counts from 0 to N-1", s)
	}
	return audit.Fraction{Index: i, Count: n}, nil
}

// checkAudit refuses what contradicts itself in an audit.
func (r *reading) checkAudit() error {
	named := r.Keys != "" || r.Granules != "" || r.From != ""
	if r.Command == "audit" && r.Catalog != "" && named {
		return r.wrong("catalog", errors.New("a catalog says what should be there of everything: give no names beside it, or a catalog of these alone"))
	}
	if !reconcile.InS3(r.Proofs) {
		return nil
	}
	at, err := storage.ParseURL(r.Proofs)
	if err == nil && at.Bucket == r.Scan.Bucket {
		err = errSourceWritten
	}
	return r.wrong("proofs", err)
}
