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

// inventories are the listings of a run that were made before it, by bucket.
type inventories map[string]*inventory.Listing

func (all inventories) close() {
	for _, one := range all {
		_ = one.Close() // temporary files, which have no names any more
	}
}

// loadInventories reads the inventories, each of which must be of the source or
// of an archive bucket.
func (r *Running) loadInventories(ctx context.Context) (all inventories, err error) {
	all = inventories{}
	r.own(all.close)
	for _, at := range r.Inventories {
		listing, err := inventory.Load(ctx, inventory.Options{Reader: r.again, Manifest: at, Log: r.Log, TempDir: r.tempDir})
		if err != nil {
			return all, fmt.Errorf("inventory %s: %w", at, err)
		}
		bucket := listing.Info().Bucket
		if err := r.wantsInventory(all, bucket); err != nil {
			_ = listing.Close()
			return all, &config.Error{Err: fmt.Errorf("inventory %s: %w", at, err)}
		}
		all[bucket] = listing
		r.About.Inventories = append(r.About.Inventories, inventoryRow(listing.Info()))
	}
	return all, nil
}

func (r *Running) wantsInventory(all inventories, bucket string) error {
	switch {
	case all[bucket] != nil:
		return fmt.Errorf("it is of s3://%s, of which there is another one", bucket)
	case bucket != r.Scan.Bucket && !slices.Contains(r.Scan.Router.Buckets(), bucket):
		return fmt.Errorf("it is of s3://%s, which is neither the source nor an archive bucket", bucket)
	case bucket == r.Scan.Bucket && r.Policy.RequireChecksum:
		return errors.New("--proof checksum asks for the checksum of every object, and an inventory of the source is there to spare that")
	}
	return nil
}

func inventoryRow(i inventory.Info) report.Inventory {
	return report.Inventory{
		Bucket: i.Bucket, Manifest: i.Manifest.String(), CreatedAt: i.CreatedAt, Format: i.Format,
		AgeSeconds: int64(time.Since(i.CreatedAt).Seconds()), Objects: i.Objects, Skipped: i.Skipped,
	}
}

// listers are the inventories as the scan takes them.
func (all inventories) listers() map[string]scan.Lister {
	listers := map[string]scan.Lister{}
	for bucket, one := range all {
		listers[bucket] = one
	}
	return listers
}
