package s3store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/retry"
)

// TestRepeating: what passes is sent as often as there are attempts, and no more;
// what does not pass is sent once.
func TestRepeating(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	calls := map[string]func(Repeating) error{
		"List":     func(s Repeating) error { _, err := s.List(ctx, reconcile.ListRequest{Bucket: "b"}); return err },
		"Open":     func(s Repeating) error { _, err := s.Open(ctx, theTarget); return err },
		"Standing": func(s Repeating) error { _, _, err := s.Standing(ctx, theTarget); return err },
		"Head":     func(s Repeating) error { _, err := s.Head(ctx, theTarget); return err },
		"Read": func(s Repeating) error {
			return s.Read(ctx, theTarget, func(io.Reader) error { return errors.New("there is no body") })
		},
		"ReadDocument": func(s Repeating) error { _, err := s.ReadDocument(ctx, theTarget); return err },
		"WriteDocument": func(s Repeating) error {
			_, err := s.WriteDocument(ctx, theTarget, []byte("{}"), reconcile.Precondition{IfMatch: "e"})
			return err
		},
		"RemoveDocument": func(s Repeating) error { return s.RemoveDocument(ctx, theTarget) },
		"CreateBatchJob": func(s Repeating) error { _, err := s.CreateBatchJob(ctx, testJob); return err },
		"DescribeBatchJob": func(s Repeating) error {
			_, err := s.DescribeBatchJob(ctx, BatchJobRef{Account: testJob.Account, ID: "j", Bucket: "b"})
			return err
		},
	}
	for name, call := range calls {
		for status, want := range map[int]int64{500: 3, 403: 1} {
			s := serve(t, answerWith(status, ""))
			err := call(Repeating{Store: s.Store, Retrier: retry.New(retry.Options{Attempts: 3})})
			if n := s.requests.Load(); err == nil || n != want {
				t.Errorf("%s answered with %d: %d requests, want %d; %v", name, status, n, want, err)
			}
		}
	}
}

// TestReadAgain: a body that breaks off is begun anew, and taken from its beginning.
func TestReadAgain(t *testing.T) {
	t.Parallel()
	n := 0
	broken := &reconcile.Error{Kind: reconcile.Network}
	bodies := opener(func() (io.ReadCloser, error) { n++; return io.NopCloser(bytes.NewReader([]byte("content"))), nil })
	var got string
	err := retry.Reader{Store: bodies, Retrier: retry.New(retry.Options{Attempts: 2})}.Read(t.Context(), theTarget, func(body io.Reader) error {
		text, _ := io.ReadAll(body)
		if got = string(text); n == 1 {
			return broken
		}
		return nil
	})
	if err != nil || n != 2 || got != "content" {
		t.Errorf("%q after %d times, %v", got, n, err)
	}
}

type opener func() (io.ReadCloser, error)

func (o opener) Open(context.Context, reconcile.Location) (io.ReadCloser, error) { return o() }
