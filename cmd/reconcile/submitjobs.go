package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/manifest"
	"reconcile/internal/reconcile"
	"reconcile/internal/s3store"
	"reconcile/internal/storage"
)

// submitting is one submit being carried out.
type submitting struct {
	*execution
	submission
}

func (p program) submit(ctx context.Context, s config.Settings, in submission) error {
	ctx, stop := untilSignal(ctx, p.streams.err)
	defer stop()
	store, err := s3store.Open(ctx, s.Store)
	if err != nil {
		return usageError(err, "")
	}
	w := &submitting{newExecution(s, p.streams, newLogger(p.streams.err, s), store), in}
	err = w.run(ctx)
	var interrupted *signalError
	if err != nil && errors.As(context.Cause(ctx), &interrupted) {
		return &exitError{code: interrupted.exitCode()}
	}
	return err
}

func (w *submitting) run(ctx context.Context) error {
	folder, name, err := storage.Split(w.plan)
	if err != nil {
		return usageError(err, "")
	}
	at, err := storage.OpenBucket(w.store, w.retrier(), folder)
	if err != nil {
		return usageError(err, "")
	}
	x, err := manifest.Read(ctx, at, name)
	if err != nil {
		return err
	}
	if age := time.Since(x.CreatedAt); age > staleAfter {
		w.log.Warn("the plan is old: objects may have been copied, or their restored copies have lapsed", "age", age.Round(time.Minute).String())
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
func (w *submitting) jobs(x *manifest.Index) (jobs []classJob, err error) {
	for _, c := range x.Classes {
		switch wanted := slices.Contains(w.classes, c.Name); {
		case c.CSV == nil:
			w.log.Warn("these objects take longer than a Lambda function may last: they are left to run", "class", c.Name, "objects", c.Objects, "bytes", c.Bytes)
		case len(w.classes) > 0 && !wanted:
		case c.CSV.ETag == "":
			return nil, fmt.Errorf("%s: its files have no ETag: it was written to a folder, and S3 Batch Operations reads S3", w.plan)
		default:
			jobs = append(jobs, classJob{c, w.job(x, c)})
		}
	}
	if len(jobs) == 0 && len(w.classes) > 0 {
		return nil, fmt.Errorf("%s: the plan has no objects of class %s", w.plan, strings.Join(w.classes, ", "))
	}
	if len(jobs) == 0 {
		w.log.Info("the plan has nothing for S3 Batch Operations", "plan", w.plan)
	}
	return jobs, nil
}

func (w *submitting) job(x *manifest.Index, c manifest.ClassOfPlan) s3store.BatchJob {
	plan, _ := storage.ParseURL(w.plan[:strings.LastIndexByte(w.plan, '/')]) // checked
	results, _ := storage.ParseURL(w.results)
	priority, _ := config.ParseNumber(w.priority)
	return s3store.BatchJob{
		Account: w.account, Function: w.function, Role: w.role, Priority: int32(priority), Confirm: !w.start,
		Description: fmt.Sprintf("reconcile plan %s: %d objects of class %s", x.Run, c.Objects, c.Name),
		Token:       token(x, c),
		Manifest:    reconcile.Location{Bucket: plan.Bucket, Key: plan.Key + c.CSV.Name}, ManifestETag: c.CSV.ETag,
		Arguments:    map[string]string{"plan": x.Run, "class": c.Name},
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
func (w *submitting) create(ctx context.Context, j classJob) error {
	if w.dryRun {
		return w.print(j.Request(), "  ")
	}
	var id string
	_, err := w.retrier().Do(ctx, j.BatchJob.Manifest.Bucket, func() (err error) {
		id, err = w.store.CreateBatchJob(ctx, j.BatchJob)
		return err
	})
	if err != nil {
		return fmt.Errorf("job of class %s: %w", j.Name, err)
	}
	w.log.LogAttrs(ctx, slog.LevelInfo, "job created", slog.String("class", j.Name), slog.String("job_id", id), slog.Bool("waits_for_confirmation", j.Confirm))
	return w.print(struct {
		Class   string `json:"class"`
		JobID   string `json:"job_id"`
		Objects int64  `json:"objects"`
		Bytes   int64  `json:"bytes"`
	}{j.Name, id, j.Objects, j.Bytes}, "")
}

func (w *submitting) print(v any, indent string) error {
	enc := json.NewEncoder(w.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	return enc.Encode(v)
}
