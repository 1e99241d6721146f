package s3store

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3list"
)

// headRestore is the restore state that HEAD says. A header that cannot be read
// says that there is something to say: unless a restore is in progress such an
// object counts as restored until nobody knows when. Its copy is tried, and a
// server that has no readable copy refuses it; where the state does not matter
// nothing is broken.
func headRestore(class string, out *s3.HeadObjectOutput) reconcile.RestoreState {
	if out.Restore == nil {
		return reconcile.HeadRestore(class, false, false, time.Time{}, string(out.ArchiveStatus))
	}
	ongoing, expiry, err := parseRestore(*out.Restore)
	if err != nil {
		return reconcile.RestoreState{Phase: reconcile.Restored}
	}
	return reconcile.HeadRestore(class, true, ongoing, expiry, string(out.ArchiveStatus))
}

// parseRestore reads the header x-amz-restore:
//
//	ongoing-request="true"
//	ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"
//
// A value of another form is an error, not a guess.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
func parseRestore(header string) (inProgress bool, expiry time.Time, err error) {
	fields, err := restoreFields(header)
	if err != nil {
		return false, time.Time{}, err
	}
	switch fields["ongoing-request"] {
	case "true":
		inProgress = true
	case "false":
	default:
		return false, time.Time{}, fmt.Errorf("x-amz-restore %q: no ongoing-request", header)
	}
	if date, ok := fields["expiry-date"]; ok && !inProgress {
		var isDate bool
		if expiry, isDate = s3list.ParseTime(date); !isDate {
			return false, time.Time{}, fmt.Errorf("x-amz-restore %q: expiry-date is no date", header)
		}
	}
	return inProgress, expiry.UTC(), nil
}

// restoreFields splits name="value", … into its fields. Names it does not know
// are kept: S3 may add some.
func restoreFields(header string) (map[string]string, error) {
	fields := map[string]string{}
	for rest := strings.TrimSpace(header); ; {
		name, after, ok := strings.Cut(rest, `="`)
		value, tail, closed := strings.Cut(after, `"`)
		name = strings.TrimSpace(name)
		if _, twice := fields[name]; !ok || !closed || name == "" || twice {
			return nil, fmt.Errorf("x-amz-restore %q: not understood", header)
		}
		fields[name] = value
		if tail = strings.TrimSpace(tail); tail == "" {
			return fields, nil
		}
		if rest, ok = strings.CutPrefix(tail, ","); !ok {
			return nil, fmt.Errorf("x-amz-restore %q: not understood", header)
		}
	}
}
