package job

import (
	"errors"
	"os"
	"path/filepath"

	"reconcile/internal/config"
	"reconcile/internal/copier"
	"reconcile/internal/scan"
)

// findTemp finds a folder for what does not fit in memory and for reports that
// are to be uploaded, before anything is touched: a run that finds out at its end
// that there is none has lost its report. Where the system's cannot be written,
// as in a container whose root is read-only, a folder that the run writes to
// anyway will do.
func (j *Job) findTemp() error {
	if j.tempDir != "" {
		return nil
	}
	dirs := []string{os.TempDir()}
	for _, d := range j.Reports {
		if !d.IsStdout() && !d.IsS3() {
			dirs = append(dirs, filepath.Dir(d.Path))
		}
	}
	if j.JournalDir != "" {
		dirs = append(dirs, j.JournalDir)
	}
	var errs []error
	for i, dir := range dirs {
		f, err := os.CreateTemp(dir, ".reconcile-")
		if err != nil {
			errs = append(errs, err)
			continue
		}
		f.Close()
		if i > 0 {
			j.Log.Warn("the folder for temporary files cannot be written: another one is taken", "folder", dir, "err", errs[0])
		}
		j.tempDir = dir
		return os.Remove(f.Name())
	}
	return &config.Error{
		Err:  errors.Join(errors.New("there is no folder for temporary files that can be written"), errors.Join(errs...)),
		Hint: "let TMPDIR name one: in a container whose root is read-only, a volume",
	}
}

// ownFiles are the files that a process has open beside its connections.
const ownFiles = 24

// fitFiles keeps the requests in flight within the files that the process may
// have open: half of what is left is for copies, an eighth for key ranges that
// are listed, each of which may have requests on its way to both sides.
func fitFiles(files int, s *scan.Options, c *copier.Options) (fitted bool) {
	if files == 0 {
		return false
	}
	room := max(files-ownFiles, 8)
	copies, streams := room/2, room/8
	if c.Concurrency > copies || c.Concurrency == 0 && c.Ceiling > copies {
		fitted = true
		c.Concurrency = min(c.Concurrency, copies)
		c.Ceiling, c.Floor = copies, min(c.Floor, copies)
	}
	if streams < scan.DefaultStreams() {
		s.Streams = max(streams, 1)
	}
	return fitted
}
