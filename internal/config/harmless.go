package config

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"reconcile/internal/manifest"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// harmless refuses a report that would replace something that the run reads or
// keeps for itself: a report is written over whatever is there.
func (r *reading) harmless(dest report.Destination) error {
	if dest.IsS3() && dest.Bucket() == r.Scan.Bucket {
		return fmt.Errorf("%s: %w", dest, errSourceWritten)
	}
	for _, o := range r.ownFiles() {
		if o.path != "" && sameFile(o.path, dest) {
			return fmt.Errorf("%s is %s", dest, o.what)
		}
	}
	switch {
	case inFolder(r.JournalDir, r.JournalAt, dest):
		return fmt.Errorf("%s is in the journal", dest)
	case r.ofManifest(dest):
		return fmt.Errorf("%s is a file of the manifest", dest)
	}
	return nil
}

type ownFile struct{ path, what string }

func (r *reading) ownFiles() []ownFile {
	all := []ownFile{
		{address(r.Lock), "the lock"}, {address(r.ShardMap), "the shard map"},
		{r.ExcludeKeys, "the list of excluded keys"}, {r.config, "the config file"},
	}
	for _, at := range r.Inventories {
		all = append(all, ownFile{address(at), "an inventory"})
	}
	return all
}

func address(at reconcile.Location) string {
	if at.Key == "" {
		return ""
	}
	return at.String()
}

// sameFile reports whether a path, local or in S3, is where a report goes to.
func sameFile(path string, dest report.Destination) bool {
	if dest.IsS3() || reconcile.InS3(path) {
		return path == dest.Path
	}
	return samePlace(report.Destination{Path: path}) == samePlace(dest)
}

// inFolder reports whether dest is in a folder, or below a prefix that ends
// with a slash.
func inFolder(dir string, at reconcile.Location, dest report.Destination) bool {
	switch {
	case dest.IsStdout():
		return false
	case dest.IsS3():
		return at.Key != "" && dest.Bucket() == at.Bucket && strings.HasPrefix(dest.Key(), at.Key)
	}
	return dir != "" && samePlace(report.Destination{Path: filepath.Join(dir, "x")}) == filepath.Join(filepath.Dir(samePlace(dest)), "x")
}

// ofManifest reports whether dest is one of the files that a plan writes.
func (r *reading) ofManifest(dest report.Destination) bool {
	if r.Manifest == "" || dest.IsStdout() {
		return false
	}
	name := path.Base(filepath.ToSlash(dest.Path))
	for _, c := range manifest.Classes {
		if strings.HasSuffix(name, "-"+c.Name+".csv") {
			return sameFile(strings.TrimSuffix(r.Manifest, "/")+"/"+name, dest)
		}
	}
	return name == manifest.IndexName && sameFile(strings.TrimSuffix(r.Manifest, "/")+"/"+name, dest)
}
