package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"reconcile/internal/config"
	"reconcile/internal/granule"
	"reconcile/internal/keylist"
	"reconcile/internal/reconcile"
	"reconcile/internal/selection"
)

// selected reads what --keys and --granules name, nil where neither is given. A
// mistake in a list is found before anything is asked.
func (r *Running) selected(ctx context.Context) (*selection.Selection, error) {
	if r.Keys == "" && r.Granules == "" {
		return nil, nil
	}
	s := selection.New(selection.Options{Source: r.Scan.Bucket, Archives: r.targets(), TempDir: r.tempDir})
	r.own(func() { s.Close() })
	err := r.readNames(ctx, "--granules", r.Granules, s.AddGranules)
	if err == nil {
		err = r.readNames(ctx, "--keys", r.Keys, s.AddKeys)
	}
	if err == nil {
		err = misnamed(s.Check())
	}
	if err != nil {
		return nil, err
	}
	if r.About.JobID == "" && s.Job() != "" {
		r.named(s.Job())
	}
	r.About.GranulesFrom = r.Granules
	r.Log.Info("names read", "objects", s.Objects(), "from", strings.Join(s.Names(), ", "))
	return s, nil
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
	switch rest, remote := strings.CutPrefix(name, "s3://"); {
	case name == "-" && r.Stdin == nil:
		return nil, &config.Error{Err: errors.New("there is no stdin here")}
	case name == "-":
		return io.NopCloser(r.Stdin), nil
	case remote:
		bucket, key, _ := strings.Cut(rest, "/")
		return r.Store.Download(ctx, reconcile.Location{Bucket: bucket, Key: key})
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
