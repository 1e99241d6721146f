package s3store

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3list"
)

// explain words the refusal e for the operator: what S3 says, whom it is
// about, what would help, and the request for Amazon's support.
func (c *call) explain(e *reconcile.Error, doc errorDocument) string {
	msg := cmp.Or(oneLine(doc.Message), strings.ToLower(http.StatusText(e.Status)), fmt.Sprintf("status %d", e.Status))
	if about := c.about(e); about != "" {
		msg = about + ": " + msg
	}
	if doc.BucketName != "" && doc.BucketName != e.Location.Bucket {
		msg += " (bucket " + doc.BucketName + ")"
	}
	if e.Code == codeSkewed {
		msg += "; a fresh signature did not help: " + c.skew()
	}
	if deniedCodes[e.Code] {
		msg += "; " + c.needs()
	}
	if region := cmp.Or(c.answer.header.Get("X-Amz-Bucket-Region"), doc.Region); region != "" && wrongRegion(e) {
		msg += "; the bucket is in region " + region
	}
	return msg + c.requestID(doc.RequestID)
}

// about names the source of a copy where the error is about it.
func (c *call) about(e *reconcile.Error) string {
	if c.source.Key == "" {
		return ""
	}
	source := "source " + c.source.String()
	switch {
	case e.Code == "NoSuchKey" && c.guard == ifMatch:
		return source + " or the target" // the target that had to match may be gone as well
	case e.Code == "NoSuchKey", e.Code == "NoSuchVersion", e.Kind == reconcile.Unreadable, e.Kind == reconcile.Changed:
		return source
	}
	return ""
}

func wrongRegion(e *reconcile.Error) bool {
	return e.Status/100 == 3 || e.Code == "AuthorizationHeaderMalformed"
}

// deniedCodes are the refusals that a permission would mend.
var deniedCodes = map[string]bool{"AccessDenied": true, "Forbidden": true}

// needs says which permissions the operation needs.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
func (c *call) needs() string {
	on := func(action string, at reconcile.Location) string { return action + " on " + at.String() }
	bucket := reconcile.Location{Bucket: c.at.Bucket}
	switch c.op {
	case "ListObjectsV2", "HeadBucket":
		return "needs " + on("s3:ListBucket", bucket)
	case "ListMultipartUploads":
		return "needs " + on("s3:ListBucketMultipartUploads", bucket)
	case "HeadObject":
		return "needs " + on("s3:GetObject", c.at) + ", and " + on("s3:ListBucket", bucket) +
			" to tell that an object is not there"
	case "GetObject", "GetObjectTagging", "ListObjectAnnotations", "PutObjectTagging", "DeleteObject", "RestoreObject", "AbortMultipartUpload":
		return "needs " + on("s3:"+c.op, c.at)
	case "ListParts":
		return "needs " + on("s3:ListMultipartUploadParts", c.at)
	case "CreateJob":
		return "needs s3:CreateJob, and iam:PassRole on the role of the job"
	case "DescribeJob", "UpdateJobStatus":
		return "needs s3:" + c.op
	case "CopyObject":
		return "needs " + on("s3:GetObject", c.source) + " and " + on("s3:PutObject", c.at) +
			", for a tagged object s3:GetObjectTagging and s3:PutObjectTagging too" + c.annotationRights
	case "UploadPartCopy":
		return "needs " + on("s3:GetObject", c.source) + " and " + on("s3:PutObject", c.at)
	case "CreateMultipartUpload":
		return "needs " + on("s3:PutObject", c.at) + ", with tags s3:PutObjectTagging too"
	}
	return "needs " + on("s3:PutObject", c.at)
}

// requestID returns " (request …)", or nothing where the server gave no id.
func (c *call) requestID(id string) string {
	if id = cmp.Or(id, c.answer.header.Get("X-Amz-Request-Id")); id == "" {
		return ""
	}
	return " (request " + oneLine(id) + ")"
}

// oneLine makes a server's text part of a message: one line, no full stop, a
// small letter first unless it begins with an abbreviation.
func oneLine(s string) string {
	s = strings.TrimSuffix(strings.Join(strings.Fields(s), " "), ".")
	first, n := utf8.DecodeRuneInString(s)
	second, _ := utf8.DecodeRuneInString(s[n:])
	if unicode.IsUpper(first) && !unicode.IsUpper(second) {
		return string(unicode.ToLower(first)) + s[n:]
	}
	return s
}

// annotationRights names the rights that copying annotations takes.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
const annotationRights = ", for annotations s3:GetObjectAnnotation on the source and s3:PutObjectAnnotation on the target" +
	" (--annotations exclude leaves them out)"

// skew says by how much this machine's clock and the server's differ.
func (c *call) skew() string {
	now, ok := s3list.ParseTime(c.answer.header.Get("Date"))
	if !ok {
		return "set this machine's clock"
	}
	off, way := time.Since(now).Round(time.Second), "ahead of"
	if off < 0 {
		off, way = -off, "behind"
	}
	return fmt.Sprintf("this machine's clock is %v %s the server's", off, way)
}
