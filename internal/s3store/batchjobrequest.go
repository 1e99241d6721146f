package s3store

import "strings"

// Request is what CreateBatchJob sends, as "aws s3control create-job
// --cli-input-json" takes it.
func (j BatchJob) Request() any {
	in := j.input()
	type fields = map[string]any
	return fields{
		"AccountId":            j.Account,
		"ClientRequestToken":   j.Token,
		"ConfirmationRequired": j.Confirm,
		"Description":          j.Description,
		"Priority":             j.Priority,
		"RoleArn":              j.Role,
		"Operation":            j.Operation.fields(),
		"Manifest": fields{
			"Spec":     fields{"Format": in.Manifest.Spec.Format, "Fields": in.Manifest.Spec.Fields},
			"Location": fields{"ObjectArn": in.Manifest.Location.ObjectArn, "ETag": j.ManifestETag},
		},
		"Report": fields{
			"Enabled": true, "Format": in.Report.Format, "ReportScope": in.Report.ReportScope,
			"Bucket": in.Report.Bucket, "Prefix": j.ReportPrefix,
		},
	}
}

// partition is the second field of an ARN, aws where there is none.
func partition(arn string) string {
	fields := strings.SplitN(arn, ":", 3)
	if len(fields) < 3 || fields[1] == "" {
		return "aws"
	}
	return fields[1]
}
