// Package batch is what jobs of S3 Batch Operations need beside the requests to
// S3: their manifests, their completion reports, and the record of what was
// submitted, by which a killed or repeated command goes on instead of submitting
// twice. It is a package of its own because checksums and restores both go that
// way.
package batch

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// Row is what a completion report says of one object.
type Row struct {
	Bucket  string
	Key     string // as the object's manifest had it, decoded
	Raw     string // as it stands in the report
	Version string // empty: the manifest named none
	OK      bool
	HTTP    int    // status; 0: none is given
	Code    string // of the error, where there is one
	Message string
}

// Kind is what a failed task failed for.
func (r *Row) Kind() reconcile.Kind {
	code := r.HTTP
	if n := status(cut(r.Message, "errorCode")); n != 0 { // of Compute checksum, whose rows all have 200
		code = n
	}
	switch code {
	case http.StatusForbidden:
		return reconcile.AccessDenied
	case http.StatusNotFound:
		return reconcile.NotFound
	}
	return reconcile.Other
}

// Report is the manifest.json of a completion report.
type Report struct {
	Created time.Time // when it was written: the job had ended
	Results []Result
}

// Result is one file of a completion report.
type Result struct {
	Status string `json:"TaskExecutionStatus"`
	Bucket string
	MD5    string `json:"MD5Checksum"`
	Key    string
}

// reportFormat is the only one there is.
const reportFormat = "Report_CSV_20180820"

// ParseReport reads a manifest.json.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html
func ParseReport(text []byte) (*Report, error) {
	var doc struct {
		Format             string
		ReportCreationDate time.Time
		Results            []Result
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("manifest of a completion report: %w", err)
	}
	if doc.Format != reportFormat {
		return nil, fmt.Errorf("its format is %q, and this program reads %s", doc.Format, reportFormat)
	}
	return &Report{Created: doc.ReportCreationDate, Results: doc.Results}, nil
}

// maxManifest is how many bytes the manifest of a report may have.
const maxManifest = 64 << 20

// ReadReport reads all files that the manifest.json of the given name in the
// folder names, and calls each with every row. A file that is not there, or is
// not what the manifest says, is an error.
func ReadReport(ctx context.Context, folder storage.Folder, name string, each func(*Report, *Row) error) (*Report, error) {
	in, err := folder.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(in, maxManifest))
	in.Close()
	if err != nil {
		return nil, err
	}
	report, err := ParseReport(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder.URL(name), err)
	}
	for _, result := range report.Results {
		if err := readResult(ctx, folder, name, result, func(r *Row) error { return each(report, r) }); err != nil {
			return nil, err
		}
	}
	return report, nil
}

func readResult(ctx context.Context, folder storage.Folder, manifest string, result Result, each func(*Row) error) error {
	name, ok := folder.Find(manifest, result.Bucket, result.Key)
	if !ok {
		return fmt.Errorf("%s: it names s3://%s/%s, which is not there", folder.URL(manifest), result.Bucket, result.Key)
	}
	in, err := folder.Open(ctx, name)
	if err != nil {
		return fmt.Errorf("%s: it names s3://%s/%s: %w", folder.URL(manifest), result.Bucket, result.Key, err)
	}
	defer in.Close()
	sum := storage.NewSum()
	body := io.TeeReader(in, sum)
	if err := ReadRows(body, each); err != nil {
		return fmt.Errorf("%s: %w", folder.URL(name), err)
	}
	if _, err := hex.DecodeString(result.MD5); err == nil && len(result.MD5) == 32 && !strings.EqualFold(result.MD5, sum.Written().MD5) {
		return fmt.Errorf("%s: its MD5 is %s, and should be %s", folder.URL(name), sum.Written().MD5, result.MD5)
	}
	return nil
}

// The cells of a line. There is no header. The schema in the manifest has the
// error's code before HTTP's status; in every example of Amazon's, and in the
// reports that others have, the two stand the other way round: a number is HTTP's.
const (
	cellBucket = iota
	cellKey
	cellVersion
	cellStatus
	cellOne
	cellOther
	cellMessage
)

