package s3store

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"reconcile/internal/reconcile"
)

// BatchJob is a job of S3 Batch Operations: one operation on each object of a
// manifest.
type BatchJob struct {
	Account      string // twelve digits
	Description  string // for people; at most 256 characters
	Token        string // with the same one there is the same job; at most 64 characters
	Operation    BatchOperation
	Manifest     reconcile.Location // CSV of bucket and key, without a header
	ManifestETag string             // without quotes; the job reads this content and no other
	Versions     bool               // the manifest has a third column: the version of each object
	Role         string             // ARN that the job acts as
	ReportBucket string
	ReportPrefix string // without a slash at its end: S3 adds one
	Priority     int32
	Confirm      bool // the job waits until somebody confirms it
}

// CreateBatchJob creates a job and returns its id. Sent again with the same
// token it creates no other one: S3 answers with the first one's id.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateJob.html
func (s *Store) CreateBatchJob(ctx context.Context, j BatchJob) (id string, err error) {
	c := s.start(ctx, "CreateJob", j.Manifest, s.config.Timeout)
	defer c.end()
	client, err := s.control(c.ctx, j.Manifest.Bucket)
	if err != nil {
		return "", c.fail(err)
	}
	out, err := client.CreateJob(c.ctx, j.input())
	if err != nil {
		return "", c.controlFailed(err)
	}
	if id = aws.ToString(out.JobId); id == "" {
		return "", c.empty("no JobId")
	}
	return id, nil
}

func (j *BatchJob) input() *s3control.CreateJobInput {
	fields := []types.JobManifestFieldName{types.JobManifestFieldNameBucket, types.JobManifestFieldNameKey}
	if j.Versions {
		fields = append(fields, types.JobManifestFieldNameVersionId)
	}
	return &s3control.CreateJobInput{
		AccountId:            &j.Account,
		ClientRequestToken:   &j.Token,
		ConfirmationRequired: &j.Confirm,
		Description:          optional(j.Description),
		Priority:             &j.Priority,
		RoleArn:              &j.Role,
		Manifest: &types.JobManifest{
			Spec: &types.JobManifestSpec{Format: types.JobManifestFormatS3BatchOperationsCsv20180820, Fields: fields},
			Location: &types.JobManifestLocation{
				ObjectArn: aws.String(bucketARN(j.Role, j.Manifest.Bucket) + "/" + j.Manifest.Key),
				ETag:      &j.ManifestETag,
			},
		},
		Operation: j.Operation.operation(),
		Report: &types.JobReport{
			Enabled: true, Format: types.JobReportFormatReportCsv20180820, ReportScope: types.JobReportScopeAllTasks,
			Bucket: aws.String(bucketARN(j.Role, j.ReportBucket)), Prefix: optional(j.ReportPrefix),
		},
	}
}

// BatchJobRef names a job that has been created.
type BatchJobRef struct {
	Account, ID string
	Bucket      string // any one in the region of the job: that of its manifest
}

func (r BatchJobRef) location() reconcile.Location { return reconcile.Location{Bucket: r.Bucket} }

// BatchJobState is how a job stands.
type BatchJobState struct {
	ID       string
	Status   BatchJobStatus
	Created  time.Time
	Ended    time.Time // zero: it has not
	Total    int64     // tasks; 0 until the manifest has been read
	Done     int64     // tasks that have succeeded
	Failed   int64     // tasks that have failed
	Failures []string  // why the job as a whole has failed: S3's code and its words
}

// BatchJobStatus is S3's word for how a job stands. One that this program does
// not know is that of a job under way.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-job-status.html
type BatchJobStatus string

// The statuses that make a difference.
const (
	BatchJobComplete  BatchJobStatus = "Complete" // tasks may have failed
	BatchJobFailed    BatchJobStatus = "Failed"
	BatchJobCancelled BatchJobStatus = "Cancelled"
	BatchJobSuspended BatchJobStatus = "Suspended" // it waits for a confirmation
	BatchJobReady     BatchJobStatus = "Ready"     // as a request: confirmed
)

// Over reports whether a job of the status does no more.
func (s BatchJobStatus) Over() bool {
	return s == BatchJobComplete || s == BatchJobFailed || s == BatchJobCancelled
}

// DescribeBatchJob asks how a job stands. S3 forgets jobs 90 days after they have
// ended: then the error is of kind NotFound.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_DescribeJob.html
func (s *Store) DescribeBatchJob(ctx context.Context, r BatchJobRef) (BatchJobState, error) {
	c := s.start(ctx, "DescribeJob", r.location(), s.config.Timeout)
	defer c.end()
	client, err := s.control(c.ctx, r.Bucket)
	if err != nil {
		return BatchJobState{}, c.fail(err)
	}
	out, err := client.DescribeJob(c.ctx, &s3control.DescribeJobInput{AccountId: &r.Account, JobId: &r.ID})
	switch {
	case err != nil:
		return BatchJobState{}, c.controlFailed(err)
	case out.Job == nil || out.Job.Status == "" || aws.ToString(out.Job.JobId) != r.ID:
		return BatchJobState{}, c.empty("no status of the job")
	}
	return stateOf(out.Job), nil
}

func stateOf(j *types.JobDescriptor) BatchJobState {
	state := BatchJobState{
		ID: aws.ToString(j.JobId), Status: BatchJobStatus(j.Status),
		Created: aws.ToTime(j.CreationTime), Ended: aws.ToTime(j.TerminationDate),
	}
	if p := j.ProgressSummary; p != nil {
		state.Total, state.Done, state.Failed = aws.ToInt64(p.TotalNumberOfTasks), aws.ToInt64(p.NumberOfTasksSucceeded), aws.ToInt64(p.NumberOfTasksFailed)
	}
	for _, f := range j.FailureReasons {
		state.Failures = append(state.Failures, cmp.Or(aws.ToString(f.FailureCode), "no code")+": "+oneLine(aws.ToString(f.FailureReason)))
	}
	return state
}

// UpdateBatchJob confirms a job that waits for it (BatchJobReady), or cancels one
// (BatchJobCancelled).
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_UpdateJobStatus.html
func (s *Store) UpdateBatchJob(ctx context.Context, r BatchJobRef, to BatchJobStatus) error {
	c := s.start(ctx, "UpdateJobStatus", r.location(), s.config.Timeout)
	defer c.end()
	client, err := s.control(c.ctx, r.Bucket)
	if err != nil {
		return c.fail(err)
	}
	out, err := client.UpdateJobStatus(c.ctx, &s3control.UpdateJobStatusInput{
		AccountId: &r.Account, JobId: &r.ID, RequestedJobStatus: types.RequestedJobStatus(to),
	})
	switch {
	case err != nil:
		return c.controlFailed(err)
	case aws.ToString(out.JobId) != r.ID:
		return c.empty("no JobId")
	}
	return nil
}
