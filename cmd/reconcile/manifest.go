package main

import (
	"context"
	"fmt"
	"strings"

	"reconcile/internal/config"
	"reconcile/internal/manifest"
	"reconcile/internal/pipeline"
	"reconcile/internal/storage"
)

// withManifest carries the job out and, where that is asked for, writes down
// what is to be copied. A plan that is not complete would leave objects to
// nobody: it gets no manifest.
func (e *execution) withManifest(ctx context.Context, j *pipeline.Job) (pipeline.Result, error) {
	if e.Manifest == "" {
		return e.work(ctx, j)
	}
	to, err := e.manifestTo(strings.ReplaceAll(e.Manifest, config.RunPlaceholder, e.id))
	if err != nil {
		return pipeline.Result{}, err
	}
	w := manifest.New(manifest.Options{
		Run: e.id, Program: e.Version, Source: e.Source, Prefix: e.Prefix, Targets: e.Router.Buckets(), Overwrite: e.Policy.Overwrite,
	})
	defer w.Close()
	j.Also = w.Add
	result, err := e.work(ctx, j)
	if err != nil {
		return result, fmt.Errorf("%w; without a complete plan no manifest is written", err)
	}
	index, err := w.Write(ctx, to)
	if err != nil {
		return result, err
	}
	e.log.Info("manifest written", "plan", to.URL(manifest.IndexName), "objects", index.Objects, "bytes", index.Bytes)
	return result, nil
}

// manifestTo opens the place that the manifest goes to. A folder that cannot be
// made is found before anything is listed.
func (e *execution) manifestTo(address string) (storage.Place, error) {
	if strings.HasPrefix(address, "s3://") {
		return storage.OpenBucket(e.store, e.retrier(), address)
	}
	dir, err := storage.MakeDir(address)
	if err == nil {
		err = dir.Check()
	}
	if err != nil {
		return nil, usageError(fmt.Errorf("--manifest %s: %w", address, err), "")
	}
	return dir, nil
}
