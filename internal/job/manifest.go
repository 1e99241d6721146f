package job

import (
	"context"
	"fmt"
	"strings"

	"reconcile/internal/config"
	"reconcile/internal/manifest"
	"reconcile/internal/pipeline"
	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// withManifest carries the job out and, where that is asked for, writes down
// what is to be copied. A plan that is not complete would leave objects to
// nobody: it gets no manifest.
func (r *Running) withManifest(ctx context.Context, p *pipeline.Job) (pipeline.Result, error) {
	if r.Manifest == "" {
		return p.Run(ctx)
	}
	to, err := r.folderTo("manifest", strings.ReplaceAll(r.Manifest, config.RunPlaceholder, r.ID))
	if err != nil {
		return pipeline.Result{}, err
	}
	w := manifest.New(manifest.Options{
		TempDir: r.tempDir,
		Run:     r.ID, Program: r.Version, Source: r.Scan.Bucket, Prefix: r.Scan.Prefix, Targets: r.Scan.Router.Buckets(), Overwrite: r.Policy.Overwrite,
	})
	defer w.Close()
	p.Also = w.Add
	result, err := p.Run(ctx)
	if err != nil {
		return result, fmt.Errorf("%w; without a complete plan no manifest is written", err)
	}
	index, err := w.Write(ctx, to)
	if err != nil {
		return result, err
	}
	r.Log.Info("manifest written", "plan", to.URL(manifest.IndexName), "objects", index.Objects, "bytes", index.Bytes)
	return result, nil
}

// folderTo opens the folder that a setting names, to be written to. One that
// cannot be made is found before anything is listed.
func (r *Running) folderTo(setting, address string) (storage.Folder, error) {
	if reconcile.InS3(address) {
		return storage.OpenBucket(r.again, address)
	}
	dir, err := storage.MakeDir(address)
	if err == nil {
		err = dir.Check()
	}
	if err != nil {
		return nil, &config.Error{Err: fmt.Errorf("--%s %s: %w", setting, address, err)}
	}
	return dir, nil
}
