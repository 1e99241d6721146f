package merge

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"reconcile/internal/event"
	"reconcile/internal/reconcile"
	"reconcile/internal/report"
)

// The cells of a line of a completion report. There is no header.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html
const (
	completionBucket = iota
	completionKey
	completionVersion
	completionStatus
	completionCode // of the error and of HTTP, in this order in ReportSchema and
	completionHTTP // in the other one in every example: a number is HTTP's
	completionMessage
	completionCells
)

// jobManifest is the manifest.json of a job's completion report.
type jobManifest struct {
	Format  string
	Results []struct {
		Status string `json:"TaskExecutionStatus"`
		Bucket string
		MD5    string `json:"MD5Checksum"`
		Key    string
	}
}

// completionFormat is the only one there is.
const completionFormat = "Report_CSV_20180820"

// readJobManifest reads the files that the manifest of a job names.
func (m *Merger) readJobManifest(ctx context.Context, f *file, in io.Reader) error {
	var job jobManifest
	if err := json.NewDecoder(in).Decode(&job); err != nil {
		return fmt.Errorf("manifest of S3 Batch Operations: %w", err)
	}
	if job.Format != completionFormat {
		return fmt.Errorf("its format is %q, and this program reads %s", job.Format, completionFormat)
	}
	for _, r := range job.Results {
		if err := m.readNamed(ctx, f, r.Bucket, r.Key, strings.ToLower(r.MD5)); err != nil {
			return err
		}
	}
	return nil
}

// readNamed reads a file that the manifest f names.
func (m *Merger) readNamed(ctx context.Context, f *file, bucket, key, md5 string) error {
	name, ok := f.folder.Find(f.name, bucket, key)
	if !ok {
		m.problem("%s: it names s3://%s/%s, which is not there", f, bucket, key)
		return nil
	}
	place, _, _ := strings.Cut(f.id, "/")
	return m.readFile(ctx, &file{folder: f.folder, name: name, id: place + "/" + name, md5: md5})
}

// readCompletion reads a file of a completion report.
func (m *Merger) readCompletion(in io.Reader) error {
	lines := csv.NewReader(in)
	lines.FieldsPerRecord, lines.ReuseRecord = completionCells, true
	for n := 1; ; n++ {
		cells, err := lines.Read()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = m.readTask(cells)
		}
		if err != nil {
			return fmt.Errorf("completion report: line %d: %w", n, err)
		}
	}
}

// readTask takes one line. What the worker has said of the object goes before
// what S3 says of the worker.
func (m *Merger) readTask(cells []string) error {
	switch {
	case cells[completionBucket] == "" || cells[completionKey] == "":
		return fmt.Errorf("it names no object")
	case cells[completionStatus] != "succeeded" && cells[completionStatus] != "failed":
		return fmt.Errorf("the status of its task is %q", cells[completionStatus])
	}
	if o, ok := event.ReadResult(cells[completionMessage]); ok {
		return m.addOutcome(o)
	}
	row := taskRow(cells)
	return m.addRead(cells[completionKey], row)
}

// addOutcome takes an outcome that a worker has told.
func (m *Merger) addOutcome(o reconcile.Outcome) error {
	row := report.RowOf(o)
	if o.Source.Size == 0 && o.Source.ETag == "" { // nothing was known of it
		row.SizeBytes = nil
	}
	return m.add(told, &row)
}

// addRead takes a row whose key S3 has written down, in an encoding that its
// documentation does not speak of: the manifest's, probably.
func (m *Merger) addRead(key string, row report.Row) error {
	decoded, err := url.PathUnescape(key)
	row.SourceKey = report.Text(key)
	if err != nil || decoded == key || !utf8.ValidString(decoded) {
		return m.add(told, &row)
	}
	if err := m.add(guessed, &row); err != nil {
		return err
	}
	row.SourceKey = report.Text(decoded)
	return m.add(read, &row)
}

// taskRow is the row of a task whose message is no row: the worker never
// answered, or its answer did not fit. A success is believed only where the
// worker says itself what became of the object.
func taskRow(cells []string) report.Row {
	row := report.Row{SourceBucket: report.Text(strings.Clone(cells[completionBucket])), Status: reconcile.Failed}
	message := cells[completionMessage]
	word, rest, _ := strings.Cut(message, ": ")
	said, succeeded := reconcile.Status(word), cells[completionStatus] == "succeeded"
	switch {
	case said.Valid() && said.Success() && succeeded:
		row.Status, row.Success = said, true
		return row
	case said.Valid() && !said.Success():
		row.Status, row.ErrMsg = said, clipped(rest)
		return row
	case succeeded:
		row.ErrMsg = "the task succeeded, and its message does not say what became of the object: " + clipped(message)
	default:
		row.ErrMsg = clipped(strings.TrimPrefix(code(cells)+": "+message, ": "))
	}
	row.ErrorKind = report.Text(kindOfStatus(cells))
	return row
}

// code is the error's name, whichever of the two cells has it.
func code(cells []string) string {
	if isStatus(cells[completionCode]) {
		return cells[completionHTTP]
	}
	return cells[completionCode]
}

func isStatus(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 100 && n < 600
}

func kindOfStatus(cells []string) reconcile.Kind {
	for _, c := range []string{cells[completionCode], cells[completionHTTP]} {
		switch c {
		case "403":
			return reconcile.AccessDenied
		case "404":
			return reconcile.NotFound
		}
	}
	return reconcile.Other
}

// clipped keeps a foreign text to the length of a line.
func clipped(s string) string {
	const most = 1000
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strings.Clone(s)
}
