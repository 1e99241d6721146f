package report

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// Destination is where one copy of the report goes: a local path, an object in
// S3, or standard output. Make one with ParseDestination.
type Destination struct {
	Path   string // as it was given
	Format Format
}

const stdoutPath = "-"

// ParseDestination reads a --report: the extension tells the format, "-" is
// standard output as JSON. The error names the path and what would do.
func ParseDestination(path string) (Destination, error) {
	d := Destination{Path: path, Format: JSON}
	if d.IsStdout() {
		return d, nil
	}
	format, ok := formatOf(path)
	switch {
	case path == "":
		return d, fmt.Errorf("report: the path is empty")
	case !d.IsS3() && strings.Contains(path, "://"):
		return d, fmt.Errorf("report %q: only local paths and s3:// are known", path)
	case d.IsS3() && (d.Bucket() == "" || d.Key() == ""):
		return d, fmt.Errorf("report %q: want s3://bucket/key", path)
	case strings.HasSuffix(path, ManifestSuffix):
		return d, fmt.Errorf("report %q: names that end in %s are those of manifests", path, ManifestSuffix)
	case !ok:
		return d, fmt.Errorf("report %q: the extension tells the format; known are %s", path, extensions())
	}
	d.Format = format
	return d, nil
}

// extensions lists the known ones for messages.
func extensions() string {
	var all []string
	for _, k := range formats {
		all = append(all, k.extension)
	}
	return strings.Join(all, ", ")
}

// String returns the path as it was given.
func (d Destination) String() string { return d.Path }

// IsStdout reports whether the report goes to standard output.
func (d Destination) IsStdout() bool { return d.Path == stdoutPath }

// IsS3 reports whether the report becomes an object in S3.
func (d Destination) IsS3() bool { return reconcile.InS3(d.Path) }

// Bucket is the bucket of a destination in S3, else "".
func (d Destination) Bucket() string { return d.location().Bucket }

// Key is the key of a destination in S3, else "".
func (d Destination) Key() string { return d.location().Key }

func (d Destination) location() (at reconcile.Location) {
	if d.IsS3() {
		at, _ = reconcile.ParseLocation(d.Path)
	}
	return at
}

// Check tries out whether the local report of a command can be written there:
// its folder exists, a file can be created and renamed in it, and what stands
// there may be replaced. Nothing is left behind. The error names the path and
// the reason. Other destinations are not tried.
func (d Destination) Check(command string) error {
	if d.IsStdout() || d.IsS3() {
		return nil
	}
	if err := d.Writable(); err != nil {
		return err
	}
	return d.unwritable(d.standing(func(begin []byte) error { return Sinks{}.mayReplace(context.Background(), d, begin, command) }))
}

// Writable is Check without a look at what stands there.
func (d Destination) Writable() error {
	if d.IsStdout() || d.IsS3() {
		return nil
	}
	return d.unwritable(d.try())
}

// unwritable says of which destination an error is; nil for nil.
func (d Destination) unwritable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("report %s cannot be written: %w", d.Path, err)
}

func (d Destination) try() error {
	if info, err := os.Stat(d.Path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("it is there and no regular file (%s)", info.Mode().Type())
	}
	if err := storage.TryReplace(d.Path); err != nil {
		return withoutPath(err) // of a temporary file, which nobody asked for
	}
	return nil
}

// withoutPath returns what the system said, without the file it said it of.
func withoutPath(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
