package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"reconcile/internal/config"
	"reconcile/internal/pricing"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/restore"
	"reconcile/internal/selection"
)

// selected reads what --keys, --granules and --from name, nil where none of them
// is given, and has the run take over what a request says of it.
func (r *Running) selected(ctx context.Context) (*selection.Selection, error) {
	if r.Keys == "" && r.Granules == "" && r.From == "" {
		return nil, r.sourceFrom("")
	}
	s := selection.New(selection.Options{Source: r.Scan.Bucket, Archives: r.Scan.Router.Buckets(), TempDir: r.tempDir, Strays: r.Command == "audit"})
	r.own(func() { s.Close() })
	err := readSelection(ctx, s, r.files(), &r.Settings)
	if err == nil {
		err = r.sourceFrom(s.Source())
	}
	if err != nil {
		return nil, err
	}
	if r.About.JobID == "" && s.Job() != "" {
		r.named(s.Job())
	}
	if r.tier, err = tierFor(&r.Settings, s.Tier(), r.Log); err != nil {
		return nil, err
	}
	r.About.GranulesFrom = r.Granules
	r.Log.Info("names read", "objects", s.Objects(), "from", strings.Join(s.Names(), ", "))
	return s, nil
}

// readSelection reads the lists. A mistake in one is found before anything is
// asked.
func readSelection(ctx context.Context, s *selection.Selection, in files, of *config.Settings) error {
	err := in.names(ctx, "--granules", of.Granules, s.AddGranules)
	if err == nil {
		err = in.names(ctx, "--keys", of.Keys, s.AddKeys)
	}
	if err == nil {
		err = in.names(ctx, "--from", of.From, func(in io.Reader, name string) error {
			_, err := s.AddReport(in, name, of.Rows)
			return err
		})
	}
	if err == nil {
		err = misnamed(s.Check())
	}
	return err
}

// tierFor is the tier that a request names for its restores, empty where that of
// the settings holds. What was given with the command wins.
func tierFor(of *config.Settings, tier string, log *slog.Logger) (string, error) {
	for _, known := range pricing.Tiers() {
		if strings.EqualFold(tier, known) {
			tier = known
		}
	}
	switch asks := of.Command == "restore" || of.Command == "recover" || of.PlanOf == "restore" || of.PlanOf == "recover"; {
	case tier == "" || !asks || tier == of.Restore.Tier:
		return "", nil
	case of.TierGiven:
		log.Warn("the request names another tier, and the one that was given holds", "requested", tier, "tier", of.Restore.Tier)
		return "", nil
	}
	o := of.Restore
	if o.Tier = tier; o.Check() != nil {
		return "", &config.Error{Err: fmt.Errorf("defaultRecoveryTypeOverride: %w", o.Check())}
	}
	if of.Via == config.ViaBatch && tier == reconcile.TierExpedited {
		return "", &config.Error{Err: errors.New("defaultRecoveryTypeOverride is Expedited, which S3 Batch Operations does not offer"), Hint: "give --tier, or --via direct"}
	}
	return tier, nil
}

// restores are the options of restores, with the tier that a request has named.
func (r *Running) restores() restore.Options {
	o := r.Settings.Restore
	o.Tier = cmp.Or(r.tier, o.Tier)
	return o
}

// sourceFrom takes the source that a request names, where the settings name
// none.
func (r *Running) sourceFrom(bucket string) error {
	if r.Scan.Bucket != "" || r.Command == "event" {
		return nil
	}
	if bucket == "" {
		return &config.Error{Err: errors.New("no source bucket"), Hint: "give --source BUCKET, or a request that names its glacierBucket"}
	}
	if err := notWritten(bucket, &r.Settings, r.Reports); err != nil {
		return &config.Error{Err: err}
	}
	r.Scan.Bucket, r.About.Source, r.bill.source = bucket, bucket, bucket
	return nil
}

// notWritten makes sure that nothing of the run's own goes to its source, as is
// said of a source that is configured.
func notWritten(source string, of *config.Settings, reports []report.Destination) error {
	for _, own := range []string{of.Lock.Bucket, of.JournalAt.Bucket, of.ShardMap.Bucket} {
		if own == source {
			return fmt.Errorf("s3://%s is the source: the source is never written", source)
		}
	}
	for _, d := range reports {
		if d.Bucket() == source {
			return fmt.Errorf("report %s: the source is never written", d)
		}
	}
	return nil
}

// named gives the run the name of the job that it belongs to, before it has any
// row.
func (r *Running) named(id string) {
	r.About.JobID = id
	r.Log = r.Log.With("job_id", id)
	r.KeepRows(r.Settings.Report.Rows)
}

// rollup sums up the granules for the report.
func (r *Running) rollup() *selection.Rollup {
	sums := selection.NewRollup(r.tempDir)
	r.own(func() { sums.Close() })
	r.Report.SetGranules(sums.WriteJSON)
	return sums
}
