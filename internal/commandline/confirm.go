package commandline

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Confirm asks who sits at the terminal whether to go on, unless ctx ends first.
// No answer is no.
func (s Streams) Confirm(ctx context.Context) (bool, error) {
	fmt.Fprint(s.Err, "Go on? [y/N] ")
	type read struct {
		text string
		err  error
	}
	got := make(chan read, 1)
	go func() { // it ends with the process where nobody answers
		text, err := bufio.NewReader(s.In).ReadString('\n')
		got <- read{text, err}
	}()
	select {
	case <-ctx.Done():
		return false, context.Cause(ctx)
	case a := <-got:
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return false, a.err
		}
		answer := strings.ToLower(strings.TrimSpace(a.text))
		return answer == "y" || answer == "yes", nil
	}
}
