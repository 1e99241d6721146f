package main

import (
	"context"
	"fmt"
	"strings"

	"reconcile/internal/manifest"
	"reconcile/internal/pipeline"
	"reconcile/internal/storage"
)

// checkManifest wants a command that plans, and a place that is nobody else's. A
// config file is for all commands: there another one passes the setting over.
func (d *draft) checkManifest(command string, s *settings, file *configFile) error {
	var err error
	switch {
	case d.manifest == "":
		return nil
	case command == "plan":
		err = d.manifestPlace(s.Shard)
	case file.name != "" && strings.HasPrefix(d.from["manifest"], file.name+":"):
		s.Manifest = ""
	default:
		err = fmt.Errorf("only plan writes a manifest, and this is %s", command)
	}
	if err != nil {
		return usageError(wrap(d.from["manifest"], err), "")
	}
	return nil
}

func (d *draft) manifestPlace(s shard) error {
	if s.count > 1 && !strings.Contains(d.manifest, runPlaceholder) {
		return fmt.Errorf("%s: every shard would write its plan there: put %s into the path", d.manifest, runPlaceholder)
	}
	if !strings.HasPrefix(d.manifest, "s3://") {
		return nil
	}
	at, err := storage.ParseURL(d.manifest)
	if err == nil {
		_, err = parseBucket(at.Bucket)
	}
	if err == nil && at.Bucket == d.source {
		err = fmt.Errorf("%s: the source is never written", d.manifest)
	}
	return err
}

// withManifest carries the job out and, where that is asked for, writes down
// what is to be copied. A plan that is not complete would leave objects to
// nobody: it gets no manifest.
func (e *execution) withManifest(ctx context.Context, j *pipeline.Job) (pipeline.Result, error) {
	if e.Manifest == "" {
		return e.work(ctx, j)
	}
	to, err := e.manifestTo(strings.ReplaceAll(e.Manifest, runPlaceholder, e.id))
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
