package s3sim

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// jobTask is one line of a manifest.
type jobTask struct {
	bucket, version string
	encoded, key    string
}

// taskResult is what became of one task.
type taskResult struct {
	jobTask
	status        int    // HTTP's
	code, message string // code is empty on success
}

func (r *taskResult) succeeded() bool { return r.code == "" }

// The failures of a job as a whole. What S3 calls them is not documented.
func manifestFailure(format string, args ...any) *apiError {
	return newError(0, "InvalidManifest", fmt.Sprintf(format, args...))
}

// readManifest makes the job's tasks of the lines of its manifest, if that is the
// one that the request has named.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-create-job.html
func (j *batchJob) readManifest(s *Server) *apiError {
	at := j.in.Manifest.Location
	bucket, key := arnPath(at.ObjectArn)
	b := s.bucket(bucket)
	if b == nil {
		return manifestFailure("The manifest's bucket %s does not exist", bucket)
	}
	o := b.look(key)
	switch {
	case o == nil:
		return manifestFailure("The manifest %s does not exist", at.ObjectArn)
	case o.etag(s.cfg.MD5Limit) != unquoted(at.ETag):
		return manifestFailure("The ETag of the manifest %s is not %s", at.ObjectArn, at.ETag)
	}
	lines, err := csv.NewReader(strings.NewReader(string(o.content().bytes()))).ReadAll()
	if err != nil || len(lines) == 0 {
		return manifestFailure("The manifest %s cannot be read: %d lines, %v", at.ObjectArn, len(lines), err)
	}
	for i, cells := range lines {
		t, err := taskOf(cells, j.in.Manifest.Spec.Fields)
		if err != nil {
			return manifestFailure("Line %d of the manifest %s: %v", i+1, at.ObjectArn, err)
		}
		j.tasks = append(j.tasks, t)
	}
	return nil
}

// taskOf reads a line. Where there is a column for versions, each line has one.
func taskOf(cells, fields []string) (t jobTask, err error) {
	if len(cells) != len(fields) {
		return t, fmt.Errorf("it has %d columns, and %d are specified", len(cells), len(fields))
	}
	for i, cell := range cells {
		switch fields[i] {
		case "Bucket":
			t.bucket = cell
		case "Key":
			t.encoded = cell
			t.key, err = url.PathUnescape(cell)
		case "VersionId":
			t.version = cell
		}
		if cell == "" && fields[i] != "Ignore" {
			err = fmt.Errorf("its %s is empty", fields[i])
		}
		if err != nil {
			return t, err
		}
	}
	return t, nil
}

// carryOut carries out one task.
func (j *batchJob) carryOut(s *Server, t jobTask, now time.Time) taskResult {
	op := &j.in.Operation
	r := taskResult{jobTask: t, status: http.StatusOK}
	if f := s.strikeObject(op.name(), t.bucket, t.key); f != nil {
		return r.failed(op, f.apiError())
	}
	b := s.bucket(t.bucket)
	if b == nil {
		return r.failed(op, errNoSuchBucket)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	o, err := b.locate(t.key, t.version)
	switch {
	case err != nil:
	case op.S3ComputeObjectChecksum != nil:
		r.message, err = j.computed(s, o)
	default:
		r.message, err = j.restore(s, b, o, seconds(now))
	}
	if e, ok := err.(*apiError); ok {
		return r.failed(op, e)
	}
	return r
}

// failed is the result with an error, in the words of the operation's report.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html
func (r taskResult) failed(op *jobOperation, e *apiError) taskResult {
	r.status, r.code, r.message = e.status, e.code, e.message
	if op.S3ComputeObjectChecksum == nil {
		return r
	}
	what := e.message
	if e.status == http.StatusNotFound {
		what = "Key not found"
	}
	// The quotes around the values are as in Amazon's example: not doubled.
	r.status, r.code = http.StatusOK, "PermanentFailure"
	r.message = fmt.Sprintf(`error details: {""failureMessage"":"Task %s %s", ""errorCode"": "%d"}`, taskID, what, e.status)
	return r
}

// taskID stands for the id of the task, which S3 puts into its messages.
const taskID = "2845ca0d-38d9-4c4b-abcf-379dc749c452"

// restore asks for a readable copy, as RestoreObject does.
func (j *batchJob) restore(s *Server, b *bucket, o *object, now uint32) (string, error) {
	in := restoreRequest{Days: j.in.Operation.S3InitiateRestoreObject.ExpirationInDays, Tier: tierStandard}
	if j.in.Operation.S3InitiateRestoreObject.GlacierJobTier == "BULK" {
		in.Tier = tierBulk
	}
	changed, status, err := restored(o, in, now, s.cfg.JobRestoreDelay)
	if err != nil {
		return "", err
	}
	b.replace(changed)
	if status == http.StatusAccepted {
		s.accepted.Add(1)
	}
	return "Successful", nil
}

// jobHashes and jobCRCs are the algorithms that jobs can compute here: S3's, but
// for those of the xxHash family.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_S3ComputeObjectChecksumOperation.html
var (
	jobHashes = map[string]func() hash.Hash{"MD5": md5.New, "SHA1": sha1.New, "SHA256": sha256.New, "SHA512": sha512.New}
	jobCRCs   = map[string]*crc{"CRC32": crcIEEE, "CRC32C": crcCastagnoli, "CRC64NVME": crcNVMe}
)

// computed is the message of a checksum that was computed, as S3 writes it: = is
// escaped, and the sum stands there twice.
func (j *batchJob) computed(s *Server, o *object) (string, error) {
	if o.attrs().sse.customerMD5 != "" {
		return "", errInvalidRequest.say("SSE-C encryption type is not supported for this operation")
	}
	algorithm := j.in.Operation.S3ComputeObjectChecksum.ChecksumAlgorithm
	raw := jobSum(algorithm, o.content())
	return fmt.Sprintf(`{"checksum_base64":"%s","etag":"%s","checksumAlgorithm":"%s","checksumType":"%s","checksum_hex":"%s"}`,
		strings.ReplaceAll(base64.StdEncoding.EncodeToString(raw), "=", `\u003d`), o.etag(s.cfg.MD5Limit), algorithm, typeFullObject, strings.ToUpper(hex.EncodeToString(raw))), nil
}

func jobSum(algorithm string, body *content) []byte {
	if c := jobCRCs[algorithm]; c != nil {
		raw := binary.BigEndian.AppendUint64(nil, c.of(body))
		return raw[8-c.bits/8:]
	}
	h := jobHashes[algorithm]()
	_ = body.writeTo(h) // a hash never fails
	return h.Sum(nil)
}

// strikeObject returns the fault that strikes a task, or nil.
func (s *Server) strikeObject(op, bucket, key string) *FaultHandle {
	r := &http.Request{Method: http.MethodPost, Header: http.Header{}, URL: &url.URL{Path: "/" + bucket + "/" + key}}
	f := s.faults.pick(&call{srv: s, r: r, op: op, bucket: bucket, key: key})
	if f == nil {
		return nil
	}
	for _, hook := range []func(){f.Before, f.AfterAct} {
		if hook != nil {
			hook()
		}
	}
	if f.Kind == None {
		return nil
	}
	return f
}

// strike is strikeObject for an object that an ARN names.
func (s *Server) strike(op, arn string) *FaultHandle {
	bucket, key := arnPath(arn)
	return s.strikeObject(op, bucket, key)
}
