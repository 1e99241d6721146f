package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"reconcile/internal/config"
	"reconcile/internal/granule"
	"reconcile/internal/keylist"
	"reconcile/internal/pricing"
	"reconcile/internal/reconcile"
	"reconcile/internal/restore"
	"reconcile/internal/selection"
)

// selected reads what --keys and --granules name, nil where neither is given. A
// mistake in a list is found before anything is asked.
func (r *Running) selected(ctx context.Context) (*selection.Selection, error) {
	if r.Keys == "" && r.Granules == "" && r.From == "" {
		return nil, r.sourceFrom("")
	}
	s := selection.New(selection.Options{Source: r.Scan.Bucket, Archives: r.targets(), TempDir: r.tempDir, Strays: r.Command == "audit"})
	r.own(func() { s.Close() })
	err := r.readNames(ctx, "--granules", r.Granules, s.AddGranules)
	if err == nil {
		err = r.readNames(ctx, "--keys", r.Keys, s.AddKeys)
	}
	if err == nil {
		err = r.readNames(ctx, "--from", r.From, func(in io.Reader, name string) error {
			_, err := s.AddReport(in, name, r.Rows)
			return err
		})
	}
	if err == nil {
		err = misnamed(s.Check())
	}
	if err == nil {
		err = r.sourceFrom(s.Source())
	}
	if err != nil {
		return nil, err
	}
	if r.About.JobID == "" && s.Job() != "" {
		r.named(s.Job())
	}
	if err := r.tiered(s.Tier()); err != nil {
		return nil, err
	}
	r.About.GranulesFrom = r.Granules
	r.Log.Info("names read", "objects", s.Objects(), "from", strings.Join(s.Names(), ", "))
	return s, nil
}

// tiered takes the tier that a request names for its restores. What was given
// with the command wins.
func (r *Running) tiered(tier string) error {
	for _, known := range pricing.Tiers() {
		if strings.EqualFold(tier, known) {
			tier = known
		}
	}
	switch asks := r.Command == "restore" || r.Command == "recover" || r.PlanOf == "restore" || r.PlanOf == "recover"; {
	case tier == "" || !asks || tier == r.Settings.Restore.Tier:
		return nil
	case r.TierGiven:
		r.Log.Warn("the request names another tier, and the one that was given holds", "requested", tier, "tier", r.Settings.Restore.Tier)
		return nil
	}
	o := r.Settings.Restore
	if o.Tier = tier; o.Check() != nil {
		return &config.Error{Err: fmt.Errorf("defaultRecoveryTypeOverride: %w", o.Check())}
	}
	if r.Via == config.ViaBatch && tier == reconcile.TierExpedited {
		return &config.Error{Err: errors.New("defaultRecoveryTypeOverride is Expedited, which S3 Batch Operations does not offer"), Hint: "give --tier, or --via direct"}
	}
	r.requested = tier
	return nil
}

// restores are the options of restores, with the tier that a request has named.
func (r *Running) restores() restore.Options {
	o := r.Settings.Restore
	o.Tier = cmp.Or(r.requested, o.Tier)
	return o
}

// sourceFrom takes the source that a request names, where the settings name
// none. What is said of a source that is configured holds for it too: nothing of
// the run's own goes there.
func (r *Running) sourceFrom(bucket string) error {
	if r.Scan.Bucket != "" || r.Command == "event" {
		return nil
	}
	if bucket == "" {
		return &config.Error{Err: errors.New("no source bucket"), Hint: "give --source BUCKET, or a request that names its glacierBucket"}
	}
	for _, own := range []string{r.Lock.Bucket, r.JournalAt.Bucket, r.ShardMap.Bucket} {
		if own == bucket {
			return &config.Error{Err: fmt.Errorf("s3://%s is the source: the source is never written", bucket)}
		}
	}
	for _, d := range r.Reports {
		if d.Bucket() == bucket {
			return &config.Error{Err: fmt.Errorf("report %s: the source is never written", d)}
		}
	}
	r.Scan.Bucket, r.About.Source = bucket, bucket
	return nil
}

// readNames reads one list. "-" is stdin.
func (r *Running) readNames(ctx context.Context, flag, name string, add func(io.Reader, string) error) error {
	if name == "" {
		return nil
	}
	in, err := r.openNames(ctx, name)
	if err != nil {
		return fmt.Errorf("%s %s: %w", flag, name, err)
	}
	defer in.Close()
	shown := name
	if name == "-" {
		shown = "stdin"
	}
	if err := misnamed(add(in, shown)); err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	return nil
}

func (r *Running) openNames(ctx context.Context, name string) (io.ReadCloser, error) {
	switch at, inS3 := reconcile.ParseLocation(name); {
	case name == "-" && r.Stdin == nil:
		return nil, &config.Error{Err: errors.New("there is no stdin here")}
	case name == "-":
		return io.NopCloser(r.Stdin), nil
	case inS3:
		return r.Store.Download(ctx, at)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, &config.Error{Err: err}
	}
	return f, nil
}

// misnamed makes what is wrong in a list a mistake of the user's; what reading it
// failed with is none.
func misnamed(err error) error {
	var inDocument *granule.Error
	var inList *keylist.Error
	if errors.As(err, &inDocument) || errors.As(err, &inList) {
		return &config.Error{Err: err}
	}
	return err
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
