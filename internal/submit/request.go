package submit

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"reconcile/internal/config"
	"reconcile/internal/manifest"
	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// Request says what is submitted, as it was written.
type Request struct {
	Plan     string   // s3:// address of a plan.json
	Results  string   // s3:// address of the prefix for the completion reports
	Account  string   // twelve digits
	Function string   // ARN of the Lambda function
	Role     string   // ARN of the role that the jobs act as
	Priority string   // a number; higher goes first
	Classes  []string // size classes; empty: every one that S3 Batch Operations may have
	Start    bool     // the jobs begin without being confirmed
	DryRun   bool     // print the requests and send none
}

// functionARN is as in
// https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
var functionARN = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9$_-]+)?$`)
})

// Check finds what S3 would refuse before anything is sent. Its errors are
// *config.Error.
func (r *Request) Check() error {
	for _, f := range []struct {
		flag, value, want string
		is                func(string) bool
	}{
		{"plan", r.Plan, "s3://bucket/key of a plan.json: S3 Batch Operations reads no local manifest", isObjectURL},
		{"account", r.Account, "twelve digits", config.IsAccount},
		{"function", r.Function, "the ARN of a Lambda function", functionARN().MatchString},
		{"role", r.Role, "the ARN of a role", config.IsRole},
		{"results", r.Results, "s3://bucket/prefix", isFolderURL},
	} {
		switch {
		case f.value == "":
			return &config.Error{Err: fmt.Errorf("no --%s", f.flag), Hint: "want " + f.want}
		case !f.is(f.value):
			return wrong("flag --%s: %q: want %s", f.flag, f.value, f.want)
		}
	}
	if n, err := strconv.Atoi(r.Priority); err != nil || n < 0 || n > 1<<31-1 {
		return wrong("flag --priority: %q: want a whole number from 0", r.Priority)
	}
	return r.checkClasses()
}

func wrong(format string, args ...any) error { return &config.Error{Err: fmt.Errorf(format, args...)} }

// priority has been checked.
func (r *Request) priority() int32 {
	n, _ := strconv.Atoi(r.Priority)
	return int32(n)
}

func isObjectURL(s string) bool {
	_, _, err := storage.Split(s)
	return err == nil && reconcile.InS3(s)
}

func isFolderURL(s string) bool {
	return reconcile.InS3(s) && config.CheckInput(s, false) == nil
}

// checkClasses wants classes that jobs can be made of.
func (r *Request) checkClasses() error {
	var known []string
	for _, c := range manifest.Classes {
		if c.Batch {
			known = append(known, c.Name)
		}
	}
	for _, c := range r.Classes {
		if !slices.Contains(known, c) {
			return wrong("flag --class: %q: S3 Batch Operations may have %s", c, strings.Join(known, ", "))
		}
	}
	if distinct := slices.Compact(slices.Sorted(slices.Values(r.Classes))); len(distinct) != len(r.Classes) {
		return &config.Error{Err: errors.New("flag --class: a class is there twice")}
	}
	return nil
}
