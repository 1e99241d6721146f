package job

import (
	"context"
	"fmt"
	"net/url"
	"os"

	"reconcile/internal/exit"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
)

// Audit is the job of audit: every object of both sides is compared, and nothing
// is written.
func (j *Job) Audit(ctx context.Context) Result {
	return j.Do(ctx, func(ctx context.Context, r *Running) (pipeline.Result, error) {
		r.sign(ctx)
		p, err := r.Pipeline(ctx)
		if err != nil {
			return pipeline.Result{StartedAt: r.About.StartedAt}, err
		}
		p.Audit, p.Risks = r.Settings.Audit, pipeline.Risks{Within: r.WarnExpiry, All: r.Settings.Risks}
		p.Audit.Class = func(bucket string) string { return r.Settings.Store.Buckets[bucket].StorageClass }
		return p.RunAudit(ctx)
	})
}

// sign says in the report who ran the audit, where, and with what.
func (r *Running) sign(ctx context.Context) {
	r.About.Identity = r.Store.Identity(ctx, r.Scan.Bucket)
	r.About.Host, _ = os.Hostname() // unknown is unknown
	r.About.Settings = r.deciding()
}

// deciding are the settings that decide what an audit finds.
func (r *Running) deciding() map[string]any {
	s, source := r.Settings, r.Settings.Store.Buckets[r.Scan.Bucket]
	return map[string]any{
		"source": s.Scan.Bucket, "prefix": s.Scan.Prefix, "protected": s.Archives.Protected, "public": s.Archives.Public,
		"bucket_map": s.Archives.Map, "rules": s.Rules, "exclude_keys": s.ExcludeKeys,
		"verify": string(s.Audit.Verify), "fraction": fmt.Sprintf("%d/%d", s.Audit.Fraction.Index, max(s.Audit.Fraction.Count, 1)),
		"on_differ": onDiffer(s.Policy), "proof": proofWanted(s.Policy), "endpoint": endpoint(source.EndpointURL),
	}
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

func onDiffer(p reconcile.Policy) string {
	if p.Overwrite {
		return "overwrite"
	}
	return "report"
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

// exitCode is what the command will end with if the report is delivered; nil: it
// is not known.
func (r *Running) exitCode(ctx context.Context, result pipeline.Result, runErr error) *int {
	code := exit.OK
	switch got := r.judge(ctx, result, runErr, nil); got.State {
	case Complete:
	case Unsettled, Late:
		code = exit.Unsettled
	case Interrupted:
		code = got.Signal.Code()
	default:
		code = exit.Incomplete
	}
	return &code
}
