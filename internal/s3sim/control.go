package s3sim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// S3's control plane, as far as S3 Batch Operations needs it: jobs are created,
// described, confirmed and cancelled, and carried out on the server's objects by
// its clock. It has the paths of S3's own and asks for the account by the same
// header; its host is the server's.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_AWS_S3_Control.html
const (
	controlPath   = "/v20180820/jobs"
	accountHeader = "X-Amz-Account-Id"
)

// controlOperation returns the name of the operation that a request asks of the
// control plane, and the job that it is about; empty: it asks nothing of it.
func controlOperation(r *http.Request, path string) (op, job string) {
	rest, ok := strings.CutPrefix(path, controlPath)
	if !ok || r.Header.Get(accountHeader) == "" {
		return "", ""
	}
	job, what, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	switch [3]string{r.Method, job, what} {
	case [3]string{http.MethodPost, "", ""}:
		return "CreateJob", ""
	case [3]string{http.MethodGet, "", ""}:
		return "ListJobs", ""
	case [3]string{http.MethodGet, job, ""}:
		return "DescribeJob", job
	case [3]string{http.MethodPost, job, "status"}:
		return "UpdateJobStatus", job
	}
	return unknownOperation, job
}

// The errors of the control plane.
var (
	errBadJob        = newError(http.StatusBadRequest, "InvalidRequest", "Request invalid")
	errIdempotency   = newError(http.StatusBadRequest, "IdempotencyException", "A job with this client token and other parameters exists already")
	errJobStatus     = newError(http.StatusBadRequest, "JobStatusException", "The job cannot be moved to that status")
	errNoSuchJob     = newError(http.StatusNotFound, "NoSuchJobException", "The specified job does not exist")
	errUnknownAction = errNotImplemented.say("This operation of S3 Batch Operations is not simulated")
)

// createJobRequest is the body of CreateJob.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateJob.html
type createJobRequest struct {
	ConfirmationRequired                     bool
	ClientRequestToken, Description, RoleArn string
	Priority                                 int
	Operation                                jobOperation
	Manifest                                 struct {
		Spec struct {
			Format string
			Fields []string `xml:"Fields>member"`
		}
		Location struct{ ObjectArn, ETag string }
	}
	Report struct {
		Enabled                             bool
		Bucket, Prefix, Format, ReportScope string
	}
}

// jobOperation is what a job does with each object. Only one of it is there.
type jobOperation struct {
	LambdaInvoke *struct {
		FunctionArn, InvocationSchemaVersion string
		UserArguments                        []jobArgument `xml:"UserArguments>entry"`
	}
	S3ComputeObjectChecksum *struct{ ChecksumAlgorithm, ChecksumType string }
	S3InitiateRestoreObject *struct {
		ExpirationInDays int
		GlacierJobTier   string
	}
}

type jobArgument struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

// name is that of the operation; empty: none that is known here.
func (o *jobOperation) name() string {
	switch {
	case o.LambdaInvoke != nil:
		return "LambdaInvoke"
	case o.S3ComputeObjectChecksum != nil:
		return "S3ComputeObjectChecksum"
	case o.S3InitiateRestoreObject != nil:
		return "S3InitiateRestoreObject"
	}
	return ""
}

// check refuses what the published model does not allow, or what is not done
// here.
func (in *createJobRequest) check() error {
	op := &in.Operation
	if op.LambdaInvoke != nil { // a map, which has no order
		slices.SortFunc(op.LambdaInvoke.UserArguments, func(a, b jobArgument) int { return strings.Compare(a.Key, b.Key) })
	}
	switch {
	case op.name() == "":
		return errUnknownAction
	case in.ClientRequestToken == "", in.RoleArn == "", len(in.ClientRequestToken) > 64, in.Report.Enabled && in.Report.Bucket == "":
		return errBadJob
	case in.Manifest.Spec.Format != "S3BatchOperations_CSV_20180820":
		return errUnknownAction
	case op.S3ComputeObjectChecksum != nil:
		return op.checkChecksum()
	case op.S3InitiateRestoreObject != nil && op.S3InitiateRestoreObject.GlacierJobTier != "BULK" && op.S3InitiateRestoreObject.GlacierJobTier != "STANDARD":
		return errBadJob.say("GlacierJobTier must be BULK or STANDARD")
	}
	return nil
}

func (o *jobOperation) checkChecksum() error {
	_, known := jobHashes[o.S3ComputeObjectChecksum.ChecksumAlgorithm]
	_, crc := jobCRCs[o.S3ComputeObjectChecksum.ChecksumAlgorithm]
	if !known && !crc || o.S3ComputeObjectChecksum.ChecksumType != typeFullObject {
		return errUnknownAction
	}
	return nil
}

