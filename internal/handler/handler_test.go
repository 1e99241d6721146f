package handler_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/handler"
	"reconcile/internal/job"
	"reconcile/internal/s3sim"
	"reconcile/internal/s3store"
)

// newHandler returns a handler for a server with a restored object one.hdf and one
// that is not restored, cold.hdf.
func newHandler(t *testing.T) (*handler.Handler, *s3sim.Server) {
	t.Helper()
	server, err := s3sim.Start(s3sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	for _, b := range []string{"my-glacier", "my-protected"} {
		server.CreateBucket(b)
	}
	server.Put("my-glacier", "one.hdf", s3sim.Object{Size: 10, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(48 * time.Hour)})
	server.Put("my-glacier", "cold.hdf", s3sim.Object{Size: 10, StorageClass: "GLACIER"})
	t.Setenv("AWS_ACCESS_KEY_ID", server.AccessKey())
	t.Setenv("AWS_SECRET_ACCESS_KEY", server.SecretKey())
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	settings := map[string]string{
		"RECONCILE_SOURCE": "my-glacier", "RECONCILE_PROTECTED": "my-protected", "RECONCILE_ENDPOINT_URL": server.URL(), "RECONCILE_REGION": server.Region(),
		"RECONCILE_ATTEMPTS": "1", "RECONCILE_QUIET": "true",
	}
	l := config.Loader{LookupEnv: func(name string) (string, bool) { v, ok := settings[name]; return v, ok }, Answering: true}
	flags := config.NewFlags(config.ParametersOf("event"))
	h := &handler.Handler{Stdout: io.Discard, Stderr: io.Discard, WithOptions: func(options map[string]any) (config.Settings, error) {
		return l.LoadEventRun(flags, options)
	}}
	if h.Settings, err = l.Load("event", flags); err != nil {
		t.Fatal(err)
	}
	if h.Store, err = s3store.Open(t.Context(), h.Settings.Store); err != nil {
		t.Fatal(err)
	}
	return h, server
}

func queued(keys ...string) []byte {
	var all []string
	for i, key := range keys {
		all = append(all, fmt.Sprintf(`{"messageId":"m%d","eventSource":"aws:sqs","body":"{\"objects\":[{\"bucket\":\"my-glacier\",\"key\":\"%s\"}]}"}`, i, key))
	}
	return []byte(`{"Records":[` + strings.Join(all, ",") + `]}`)
}

// TestNamed: the objects of a queue's messages are copied, and the answer names
// the messages that have to come again; an invocation is answered the same way.
func TestNamed(t *testing.T) {
	h, server := newHandler(t)
	quiet := slog.New(slog.DiscardHandler)
	server.Inject(s3sim.Fault{Op: "HeadObject", KeyPrefix: "no", Kind: s3sim.Respond, Status: 403, Code: "AccessDenied"})
	got := h.Handle(t.Context(), quiet, queued("one.hdf", "no.hdf", "cold.hdf"))
	if string(got.Answer) != `{"batchItemFailures":[{"itemIdentifier":"m1"}]}` || got.Failed != nil || got.Result.State != job.Unsettled {
		t.Errorf("%s, %v, %+v", got.Answer, got.Failed, got.Result)
	}
	if !server.SameContent("my-glacier", "one.hdf", "my-protected", "one.hdf") || server.Len("my-protected") != 1 {
		t.Errorf("the archive has %v", server.Keys("my-protected"))
	}
	answer, err := h.Invoke(t.Context(), quiet, queued("one.hdf"))
	if string(answer) != `{"batchItemFailures":[]}` || err != nil {
		t.Errorf("%s, %v", answer, err)
	}
}

// TestWhole: an event that asks for a run gets its summary; one whose options go
// beyond what the program was started with gets nothing done.
func TestWhole(t *testing.T) {
	h, server := newHandler(t)
	quiet := slog.New(slog.DiscardHandler)
	got := h.Handle(t.Context(), quiet, []byte(`{"run":{"protected":"elsewhere"}}`))
	var refused *handler.RunError
	if !errors.As(got.Failed, &refused) || got.Result.State != job.Invalid || got.Answer != nil || server.Len("my-protected") != 0 {
		t.Errorf("%v, %+v", got.Failed, got.Result)
	}
	got = h.Handle(t.Context(), quiet, []byte(`{"run":{}}`))
	if got.Failed != nil || got.Result.State != job.Complete || !strings.Contains(string(got.Answer), `"copied":1`) || server.Len("my-protected") != 1 {
		t.Errorf("%v, %+v\n%s", got.Failed, got.Result, got.Answer)
	}
}

// TestUnhandled: what is no event, and what cannot be done in the time that is
// left, fails the invocation: its sender sends it again.
func TestUnhandled(t *testing.T) {
	h, server := newHandler(t)
	quiet := slog.New(slog.DiscardHandler)
	got := h.Handle(t.Context(), quiet, []byte(`[]`))
	var invalid *handler.InvalidEventError
	if !errors.As(got.Failed, &invalid) || got.Answer != nil || got.Result.State != job.Invalid {
		t.Errorf("%v, %+v", got.Failed, got.Result)
	}
	if answer, err := h.Invoke(t.Context(), quiet, []byte(`[]`)); answer != nil || !errors.As(err, &invalid) {
		t.Errorf("%s, %v", answer, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	got = h.Handle(ctx, quiet, queued("one.hdf"))
	if server.Len("my-protected") != 0 || got.Failed == nil && string(got.Answer) != `{"batchItemFailures":[{"itemIdentifier":"m0"}]}` {
		t.Errorf("%v, %s, %+v", got.Failed, got.Answer, got.Result)
	}
}
