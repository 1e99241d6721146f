package job

import (
	"context"
	"encoding/json"
	"io"
	"os"

	"reconcile/internal/report"
)

// expectation tells how many objects a run will probably have.
type expectation struct {
	source, prefix string
	shards         int
	files          files
	watched        bool // somebody looks on
}

// objects is how many, and how that is known: by the inventory of the source, or
// by the last complete run whose manifest stands where this one's will. 0: nobody
// knows.
func (e expectation) objects(ctx context.Context, inventories []report.Inventory, reports []report.Destination) (n int64, by string) {
	for _, i := range inventories {
		if i.Bucket == e.source && e.prefix == "" && e.shards <= 1 {
			return i.Objects, "as in the inventory"
		}
	}
	for _, d := range reports {
		if n := e.lastScanned(ctx, d); n > 0 {
			return n, "as in the last report"
		}
	}
	return 0, ""
}

// lastScanned is how many objects the last run had that has left a manifest in
// the destination's folder, if it was complete, and over the same; else 0. What
// cannot be read is nothing to go by. S3 is asked only where somebody looks on.
func (e expectation) lastScanned(ctx context.Context, d report.Destination) int64 {
	text, err := e.latest(ctx, d)
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
	part := run.Shard != nil || run.GranulesFrom != "" || keys != "" || e.shards > 1
	if !run.Complete || run.Source != e.source || run.Prefix != e.prefix || part {
		return 0
	}
	return summary.Scanned
}

// maxManifest is more than a manifest has, in bytes.
const maxManifest = 1 << 20

func (e expectation) latest(ctx context.Context, d report.Destination) ([]byte, error) {
	if d.IsStdout() || d.IsS3() && !e.watched {
		return nil, os.ErrNotExist
	}
	body, err := e.files.open(ctx, d.Latest().Path)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(io.LimitReader(body, maxManifest))
}