// createJob creates a job. A token that has been used for the same request gets
// the job of that time.
func (c *call) createJob() (*reply, error) {
	body, err := c.readPayload()
	if err != nil {
		return nil, err
	}
	var in createJobRequest
	if err := decodeXML(body.data, &in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	j, err := c.srv.jobs.create(c.srv, c.r.Header.Get(accountHeader), in)
	if err != nil {
		return nil, err
	}
	x := append(startXML(nil), "<CreateJobResult>"...)
	x = appendElement(x, "JobId", j.id)
	return xmlReply(append(x, "</CreateJobResult>"...)), nil
}

// describeJob answers how a job stands.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_DescribeJob.html
func (c *call) describeJob() (*reply, error) {
	c.srv.jobs.mu.Lock()
	defer c.srv.jobs.mu.Unlock()
	j, err := c.srv.jobs.find(c.r.Header.Get(accountHeader), c.job)
	if err != nil {
		return nil, err
	}
	return xmlReply(j.describe()), nil
}

// describe is the job as DescribeJob answers it.
func (j *batchJob) describe() []byte {
	x := append(startXML(nil), "<DescribeJobResult><Job>"...)
	x = appendElement(x, "JobId", j.id)
	x = appendElement(x, "JobArn", "arn:aws:s3:us-east-1:"+j.account+":job/"+j.id)
	x = appendElement(x, "ConfirmationRequired", fmt.Sprint(j.in.ConfirmationRequired))
	x = appendOptional(x, "Description", j.in.Description)
	x = appendElement(x, "Priority", itoa(j.in.Priority))
	x = appendElement(x, "RoleArn", j.in.RoleArn)
	x = appendElement(x, "Status", j.status)
	x = appendElement(x, "CreationTime", xmlTime(j.created))
	if !j.ended.IsZero() {
		x = appendElement(x, "TerminationDate", xmlTime(j.ended))
	}
	if len(j.failures) > 0 {
		x = append(x, "<FailureReasons>"...)
		for _, f := range j.failures {
			x = append(x, "<member>"...)
			x = appendElement(x, "FailureCode", f[0])
			x = appendElement(x, "FailureReason", f[1])
			x = append(x, "</member>"...)
		}
		x = append(x, "</FailureReasons>"...)
	}
	x = append(x, "<ProgressSummary>"...)
	x = appendElement(x, "TotalNumberOfTasks", itoa(len(j.tasks)))
	x = appendElement(x, "NumberOfTasksSucceeded", itoa(len(j.results)-j.failed))
	x = appendElement(x, "NumberOfTasksFailed", itoa(j.failed))
	return append(x, "</ProgressSummary></Job></DescribeJobResult>"...)
}

// updateJobStatus confirms or cancels a job.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_UpdateJobStatus.html
func (c *call) updateJobStatus() (*reply, error) {
	jobs := &c.srv.jobs
	jobs.mu.Lock()
	defer jobs.mu.Unlock()
	j, err := jobs.find(c.r.Header.Get(accountHeader), c.job)
	if err != nil {
		return nil, err
	}
	switch want := c.query.Get("requestedJobStatus"); {
	case want == jobReady && j.status == jobSuspended:
		j.status, j.started = jobReady, c.srv.cfg.Now()
	case want == jobCancelled && j.open():
		j.status = jobCancelling
	default:
		return nil, errJobStatus
	}
	status := j.status
	j.advance(c.srv, c.srv.cfg.Now())
	x := append(startXML(nil), "<UpdateJobStatusResult>"...)
	x = appendElement(x, "JobId", j.id)
	x = appendElement(x, "Status", status)
	x = appendOptional(x, "StatusUpdateReason", c.query.Get("statusUpdateReason"))
	return xmlReply(append(x, "</UpdateJobStatusResult>"...)), nil
}

// controlReply is e in the shape that the control plane's errors have.
func (e *apiError) controlReply(requestID string) *reply {
	p := newReply(e.status)
	p.set("Content-Type", "application/xml")
	x := append(startXML(nil), "<ErrorResponse><Error>"...)
	x = appendElement(x, "Code", e.code)
	x = appendElement(x, "Message", e.message)
	x = append(x, "</Error>"...)
	x = appendElement(x, "RequestId", requestID)
	p.body = append(x, "</ErrorResponse>"...)
	return p
}

// JobInfo is what the server knows of a job of S3 Batch Operations.
type JobInfo struct {
	ID, Operation, Status    string
	Description, Role        string
	Manifest                 string // bucket/key
	Total, Succeeded, Failed int
	Created                  time.Time
}

// Jobs returns all jobs in the order of their creation, as they stand now.
func (s *Server) Jobs() []JobInfo {
	s.advanceJobs()
	s.jobs.mu.Lock()
	defer s.jobs.mu.Unlock()
	var all []JobInfo
	for _, j := range s.jobs.all {
		all = append(all, JobInfo{
			ID: j.id, Operation: j.in.Operation.name(), Status: j.status, Description: j.in.Description, Role: j.in.RoleArn,
			Manifest: strings.TrimPrefix(j.in.Manifest.Location.ObjectArn, "arn:aws:s3:::"),
			Total:    len(j.tasks), Succeeded: len(j.results) - j.failed, Failed: j.failed, Created: j.created,
		})
	}
	return all
}

// arnPath is what follows the sixth part of an ARN of S3: bucket or bucket/key.
func arnPath(arn string) (bucket, key string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return "", ""
	}
	bucket, key, _ = strings.Cut(parts[5], "/")
	if decoded, err := url.PathUnescape(key); err == nil {
		key = decoded
	}
	return bucket, key
}
