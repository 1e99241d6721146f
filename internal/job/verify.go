package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"reconcile/internal/display"
	"reconcile/internal/storage"
	"reconcile/internal/verify"
)

// Verify is the job of verify-report: it says of each report and manifest, on
// stdout, whether it is what its run wrote.
func (j *Job) Verify(ctx context.Context, addresses []string) Result {
	bad := 0
	var failed error
	err := verify.Reports(ctx, addresses, j.openIn, func(f verify.Finding) {
		if f.Bad() {
			bad++
		}
		if _, err := fmt.Fprintln(j.Stdout, display.Line(f.String())); err != nil && failed == nil {
			failed = fmt.Errorf("standard output: %w", err)
		}
	})
	if err == nil {
		err = failed
	}
	result := reported(ctx, err)
	if result.State == Complete && bad > 0 {
		result.State, result.Err = Unsettled, fmt.Errorf("%s to look at among the reports", things(int64(bad), "finding"))
	}
	return result
}

// openIn opens a file of a folder.
func (j *Job) openIn(ctx context.Context, folder, name string) (io.ReadCloser, error) {
	at, name, err := j.folderOf(folder + "/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: %w", storage.ErrNotFound, err)
	}
	if err != nil {
		return nil, err
	}
	return at.Open(ctx, name)
}
