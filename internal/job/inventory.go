package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/inventory"
	"reconcile/internal/report"
	"reconcile/internal/scan"
)

// loadInventories reads the inventories, each of which must be of the source or
// of an archive bucket, and returns them by bucket.
func (r *Running) loadInventories(ctx context.Context) (map[string]scan.Lister, error) {
	all := map[string]scan.Lister{}
	for _, at := range r.Inventories {
		listing, err := inventory.Load(ctx, inventory.Options{Reader: r.again, Manifest: at, Log: r.Log, TempDir: r.tempDir})
		if err != nil {
			return nil, fmt.Errorf("inventory %s: %w", at, err)
		}
		r.own(func() { listing.Close() }) // temporary files, which have no names any more
		info := listing.Info()
		bucket := info.Bucket
		if all[bucket] != nil {
			err = fmt.Errorf("it is of s3://%s, of which there is another one", bucket)
		} else {
			err = checkInventory(bucket, &r.Settings)
		}
		if err != nil {
			return nil, &config.Error{Err: fmt.Errorf("inventory %s: %w", at, err)}
		}
		all[bucket] = listing
		r.About.Inventories = append(r.About.Inventories, report.Inventory{
			Bucket: bucket, Manifest: info.Manifest.String(), CreatedAt: info.CreatedAt, Format: info.Format,
			AgeSeconds: int64(time.Since(info.CreatedAt).Seconds()), Objects: info.Objects, Skipped: info.Skipped,
		})
	}
	return all, nil
}

// checkInventory says why an inventory of that bucket is of no use.
func checkInventory(bucket string, of *config.Settings) error {
	switch {
	case bucket != of.Scan.Bucket && !slices.Contains(of.Scan.Router.Buckets(), bucket):
		return fmt.Errorf("it is of s3://%s, which is neither the source nor an archive bucket", bucket)
	case bucket == of.Scan.Bucket && of.Policy.RequireChecksum:
		return errors.New("--proof checksum asks for the checksum of every object, and an inventory of the source is there to spare that")
	}
	return nil
}
