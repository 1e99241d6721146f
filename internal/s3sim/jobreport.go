package s3sim

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// writeReport writes the files of the completion report, and then the manifest
// that names them. The tasks stand in it in no order.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html
func (j *batchJob) writeReport(s *Server) *apiError {
	bucket, _ := arnPath(j.in.Report.Bucket)
	if s.bucket(bucket) == nil {
		return newError(0, "ReportBucketNotFound", "The bucket of the report does not exist: "+bucket)
	}
	folder := "job-" + j.id + "/"
	if p := j.in.Report.Prefix; p != "" {
		folder = p + "/" + folder
	}
	var files []string
	for _, status := range []string{"succeeded", "failed"} {
		text := j.reportOf(status)
		if text == "" {
			continue
		}
		sum := md5.Sum([]byte(text))
		key := folder + "results/" + hex.EncodeToString(sum[:]) + "0000000" + itoa(len(files)) + ".csv"
		s.Put(bucket, key, Object{Body: []byte(text), ContentType: "text/csv"})
		files = append(files, fmt.Sprintf(`{"TaskExecutionStatus":%q,"Bucket":%q,"MD5Checksum":"%x","Key":%q}`, status, bucket, sum, key))
	}
	manifest := fmt.Sprintf(`{"Format":"Report_CSV_20180820","ReportCreationDate":%q,"Results":[%s],"ReportSchema":"Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage"}`,
		xmlTime(j.ended), strings.Join(files, ","))
	s.Put(bucket, folder+"manifest.json", Object{Body: []byte(manifest), ContentType: "application/json"})
	return nil
}

// reportOf is the file with the results of one status. The HTTP status stands
// before the error's code, other than the schema says, as in every example of
// Amazon's and in the reports that others have.
func (j *batchJob) reportOf(status string) string {
	if status == "succeeded" && j.in.Report.ReportScope == "FailedTasksOnly" {
		return ""
	}
	var b strings.Builder
	for _, r := range slices.Backward(j.results) {
		if r.succeeded() != (status == "succeeded") {
			continue
		}
		message := r.message
		if r.succeeded() || j.in.Operation.S3ComputeObjectChecksum == nil {
			message = strings.ReplaceAll(message, `"`, `""`)
		}
		if strings.ContainsAny(message, `",`) {
			message = `"` + message + `"`
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s,%d,%s,%s\n", r.bucket, r.encoded, r.version, status, r.status, r.code, message)
	}
	return b.String()
}
