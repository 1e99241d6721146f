package job

import (
	"context"
	"encoding/json"
	"io"
	"os"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/selection"
)

// expected is how many objects the job will probably have, and how that is
// known: by the inventory of the source, by what was named, or by the last
// complete run whose manifest stands where this one's will. 0: nobody knows.
func (r *Running) expected(ctx context.Context, names *selection.Selection) (n int64, by string) {
	if names != nil {
		return names.Objects(), "as named"
	}
	for _, i := range r.About.Inventories {
		if i.Bucket == r.Scan.Bucket && r.Scan.Prefix == "" && r.Shard.Count <= 1 {
			return i.Objects, "as in the inventory"
		}
	}
	for _, d := range r.Reports {
		if n := r.lastScanned(ctx, d); n > 0 {
			return n, "as in the last report"
		}
	}
	return 0, ""
}

// lastScanned is how many objects the last run had that has left a manifest in
// the destination's folder, if it was complete, and over the same; else 0. What
// cannot be read is nothing to go by. S3 is asked only where somebody looks on.
func (r *Running) lastScanned(ctx context.Context, d report.Destination) int64 {
	text, err := r.readLatest(ctx, d)
	if err != nil {
		return 0
	}
	m, err := report.DecodeManifest(text)
	if err != nil {
		return 0
	}
	var run struct {
		Complete       bool
		Source, Prefix string
		Shard          *report.Shard
		GranulesFrom   string `json:"granules_from"`
		Settings       map[string]any
	}
	var summary struct{ Scanned int64 }
	if json.Unmarshal(m.Run, &run) != nil || json.Unmarshal(m.Summary, &summary) != nil {
		return 0
	}
	keys, _ := run.Settings["keys"].(string)
	part := run.Shard != nil || run.GranulesFrom != "" || keys != "" || r.Shard.Count > 1
	if !run.Complete || run.Source != r.Scan.Bucket || run.Prefix != r.Scan.Prefix || part {
		return 0
	}
	return summary.Scanned
}

// maxManifest is more than a manifest has, in bytes.
const maxManifest = 1 << 20

func (r *Running) readLatest(ctx context.Context, d report.Destination) ([]byte, error) {
	at := d.Latest()
	var body io.ReadCloser
	var err error
	switch {
	case d.IsStdout(), d.IsS3() && r.Terminal == nil:
		return nil, os.ErrNotExist
	case d.IsS3():
		body, _, err = r.again.Standing(ctx, reconcile.Location{Bucket: at.Bucket(), Key: at.Key()})
	default:
		body, err = os.Open(at.Path)
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(io.LimitReader(body, maxManifest))
}
