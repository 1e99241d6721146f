package job

import (
	"context"
	"fmt"
	"net/url"
	"os"

	"reconcile/internal/config"
	"reconcile/internal/reconcile"
)

// sign says in the report who has done the job, where, and with what. A job of
// an event is one of many a minute: who calls for it is the function's role,
// which nobody has to be asked for.
func (r *Running) sign(ctx context.Context) {
	if r.Command != "event" && r.Command != "merge" {
		r.About.Identity = r.Store.Identity(ctx, r.Scan.Bucket)
	}
	r.About.Host, _ = os.Hostname() // unknown is unknown
	r.About.Settings = deciding(&r.Settings)
}

// deciding are the settings that decide what a job finds and does. A merge is
// decided by what it reads.
func deciding(s *config.Settings) map[string]any {
	if s.Command == "merge" {
		return map[string]any{"rows": string(s.Report.Rows)}
	}
	onDiffer := "report"
	if s.Policy.Overwrite {
		onDiffer = "overwrite"
	}
	all := map[string]any{
		"source": s.Scan.Bucket, "prefix": s.Scan.Prefix, "protected": s.Archives.Protected, "public": s.Archives.Public,
		"bucket_map": s.Archives.Map, "rules": s.Rules, "exclude_keys": s.ExcludeKeys, "catalog": s.Catalog, "keys": s.Keys, "granules": s.Granules,
		"include_online": s.Policy.IncludeOnline, "restore_status": string(s.Scan.Mode), "rows": string(s.Report.Rows),
		"on_differ": onDiffer, "proof": proofWanted(s.Policy), "endpoint": endpoint(s.Store.Buckets[s.Scan.Bucket].EndpointURL),
	}
	switch s.Command {
	case "audit":
		all["from"], all["status"] = s.From, s.Rows
		all["verify"], all["compute_checksum"], all["checksum_reports"] = string(s.Audit.Verify), s.ComputeChecksum, s.ChecksumReports
		all["fraction"] = fmt.Sprintf("%d/%d", s.Audit.Fraction.Index, max(s.Audit.Fraction.Count, 1))
	case "plan":
		all["command"] = s.PlanOf
	case "restore", "recover":
		all["days"], all["tier"] = s.Restore.Days, s.Restore.Tier
	}
	return all
}

// endpoint is an address without the password that it may have.
func endpoint(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

func proofWanted(p reconcile.Policy) string {
	switch {
	case p.RequireChecksum:
		return "checksum"
	case p.ListingOnly:
		return "listing"
	}
	return "any"
}
