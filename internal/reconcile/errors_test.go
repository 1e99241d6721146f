package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"reconcile/internal/reconcile"
)

var kinds = []reconcile.Kind{
	reconcile.NotFound, reconcile.AccessDenied, reconcile.Unreadable, reconcile.Throttled, reconcile.Changed,
	reconcile.Conflict, reconcile.Integrity, reconcile.Network, reconcile.Other,
}

func s3err(kind reconcile.Kind, status int, code string) error {
	return &reconcile.Error{
		Op: "CopyObject", Location: reconcile.Location{Bucket: "b", Key: "k"}, Kind: kind, Status: status, Code: code,
	}
}

// The kinds are the words of the report's error_kind.
func TestKindWords(t *testing.T) {
	words := []string{
		"not_found", "access_denied", "not_restored", "throttled", "changed",
		"conflict", "integrity", "network", "other",
	}
	for i, k := range kinds {
		if string(k) != words[i] || k.Error() != words[i] {
			t.Errorf("kind %d is %q, want %q", i, k, words[i])
		}
	}
}

// An error says operation, place, S3's code and the cause, and is matched by
// its kind, its type and its cause.
func TestError(t *testing.T) {
	at := reconcile.Location{Bucket: "b", Key: "k"}
	tests := []struct {
		err  *reconcile.Error
		want string
	}{
		{&reconcile.Error{Op: "HeadObject", Location: at, Kind: reconcile.NotFound}, "HeadObject s3://b/k: not_found"},
		{&reconcile.Error{Op: "HeadObject", Location: at, Kind: reconcile.NotFound, Code: "NoSuchKey"}, "HeadObject s3://b/k: NoSuchKey: not_found"},
		{&reconcile.Error{Op: "CopyObject", Location: at, Kind: reconcile.Network, Err: io.ErrUnexpectedEOF}, "CopyObject s3://b/k: unexpected EOF"},
		{&reconcile.Error{Op: "CopyObject", Location: at, Kind: reconcile.Throttled, Code: "SlowDown", Err: errors.New("reduce your rate")}, "CopyObject s3://b/k: SlowDown: reduce your rate"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// errors.Is asks for the kind and for the cause, through any wrapping.
func TestErrorIs(t *testing.T) {
	for _, k := range kinds {
		err := fmt.Errorf("part 3: %w", &reconcile.Error{Kind: k, Err: io.ErrUnexpectedEOF})
		for _, other := range kinds {
			if got := errors.Is(err, other); got != (k == other) {
				t.Errorf("a %s error is %s: %v", k, other, got)
			}
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			t.Errorf("%s: the cause is not matched as it is", k)
		}
	}
}

// Every error has exactly one kind, and none has the kind of "no error".
func TestKindOf(t *testing.T) {
	tests := []struct {
		err  error
		want reconcile.Kind
	}{
		{nil, ""},
		{io.EOF, reconcile.Other},
		{context.Canceled, reconcile.Other},
		{reconcile.Conflict, reconcile.Conflict},
		{fmt.Errorf("x: %w", reconcile.Conflict), reconcile.Conflict},
		{s3err(reconcile.AccessDenied, 403, ""), reconcile.AccessDenied},
		{fmt.Errorf("x: %w", s3err(reconcile.Network, 0, "")), reconcile.Network},
		{errors.Join(io.EOF, s3err(reconcile.Throttled, 503, "")), reconcile.Throttled},
		{&reconcile.Error{Kind: reconcile.Changed, Err: reconcile.Conflict}, reconcile.Changed}, // the outer one says what it means
		{&reconcile.Error{}, reconcile.Other},
		{&reconcile.Error{Err: reconcile.Integrity}, reconcile.Integrity},
	}
	for _, tt := range tests {
		if got := reconcile.KindOf(tt.err); got != tt.want {
			t.Errorf("KindOf(%v) = %q, want %q", tt.err, got, tt.want)
		}
	}
}

// What is sent again, and what may have been carried out although it failed.
func TestRetryableAndMayHaveActed(t *testing.T) {
	tests := []struct {
		name              string
		err               error
		retryable, acting bool
	}{
		{"none", nil, false, false},
		{"not S3's", io.EOF, false, true},
		{"canceled", context.Canceled, false, true},
		{"not found", s3err(reconcile.NotFound, 404, "NoSuchKey"), false, false},
		{"denied", s3err(reconcile.AccessDenied, 403, "AccessDenied"), false, false},
		{"archived", s3err(reconcile.Unreadable, 403, "InvalidObjectState"), false, false},
		{"throttled", s3err(reconcile.Throttled, 503, "SlowDown"), true, false},
		{"source changed", s3err(reconcile.Changed, 412, "PreconditionFailed"), false, false},
		{"guard held", s3err(reconcile.Conflict, 412, "PreconditionFailed"), false, false},
		{"raced", s3err(reconcile.Conflict, 409, "ConditionalRequestConflict"), true, false},
		{"other conflict", s3err(reconcile.Conflict, 409, "OperationAborted"), false, false},
		{"integrity", s3err(reconcile.Integrity, 200, ""), false, false},
		{"network", s3err(reconcile.Network, 0, ""), true, true},
		{"network, wrapped", fmt.Errorf("x: %w", s3err(reconcile.Network, 0, "")), true, true},
		{"bad request", s3err(reconcile.Other, 400, "InvalidArgument"), false, false},
		{"internal error", s3err(reconcile.Other, 500, "InternalError"), true, true},
		{"bad gateway", s3err(reconcile.Other, 502, ""), true, true},
		{"not implemented", s3err(reconcile.Other, 501, "NotImplemented"), false, false},
		{"empty answer under 200", s3err(reconcile.Other, 200, reconcile.CodeEmptyAnswer), true, true},
		{"no status", s3err(reconcile.Other, 0, ""), false, false},
		{"denied inside a 200", s3err(reconcile.AccessDenied, 500, "AccessDenied"), false, false},
		{"network because canceled", &reconcile.Error{Kind: reconcile.Network, Err: context.Canceled}, false, true},
		{"network because too slow", &reconcile.Error{Kind: reconcile.Network, Err: context.DeadlineExceeded}, true, true},
	}
	for _, tt := range tests {
		if got := reconcile.Retryable(tt.err); got != tt.retryable {
			t.Errorf("%s: Retryable = %v, want %v", tt.name, got, tt.retryable)
		}
		if got := reconcile.MayHaveActed(tt.err); got != tt.acting {
			t.Errorf("%s: MayHaveActed = %v, want %v", tt.name, got, tt.acting)
		}
	}
}

// A 412 is one by its status or by its code: inside a 200 only the code says it.
func TestPreconditionFailed(t *testing.T) {
	tests := []struct {
		err  error
		want bool
	}{
		{nil, false},
		{io.EOF, false},
		{s3err(reconcile.Conflict, 412, ""), true},
		{s3err(reconcile.Other, 500, reconcile.CodePreconditionFailed), true},
		{fmt.Errorf("x: %w", s3err(reconcile.Changed, 412, "")), true},
		{s3err(reconcile.Conflict, 409, reconcile.CodeConditionalConflict), false},
	}
	for _, tt := range tests {
		if got := reconcile.PreconditionFailed(tt.err); got != tt.want {
			t.Errorf("PreconditionFailed(%v) = %v, want %v", tt.err, got, tt.want)
		}
	}
}
