package batch

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"reconcile/internal/manifest"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3store"
	"reconcile/internal/storage"
)

// Store is S3 and its control plane as jobs need them. What passes is the store's
// to send again.
type Store interface {
	storage.Store
	ReadDocument(ctx context.Context, at reconcile.Location) (reconcile.Document, error)
	WriteDocument(ctx context.Context, at reconcile.Location, body []byte, p reconcile.Precondition) (etag string, err error)
	CreateBatchJob(ctx context.Context, j s3store.BatchJob) (id string, err error)
	DescribeBatchJob(ctx context.Context, r s3store.BatchJobRef) (s3store.BatchJobState, error)
}

// Options says on whose behalf jobs are submitted, and where their files are.
type Options struct {
	Account string             // twelve digits
	Role    string             // ARN that the jobs act as
	Results reconcile.Location // Key is a prefix that ends in a slash, or empty
	Wait    bool               // until the jobs have ended
}

// Own reports whether an object is a file of jobs with these results: a manifest,
// the record, or a report.
func (o Options) Own(at reconcile.Location) bool {
	name, ok := strings.CutPrefix(at.Key, o.Results.Key)
	return ok && at.Bucket == o.Results.Bucket && (name == recordName || strings.HasPrefix(name, restoresFolder) || strings.HasPrefix(name, manifests) || strings.HasPrefix(name, "job-"))
}

// Ledger submits jobs and remembers them in a record below the prefix of their
// results. The record is written before the first job is created, and has all
// that its request needs: a command that was killed at any moment, or that is
// given again, goes on with what is there, and S3 makes one job of all requests
// with the same token.
type Ledger struct {
	Options
	store  Store
	folder *storage.Bucket
}

// NewLedger returns the ledger of a prefix. Nothing is sent yet.
func NewLedger(s Store, o Options) (*Ledger, error) {
	folder, err := storage.OpenBucket(s, "s3://"+o.Results.Bucket+"/"+o.Results.Key)
	return &Ledger{Options: o, store: s, folder: folder}, err
}

// Record is what was submitted: the document jobs.json.
type Record struct {
	Version   int               `json:"record_version"`
	For       map[string]string `json:"for"` // what the jobs are for: others are not gone on with
	Operation Operation         `json:"operation"`
	Account   string            `json:"account"`
	Role      string            `json:"role"`
	CreatedAt time.Time         `json:"created_at"`
	Jobs      []Job             `json:"jobs"`

	etag string // of the document
}

// Operation is what the jobs do. One of its fields is there.
type Operation struct {
	Checksum string   `json:"compute_checksum,omitempty"` // algorithm
	Restore  *Restore `json:"restore,omitempty"`
}

// Restore asks for readable copies.
type Restore struct {
	Days int    `json:"days"`
	Tier string `json:"tier"`
}

func (o Operation) request() s3store.BatchOperation {
	if o.Restore != nil {
		return s3store.RestoreObjects{Days: o.Restore.Days, Tier: o.Restore.Tier}
	}
	return s3store.ComputeChecksum{Algorithm: o.Checksum}
}

func (o Operation) String() string {
	if o.Restore != nil {
		return "restore by " + o.Restore.Tier
	}
	return o.Checksum
}

// Job is one job of a record.
type Job struct {
	Bucket      string     `json:"bucket"`   // whose objects
	Manifest    string     `json:"manifest"` // below the prefix
	ETag        string     `json:"manifest_etag"`
	Versions    bool       `json:"versions"` // the manifest names versions
	Objects     int64      `json:"objects"`
	Bytes       int64      `json:"bytes"`
	Description string     `json:"description"`
	Token       string     `json:"token"`
	ID          string     `json:"job_id,omitempty"`     // empty: it may not have been created yet
	CreatedAt   *time.Time `json:"created_at,omitempty"` // by S3's clock; nil: it has not told yet
}

const (
	recordName    = "jobs.json"
	manifests     = "manifests/"
	recordVersion = 1
)

func (l *Ledger) record() reconcile.Location {
	return reconcile.Location{Bucket: l.Results.Bucket, Key: l.Results.Key + recordName}
}

// MismatchError says that the record under a prefix is of something else.
type MismatchError struct {
	At        reconcile.Location
	What      string // that differs
	Has, Want string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s is of other jobs: its %s is %q, and not %q", e.At, e.What, e.Has, e.Want)
}

// Open reads the record, which is nil where there is none. One that was made for
// something else is a *MismatchError.
func (l *Ledger) Open(ctx context.Context, purpose map[string]string, o Operation) (*Record, error) {
	doc, err := l.store.ReadDocument(ctx, l.record())
	if errors.Is(err, reconcile.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := &Record{etag: doc.ETag}
	if err := json.Unmarshal(doc.Body, r); err != nil || r.Version != recordVersion {
		return nil, fmt.Errorf("%s is no record of jobs that this program can read: %w", l.record(), cause(err, r.Version))
	}
	if err := l.matches(r, purpose, o); err != nil {
		return r, err
	}
	if len(r.Jobs) == 0 {
		return nil, fmt.Errorf("%s is no record of jobs that this program can read: there is no job in it", l.record())
	}
	return r, nil
}

func cause(err error, version int) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("its version is %d", version)
}

