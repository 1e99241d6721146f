package reconcile

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// FailureGroup are the failed objects of one bucket, kind and code.
type FailureGroup struct {
	Bucket  string `json:"bucket"` // that refused; empty: of several
	Kind    Kind   `json:"kind"`
	Code    string `json:"code"` // S3's; empty: there was none
	Objects int64  `json:"objects"`
	Cause   string `json:"cause"` // the message of one of them
	Mend    string `json:"mend"`  // what can be done about it
}

// maxFailureGroups bounds the memory that failures take, whatever codes a
// server thinks of. Failures of further groups are counted together.
const maxFailureGroups = 100

// furtherFailures is the cause of that last group.
const furtherFailures = "failures of further kinds"

// failures groups failed outcomes.
type failures map[failureKey]*FailureGroup

type failureKey struct {
	bucket, code string
	kind         Kind
}

func (f *failures) add(o *Outcome) {
	g := FailureGroup{Bucket: o.failedAt(), Kind: o.ErrorKind, Code: o.ErrorCode, Objects: 1}
	if g.Kind == "" {
		g.Kind = Other
	}
	if old := (*f)[g.key()]; old != nil && old.Objects >= 16 {
		old.Objects++ // the cause has been chosen from enough of them
		return
	}
	g.Cause = o.cause()
	f.join(g)
}

// failedAt is the bucket that an outcome failed at.
func (o *Outcome) failedAt() string {
	return cmp.Or(o.ErrorBucket, o.Target.Bucket, o.Source.Bucket)
}

// maxCause is the longest cause, in bytes.
const maxCause = 300

// requestID is how a message names the request that it is about.
var requestID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(` \(request [^()]*\)`) })

// cause is the message without the key and the request's id, which are others
// for each object.
func (o *Outcome) cause() string {
	s := requestID().ReplaceAllString(o.Message, "")
	for _, key := range []string{o.Source.Key, o.Target.Key} {
		if key != "" {
			s = strings.ReplaceAll(strings.ReplaceAll(s, "/"+key, "/…"), "/"+oneLine(key), "/…")
		}
	}
	if len(s) > maxCause {
		s = strings.ToValidUTF8(s[:maxCause], "") + "…"
	}
	return s
}

func (g *FailureGroup) key() failureKey { return failureKey{g.Bucket, g.Code, g.Kind} }

// join adds one group. Of two causes the shorter one stands, so that it does
// not depend on the order.
func (f *failures) join(g FailureGroup) {
	if *f == nil {
		*f = failures{}
	}
	old, known := (*f)[g.key()]
	if !known && len(*f) >= maxFailureGroups {
		g = FailureGroup{Kind: Other, Objects: g.Objects, Cause: furtherFailures}
		old, known = (*f)[g.key()]
	}
	if !known {
		(*f)[g.key()] = &g
		return
	}
	old.Objects += g.Objects
	if c := cmp.Or(cmp.Compare(len(g.Cause), len(old.Cause)), cmp.Compare(g.Cause, old.Cause)); c < 0 {
		old.Cause = g.Cause
	}
}

// sorted returns the groups, the most frequent first.
func (f failures) sorted() []FailureGroup {
	var all []FailureGroup
	for _, g := range f {
		g.Mend = mend(g)
		all = append(all, *g)
	}
	slices.SortFunc(all, func(a, b FailureGroup) int {
		return cmp.Or(
			cmp.Compare(b.Objects, a.Objects), cmp.Compare(a.Bucket, b.Bucket),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Code, b.Code),
		)
	})
	return all
}

func joinFailures(a, b []FailureGroup) []FailureGroup {
	if len(b) == 0 {
		return a
	}
	var f failures
	for _, g := range slices.Concat(a, b) {
		f.join(g)
	}
	return f.sorted()
}

// mend says what can be done about failures of a group.
func mend(g *FailureGroup) string {
	at := ""
	if g.Bucket != "" {
		at = " on s3://" + g.Bucket
	}
	if text, ok := mendsByCode[g.Code]; ok {
		return text
	}
	switch g.Kind {
	case NotFound:
		return "check that the bucket and the object are there" + at
	case AccessDenied:
		return "grant this identity the rights of docs/reference/permissions.md" + at + "; for objects under KMS the key's rights too"
	case Unreadable:
		return "restore the objects again, for more days, and run again"
	case Throttled:
		return "run again when there is less traffic, or with a longer --throttle-patience" + at
	case Changed:
		return "run again: the source was being written meanwhile"
	case Conflict:
		return "find out who else writes to the archive" + at + ", or which two keys are routed to one target"
	case Integrity:
		return "compare source and target by hand, remove the target if it is wrong, and run again"
	case Network:
		return "check the network and the endpoint, and run again"
	case Budget:
		return "raise --max-cost or --max-bytes, and run again"
	}
	return "see the rows' err_msg"
}

// mendsByCode are codes that say more than their kind.
var mendsByCode = map[string]string{
	"NoSuchBucket":          "create the bucket, or correct its name in the settings",
	"InvalidObjectState":    "restore the objects again, for more days, and run again",
	"ExpiredToken":          "renew the credentials, and run again",
	"InvalidAccessKeyId":    "correct the credentials",
	"SignatureDoesNotMatch": "correct the secret key, or the clock, or the proxy that alters requests",
	"RequestTimeTooSkewed":  "set the clock",
	CodeComputeChecksum:     "see why in the rows' err_msg: the role of the jobs may lack s3:GetObject, or the use of a key; another --results has them computed anew",
	"EntityTooLarge":        "lower --multipart-threshold, so that it is copied by parts",
}
