package job

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"reconcile/internal/batch"
	"reconcile/internal/config"
	"reconcile/internal/fixity"
	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// jobOf is the id of the job in the path of its report.
var jobOf = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:^|/)job-([A-Za-z0-9-]{5,36})/`) })

// checksumReports reads reports of jobs that were run elsewhere.
type checksumReports struct {
	files
	sums *fixity.Sums
}

// read reads the reports. What is wrong in one is a mistake of the user's; what
// reading it from S3 failed with is none.
func (c checksumReports) read(ctx context.Context, names []string) error {
	for _, name := range names {
		err := c.readOne(ctx, name)
		var s3 *reconcile.Error
		switch wrapped := fmt.Errorf("--checksum-report %s: %w", name, err); {
		case errors.As(err, &s3):
			return wrapped
		case err != nil:
			return &config.Error{Err: wrapped}
		}
	}
	return nil
}

func (c checksumReports) readOne(ctx context.Context, name string) error {
	folder, file, err := c.folder(name)
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
func (c checksumReports) readManifest(ctx context.Context, folder storage.Folder, file string, r fixity.Report) error {
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
func (c checksumReports) readFile(ctx context.Context, folder storage.Folder, name, file string, r fixity.Report) error {
	date, err := c.written(ctx, name)
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
