package job

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"

	"reconcile/internal/batch"
	"reconcile/internal/fixity"
	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// jobOf is the id of the job in the path of its report.
var jobOf = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:^|/)job-([A-Za-z0-9-]{5,36})/`) })

// readForeign takes a report of a job that was run elsewhere.
func (c *checksums) readForeign(ctx context.Context, name string) error {
	address, file, err := storage.Split(name)
	if err != nil {
		return err
	}
	var folder storage.Folder
	if reconcile.InS3(name) {
		folder, err = storage.OpenBucket(c.r.again, address)
	} else {
		folder, err = storage.OpenDir(address)
	}
	if err != nil {
		return err
	}
	r := fixity.Report{Name: name}
	if id := jobOf().FindStringSubmatch(name); id != nil {
		r.Name = id[1]
	}
	before := c.sums.Len()
	if strings.HasSuffix(file, ".json") {
		err = c.readManifest(ctx, folder, file, r)
	} else {
		err = c.readFile(ctx, folder, name, file, r)
	}
	if err == nil && c.sums.Len() == before {
		err = errors.New("there are no checksums in it")
	}
	return err
}

// readManifest takes the files that a manifest.json names.
func (c *checksums) readManifest(ctx context.Context, folder storage.Folder, file string, r fixity.Report) error {
	report := -1
	_, err := batch.ReadReport(ctx, folder, file, func(of *batch.Report, row *batch.Row) error {
		if report < 0 {
			r.Date, r.Begun = of.Created, of.Created
			report = c.sums.Open(r)
		}
		return c.sums.Add(report, row)
	})
	return err
}

// readFile takes one file of a report. It is as old as it says itself.
func (c *checksums) readFile(ctx context.Context, folder storage.Folder, name, file string, r fixity.Report) error {
	date, err := c.r.writtenAt(ctx, name)
	if err != nil {
		return err
	}
	in, err := folder.Open(ctx, file)
	if err != nil {
		return err
	}
	defer in.Close()
	r.Date, r.Begun = date, date
	report := c.sums.Open(r)
	return batch.ReadRows(in, func(row *batch.Row) error { return c.sums.Add(report, row) })
}
