// Package submit hands a plan's manifest to S3 Batch Operations: one job for
// each size class, which calls the Lambda function for every object. It is a
// package of its own because it neither lists nor copies, and needs nothing of
// a run but the store.
package submit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"reconcile/internal/manifest"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3store"
	"reconcile/internal/storage"
)

// Store is what submitting asks of S3 and of its control plane.
type Store interface {
	storage.Store
	CreateBatchJob(ctx context.Context, j s3store.BatchJob) (id string, err error)
}

// Submitter submits the classes of a plan.
type Submitter struct {
	Request
	Store Store
	Log   *slog.Logger
	Out   io.Writer // a line of JSON for each job, or the requests of a dry run
}

// Submit creates the jobs. Those that Out names have been created, whatever the
// error says.
func (w *Submitter) Submit(ctx context.Context) error {
	folder, name, err := storage.Split(w.Plan)
	if err != nil {
		return err
	}
	at, err := storage.OpenBucket(w.Store, folder)
	if err != nil {
		return err
	}
	x, err := manifest.Read(ctx, at, name)
	if err != nil {
		return err
	}
	if age := time.Since(x.CreatedAt); age > staleAfter {
		w.Log.Warn("the plan is old: objects may have been copied, or their restored copies have lapsed", "age", age.Round(time.Minute).String())
	}
	jobs, err := w.jobs(x)
	for _, j := range jobs {
		if err != nil {
			break
		}
		err = w.create(ctx, j)
	}
	return err
}

// staleAfter is the age from which a plan is warned about.
const staleAfter = 24 * time.Hour

// classJob is the job of one class.
type classJob struct {
	manifest.ClassOfPlan
	s3store.BatchJob
}

// jobs makes the jobs of the classes that were asked for.
func (w *Submitter) jobs(x *manifest.Index) (jobs []classJob, err error) {
	for _, c := range x.Classes {
		switch wanted := slices.Contains(w.Classes, c.Name); {
		case c.CSV == nil:
			w.Log.Warn("these objects take longer than a Lambda function may last: they are left to run", "class", c.Name, "objects", c.Objects, "bytes", c.Bytes)
		case len(w.Classes) > 0 && !wanted:
		case c.CSV.ETag == "":
			return nil, fmt.Errorf("%s: its files have no ETag: it was written to a folder, and S3 Batch Operations reads S3", w.Plan)
		default:
			jobs = append(jobs, classJob{c, w.job(x, c)})
		}
	}
	if len(jobs) == 0 && len(w.Classes) > 0 {
		return nil, fmt.Errorf("%s: the plan has no objects of class %s", w.Plan, strings.Join(w.Classes, ", "))
	}
	if len(jobs) == 0 {
		w.Log.Info("the plan has nothing for S3 Batch Operations", "plan", w.Plan)
	}
	return jobs, nil
}

func (w *Submitter) job(x *manifest.Index, c manifest.ClassOfPlan) s3store.BatchJob {
	plan, _ := storage.ParseURL(w.Plan[:strings.LastIndexByte(w.Plan, '/')]) // checked
	results, _ := storage.ParseURL(w.Results)
	return s3store.BatchJob{
		Account: w.Account, Role: w.Role, Priority: w.priority(), Confirm: !w.Start,
		Description: fmt.Sprintf("reconcile plan %s: %d objects of class %s", x.Run, c.Objects, c.Name),
		Token:       token(x, c),
		Manifest:    reconcile.Location{Bucket: plan.Bucket, Key: plan.Key + c.CSV.Name}, ManifestETag: c.CSV.ETag,
		Operation:    s3store.InvokeFunction{Function: w.Function, Arguments: map[string]string{"plan": x.Run, "class": c.Name}},
		ReportBucket: results.Bucket, ReportPrefix: strings.TrimSuffix(results.Key, "/"),
	}
}

// token makes one job of a class of a plan, however often it is submitted. S3
// refuses it when the rest of the request is not the same: to give a plan to
// another function is to make another plan, which lacks what has been copied.
func token(x *manifest.Index, c manifest.ClassOfPlan) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{x.Run, c.Name, c.CSV.Name, c.CSV.MD5, c.CSV.ETag}, "\n")))
	return hex.EncodeToString(sum[:]) // 64 characters, as many as S3 takes
}

// create creates a job and prints it, or prints what would be sent.
func (w *Submitter) create(ctx context.Context, j classJob) error {
	if w.DryRun {
		return w.print(j.Request(), "  ")
	}
	id, err := w.Store.CreateBatchJob(ctx, j.BatchJob)
	if err != nil {
		return fmt.Errorf("job of class %s: %w", j.Name, err)
	}
	w.Log.LogAttrs(ctx, slog.LevelInfo, "job created", slog.String("class", j.Name), slog.String("job_id", id), slog.Bool("waits_for_confirmation", j.Confirm))
	return w.print(struct {
		Class   string `json:"class"`
		JobID   string `json:"job_id"`
		Objects int64  `json:"objects"`
		Bytes   int64  `json:"bytes"`
	}{j.Name, id, j.Objects, j.Bytes}, "")
}

func (w *Submitter) print(v any, indent string) error {
	enc := json.NewEncoder(w.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	return enc.Encode(v)
}
