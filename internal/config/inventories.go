package config

import (
	"fmt"
	"slices"
	"strings"

	"reconcile/internal/reconcile"
)

// setInventories takes the addresses of manifests.
func setInventories(r *reading, g given) error {
	for _, text := range g.texts {
		bucket, key, err := parseObjectURL(text)
		at := reconcile.Location{Bucket: bucket, Key: key}
		switch {
		case err != nil:
			return g.wrong(err)
		case !strings.HasSuffix(key, ".json"):
			return g.wrong(fmt.Errorf("%s: an inventory is named by its manifest.json", text))
		case slices.Contains(r.Inventories, at):
			return g.wrong(fmt.Errorf("%s is there twice", text))
		}
		r.Inventories = append(r.Inventories, at)
	}
	return nil
}
