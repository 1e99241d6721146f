package reconcile

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"sync"
)

// Kind sorts errors by what can be done about them. A Kind is itself an error,
// so that errors.Is(err, reconcile.AccessDenied) asks for it.
type Kind string

// The kinds, as they stand in the report's error_kind.
const (
	NotFound     Kind = "not_found"
	AccessDenied Kind = "access_denied"
	Unreadable   Kind = "not_restored" // archived, or its restored copy lapsed
	Throttled    Kind = "throttled"
	Changed      Kind = "changed"   // the source changed under the copy
	Conflict     Kind = "conflict"  // somebody wrote the target
	Integrity    Kind = "integrity" // the copy does not match
	Network      Kind = "network"
	Budget       Kind = "budget" // not asked for: --max-cost or --max-bytes
	Other        Kind = "other"
)

func (k Kind) Error() string { return string(k) }

// Error is a failed request to S3, or a rule that was broken by its answer.
type Error struct {
	Op       string // S3's name of the operation; ListObjectsV2, CopyObject …
	Location Location
	Kind     Kind
	Code     string // S3's error code where there was one: NoSuchKey, SlowDown …
	Status   int    // HTTP status; 0 when no answer arrived
	// Condition is the request header a 412 answers to, where the server says
	// which; a pin on the source and a guard on the target share that status.
	Condition string
	Err       error
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s %s: ", e.Op, e.Location)
	if e.Code != "" {
		s += e.Code + ": "
	}
	if e.Err == nil {
		return s + string(e.Kind)
	}
	return s + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, kind) ask for the kind.
func (e *Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k == e.Kind
}

// KindOf returns the kind of err, Other where it has none, and "" for nil.
func KindOf(err error) Kind {
	var e *Error
	var k Kind
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e) && e.Kind != "":
		return e.Kind
	case errors.As(err, &k) && k != "":
		return k
	}
	return Other
}

// CodeOf returns S3's error code and the bucket that answered with it, both
// empty where err has none.
func CodeOf(err error) (code, bucket string) {
	var e *Error
	if !errors.As(err, &e) {
		return "", ""
	}
	return e.Code, e.Location.Bucket
}

// S3's error codes that rules look at.
const (
	CodePreconditionFailed  = "PreconditionFailed"
	CodeConditionalConflict = "ConditionalRequestConflict"
	CodeEmptyAnswer         = "EmptyAnswer"     // ours: a 200 without a result
	CodeComputeChecksum     = "ComputeChecksum" // ours: a job could not compute the object's checksum

	CodeRestoreInProgress    = "RestoreAlreadyInProgress"
	CodeExpeditedUnavailable = "GlacierExpeditedRetrievalNotAvailable"
)

// PreconditionFailed reports whether err is a 412: the pin or the guard held.
func PreconditionFailed(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == 412 || e.Code == CodePreconditionFailed)
}

// Retryable is the one predicate that says which failed requests are worth
// sending again: what was throttled, what the network or the server broke, and
// a conditional write that raced with another one. Everything the service
// refused for a reason stays refused.
func Retryable(err error) bool {
	var e *Error
	if err == nil || errors.Is(err, context.Canceled) || !errors.As(err, &e) {
		return false
	}
	switch e.Kind {
	case Throttled, Network:
		return true
	case Conflict:
		return e.Code == CodeConditionalConflict
	case Other:
		return e.Status >= 500 && e.Status != 501 || e.Code == CodeEmptyAnswer
	}
	return false
}

// MayHaveActed reports whether the failed write may have been carried out all
// the same: no answer arrived, or one that says nothing. The target must then
// be looked at before the write is sent again. Over a connection that could not
// be made nothing was sent.
func MayHaveActed(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return err != nil
	}
	var connection *net.OpError
	if errors.As(err, &connection) && (connection.Op == "dial" || connection.Op == "proxyconnect") {
		return false
	}
	return e.Kind == Network || e.Code == CodeEmptyAnswer || e.Kind == Other && e.Status >= 500 && e.Status != 501
}

// NotImplemented reports that the server does not have the operation, or not in
// this form, whichever way it says so.
func NotImplemented(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Status == 501 || e.Status == 405 || e.Code == "NotImplemented" || e.Status == 400 && e.Err != nil && unknownHeader().MatchString(e.Err.Error())
}

// unknownHeader is how servers refuse a header that they do not know with status
// 400, as in: Unsupported header 'if-none-match' received for this API call.
var unknownHeader = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(unsupported|unknown|unrecognized|unexpected) (request |http )?header\b|\bif-(none-)?match\b|\bheader\b.*\bnot (supported|implemented)\b`)
})