// ReadRows reads one file of a completion report, and calls each with every row.
// In the messages of failed tasks the quotes are not all doubled, in Amazon's own
// examples at least: a message may fall into several cells, which are joined
// again.
func ReadRows(in io.Reader, each func(*Row) error) error {
	lines := csv.NewReader(in)
	lines.FieldsPerRecord, lines.LazyQuotes, lines.ReuseRecord = -1, true, true
	for first := true; ; first = false {
		cells, err := lines.Read()
		if err == io.EOF {
			return nil
		}
		n, _ := lines.FieldPos(0)
		if err == nil && first && header(cells) {
			continue
		}
		if err == nil && first && named(cells) {
			return fmt.Errorf("completion report: line 1: its columns are %s: they are to be Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage", strings.Join(cells, ", "))
		}
		var r Row
		if err == nil {
			r, err = rowOf(cells)
		}
		if err == nil {
			err = each(&r)
		}
		if err != nil {
			return fmt.Errorf("completion report: line %d: %w", n, err)
		}
	}
}

// header reports whether the cells are names of columns, which somebody has put
// before the lines.
func header(cells []string) bool {
	return len(cells) > cellStatus && strings.EqualFold(strings.TrimPrefix(cells[cellBucket], "\uFEFF"), "bucket") && strings.EqualFold(cells[cellStatus], "taskstatus")
}

// named reports whether the cells are names of columns, in whichever order.
func named(cells []string) bool {
	is := func(name string) bool {
		return slices.ContainsFunc(cells, func(c string) bool { return strings.EqualFold(strings.TrimPrefix(c, "\uFEFF"), name) })
	}
	return is("Bucket") && is("Key") && is("TaskStatus")
}

var errNoRow = errors.New("it is no line of a completion report")

func rowOf(cells []string) (Row, error) {
	if len(cells) <= cellMessage || cells[cellBucket] == "" || cells[cellKey] == "" {
		return Row{}, errNoRow
	}
	r := Row{Bucket: strings.Clone(strings.TrimPrefix(cells[cellBucket], "\uFEFF")), Raw: strings.Clone(cells[cellKey]), Version: version(cells[cellVersion])}
	switch strings.ToLower(cells[cellStatus]) {
	case "succeeded":
		r.OK = true
	case "failed":
	default:
		return Row{}, fmt.Errorf("the status of its task is %q", cells[cellStatus])
	}
	r.Key = decoded(r.Raw)
	code := cells[cellOne]
	r.HTTP = status(cells[cellOther])
	if n := status(code); n != 0 {
		r.HTTP, code = n, cells[cellOther]
	}
	r.Code = strings.Clone(code)
	r.Message = strings.Clone(strings.Join(cells[cellMessage:], ","))
	return r, nil
}

// version is the cell of one; null is how some write that there is none, and what
// S3 calls the version of an object that was written without versioning: in
// either case nothing tells it from the current one.
func version(cell string) string {
	if strings.EqualFold(cell, "null") {
		return ""
	}
	return strings.Clone(cell)
}

func status(cell string) int {
	n, err := strconv.Atoi(strings.TrimSpace(cell))
	if err != nil || n < 100 || n > 599 {
		return 0
	}
	return n
}

// decoded is a key that stands in a report as it stood in the manifest; what is
// no encoding is taken as it is.
func decoded(raw string) string {
	key, err := url.PathUnescape(raw)
	if err != nil {
		return raw
	}
	return key
}

// Why says in one line what a failed task failed for.
func (r *Row) Why() string {
	if said := taskID().ReplaceAllString(cut(r.Message, `failureMessage`), ""); said != "" { // of Compute checksum
		if code := cut(r.Message, `errorCode`); code != "" {
			return code + ": " + said
		}
		return said
	}
	return strings.TrimPrefix(cmp.Or(r.Code, strconv.Itoa(r.HTTP))+": "+r.Message, ": ")
}

// taskID is how the message of a failed task begins; it tells nobody anything.
var taskID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^Task [0-9a-f-]{36} `) })

// cut takes the value of a field out of a message that is JSON, or nearly.
func cut(message, field string) string {
	_, rest, ok := strings.Cut(message, field)
	if !ok {
		return ""
	}
	rest = strings.TrimLeft(rest, `":, `)
	value, _, _ := strings.Cut(rest, `"`)
	return strings.TrimRight(value, ", ") // which the broken quotes leave behind
}
