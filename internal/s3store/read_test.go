package s3store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// TestOpenObject reads objects of several lengths, one request each.
func TestOpenObject(t *testing.T) {
	srv, s := sim(t, s3sim.Config{})
	for i, size := range []int{0, 1, keptBody, 3 << 20} {
		want := bytes.Repeat([]byte{byte(i), 0xff}, size/2+1)[:size]
		srv.Put("protected", "inventory", s3sim.Object{Body: want})
		body, err := s.Open(t.Context(), reconcile.Location{Bucket: "protected", Key: "inventory"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes, %v; want %d", len(got), err, size)
		}
		if err := body.Close(); err != nil {
			t.Error(err)
		}
		if n := s.Requests()["GetObject"]; n != int64(i+1) {
			t.Errorf("%d requests", n)
		}
	}
}

// TestOpenIsRefused: errors are those of every other request.
func TestOpenIsRefused(t *testing.T) {
	_, s := sim(t, s3sim.Config{})
	_, err := s.Open(t.Context(), reconcile.Location{Bucket: "protected", Key: "none"})
	if e := asOurs(t, err); e.Kind != reconcile.NotFound || e.Op != "GetObject" || e.Code != "NoSuchKey" {
		t.Errorf("%v", e)
	}
	proxy := serve(t, answerWith(http.StatusOK, "<html>Please log in</html>"))
	_, err = proxy.Open(t.Context(), theTarget)
	if e := asOurs(t, err); e.Code != reconcile.CodeEmptyAnswer || !strings.Contains(e.Error(), "no ETag") {
		t.Errorf("%v", e)
	}
}

// slowly sends the stretches with a pause before each; a negative pause is one
// without end.
func slowly(pauses ...time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"e"`)
		for _, pause := range pauses {
			if pause < 0 {
				<-r.Context().Done()
				return
			}
			time.Sleep(pause)
			io.WriteString(w, "stretch ")
			w.(http.Flusher).Flush()
		}
	}
}

// TestLongBody: a body may take longer than the time for a request, as long as
// it goes on; the reader may, too.
func TestLongBody(t *testing.T) {
	t.Parallel()
	s := serve(t, slowly(0, 100*time.Millisecond, 100*time.Millisecond, 100*time.Millisecond, 100*time.Millisecond, 100*time.Millisecond))
	s.config.Timeout = 400 * time.Millisecond
	body, err := s.Open(t.Context(), theTarget)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if _, err := io.ReadFull(body, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(s.config.Timeout + 50*time.Millisecond) // the reader's own time
	if rest, err := io.ReadAll(body); err != nil || len(rest) != 6*8-4 {
		t.Errorf("%q, %v", rest, err)
	}
}

// TestStalledBody: one that stops is ended, as a failure worth another try.
func TestStalledBody(t *testing.T) {
	t.Parallel()
	s := short(serve(t, slowly(0, -1)))
	body, err := s.Open(t.Context(), theTarget)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	got, err := io.ReadAll(body)
	if e := asOurs(t, err); e.Kind != reconcile.Network || !reconcile.Retryable(e) || !strings.Contains(e.Error(), "no byte within 50ms") {
		t.Errorf("%v", e)
	}
	if string(got) != "stretch " {
		t.Errorf("%q", got)
	}
}

// TestNoAnswerToOpen: the header has its time as well.
func TestNoAnswerToOpen(t *testing.T) {
	s := short(serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	_, err := s.Open(t.Context(), theTarget)
	if e := asOurs(t, err); e.Kind != reconcile.Network || !strings.Contains(e.Error(), "no answer within 50ms") {
		t.Errorf("%v", e)
	}
}

// TestBodyBreaksOff: what ends too soon is an error, with or without a length
// announced.
func TestBodyBreaksOff(t *testing.T) {
	for name, length := range map[string]string{"length": "100", "chunked": ""} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("ETag", `"e"`)
				if length != "" {
					w.Header().Set("Content-Length", length)
				}
				io.WriteString(w, "half")
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			})
			body, err := s.Open(t.Context(), theTarget)
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			_, err = io.ReadAll(body)
			if e := asOurs(t, err); e.Kind != reconcile.Network || !errors.Is(e, io.ErrUnexpectedEOF) || !reconcile.Retryable(e) {
				t.Errorf("%v", e)
			}
		})
	}
}

// TestCanceledBody: who gave up is told so, and nothing is tried again.
func TestCanceledBody(t *testing.T) {
	s := serve(t, slowly(0, -1))
	ctx, cancel := context.WithCancel(t.Context())
	body, err := s.Open(ctx, theTarget)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err = io.ReadAll(body)
	if !errors.Is(err, context.Canceled) || reconcile.Retryable(err) {
		t.Errorf("%v", err)
	}
}
