package lambda

import (
	"context"
	"errors"
	"testing"
)

// TestAnswerTooLong: the runtime ends a process that answers with more than it
// takes, and with it whatever comes next.
func TestAnswerTooLong(t *testing.T) {
	for size, long := range map[int]bool{6 << 20: false, 6<<20 + 1: true} {
		s := &server{told: context.Background(), handle: func(context.Context, string, []byte) ([]byte, error) { return make([]byte, size), nil }}
		answer, err := s.Invoke(t.Context(), nil)
		var tooLong *AnswerTooLongError
		if errors.As(err, &tooLong) != long || (len(answer) == size) == long {
			t.Errorf("%d bytes: %d, %v", size, len(answer), err)
		}
	}
}