func (l *Ledger) matches(r *Record, purpose map[string]string, o Operation) error {
	for what, want := range purpose {
		if has := r.For[what]; has != want {
			return &MismatchError{l.record(), what, has, want}
		}
	}
	if slices.ContainsFunc(r.Jobs, func(j Job) bool { return j.ID == "" }) { // it is made as the record says, or not at all
		for what, is := range map[string][2]string{"account": {r.Account, l.Account}, "role": {r.Role, l.Role}} {
			if is[0] != is[1] {
				return &MismatchError{l.record(), what, is[0], is[1]}
			}
		}
	}
	if r.Operation.String() != o.String() {
		return &MismatchError{l.record(), "operation", r.Operation.String(), o.String()}
	}
	return nil
}

// Objects writes the manifest of a job: it calls line for every object.
type Objects func(line func(key, version string) error) error

// Manifest writes the manifest of a job and fills in what the record says of it.
// run makes its name one that no other command takes.
func (l *Ledger) Manifest(ctx context.Context, run string, j Job, objects Objects) (Job, error) {
	j.Manifest = manifests + run + "-" + j.Bucket + ".csv"
	written, err := l.folder.Write(ctx, j.Manifest, "text/csv; charset=utf-8", func(out io.Writer) error {
		buf := bufio.NewWriterSize(out, 64<<10)
		err := objects(func(key, version string) error {
			buf.WriteString(j.Bucket + "," + manifest.EncodeKey(key)) // errors stick
			if j.Versions {
				buf.WriteString("," + version)
			}
			return buf.WriteByte('\n')
		})
		if err != nil {
			return err
		}
		return buf.Flush()
	})
	if err != nil {
		return j, fmt.Errorf("manifest %s: %w", l.folder.URL(j.Manifest), err)
	}
	j.ETag = written.ETag
	j.Token = l.token(j, written)
	return j, nil
}

// token is the same for the same job, however often it is submitted.
func (l *Ledger) token(j Job, w storage.Written) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{l.Account, l.Role, l.Results.String(), j.Manifest, w.MD5, w.ETag}, "\n")))
	return hex.EncodeToString(sum[:]) // 64 characters, as many as S3 takes
}

// Begin writes the record of jobs that are going to be created. Where another
// command was faster, its record is returned.
func (l *Ledger) Begin(ctx context.Context, purpose map[string]string, o Operation, jobs []Job) (*Record, error) {
	r := &Record{Version: recordVersion, For: maps.Clone(purpose), Operation: o, Account: l.Account, Role: l.Role, CreatedAt: time.Now().UTC(), Jobs: jobs}
	_, err := l.write(ctx, r)
	if err != nil && !errors.Is(err, reconcile.Conflict) {
		return nil, err
	}
	// What is there now holds, whoever has written it.
	there, err := l.Open(ctx, purpose, o)
	if err == nil && there == nil {
		err = fmt.Errorf("%s: it was written, and is not there", l.record())
	}
	return there, err
}

// write writes the record under the condition that it is as it was read.
func (l *Ledger) write(ctx context.Context, r *Record) (etag string, err error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	return l.store.WriteDocument(ctx, l.record(), append(text, '\n'), reconcile.Precondition{IfMatch: r.etag})
}

// save writes what has been learnt of the jobs. Where another command has written
// meanwhile its record holds: it has learnt the same.
func (l *Ledger) save(ctx context.Context, r *Record) error {
	etag, err := l.write(ctx, r)
	switch {
	case err == nil:
		r.etag = etag
	case errors.Is(err, reconcile.Conflict):
		there, err := l.Open(ctx, nil, r.Operation)
		if err != nil || there == nil {
			return err
		}
		r.etag = there.etag
		return nil
	}
	return err
}

// Create creates the jobs of the record that have not been created, and calls
// made with each.
func (l *Ledger) Create(ctx context.Context, r *Record, made func(Job)) error {
	for i := range r.Jobs {
		j := &r.Jobs[i]
		if j.ID != "" {
			continue
		}
		id, err := l.store.CreateBatchJob(ctx, l.request(r, *j))
		if j.ID = id; err == nil {
			err = l.save(ctx, r)
		}
		if err != nil {
			return fmt.Errorf("job for s3://%s: %w", j.Bucket, err)
		}
		made(*j)
	}
	return nil
}

// request is the request for a job, of the record alone: it must be the same each
// time.
func (l *Ledger) request(r *Record, j Job) s3store.BatchJob {
	return s3store.BatchJob{
		Account: r.Account, Role: r.Role, Description: j.Description, Token: j.Token, Priority: priority, Operation: r.Operation.request(),
		Manifest:     reconcile.Location{Bucket: l.Results.Bucket, Key: l.Results.Key + j.Manifest},
		ManifestETag: j.ETag, Versions: j.Versions,
		ReportBucket: l.Results.Bucket, ReportPrefix: strings.TrimSuffix(l.Results.Key, "/"),
	}
}

// priority is that of the jobs among the account's.
const priority = 10
