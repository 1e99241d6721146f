// Package lambda serves the invocations of AWS Lambda. It is a package of its
// own because it is the only one that knows Lambda's runtime interface, as
// s3store is the only one that knows S3's: what an invocation means is for cmd
// to say.
//
// Amazon's own client of the interface does the talking. It never returns and
// leaves out two things: a start that failed is not told to the runtime, and
// after SIGTERM nobody waits for the invocation that is under way.
package lambda

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// apiVariable is set by the Lambda runtime, to the address of its interface.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
const apiVariable = "AWS_LAMBDA_RUNTIME_API"

// Started reports whether the process was started by the Lambda runtime.
func Started() bool { return os.Getenv(apiVariable) != "" }

// Handler handles one invocation. ctx ends when the runtime ends the
// invocation: whatever is to be answered has to be returned before. The name
// of the error's type is what the runtime calls the error.
type Handler func(ctx context.Context, requestID string, payload []byte) (answer []byte, err error)

// ErrTerminated says that the process was told to end.
var ErrTerminated = errors.New("terminated by SIGTERM")

// answerTime is how long the answer of the last invocation may be under way to
// the runtime, which is on the same machine.
const answerTime = 200 * time.Millisecond

// Serve handles invocations until SIGTERM, one after the other unless the
// runtime asks for more at a time. Then their contexts end, with why as the
// cause, and Serve returns ErrTerminated when they have returned. A runtime that
// does not answer ends the process: there is nobody left to serve.
func Serve(why error, handle Handler) error {
	told, tell := context.WithCancelCause(context.Background())
	s := &server{handle: handle, told: told}
	// It never returns, and so nobody can wait for it.
	go lambda.StartWithOptions(s, lambda.WithEnableSIGTERM(func() { tell(why) }))
	<-told.Done()
	s.busy.Lock() // also keeps the next invocation waiting, which is not begun any more
	time.Sleep(answerTime)
	return ErrTerminated
}

type server struct {
	handle Handler
	told   context.Context // ended by SIGTERM
	busy   sync.RWMutex    // read-locked by each invocation
}

// Invoke implements the runtime client's handler.
func (s *server) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	s.busy.RLock()
	defer s.busy.RUnlock()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.told, func() { cancel(context.Cause(s.told)) })()
	id := ""
	if c, ok := lambdacontext.FromContext(ctx); ok {
		id = c.AwsRequestID
	}
	answer, err := s.handle(ctx, id, payload)
	if err == nil && len(answer) > maxAnswer {
		return nil, &AnswerTooLongError{len(answer)}
	}
	return answer, err
}

// maxAnswer is how many bytes of an answer the runtime takes: one that is longer
// would end the process.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxAnswer = 6 << 20

// AnswerTooLongError stands for an answer that the runtime would not take.
type AnswerTooLongError struct{ Bytes int }

func (e *AnswerTooLongError) Error() string {
	return fmt.Sprintf("the event was handled, and its answer has %d bytes, of which Lambda takes %d: what came of it is in the log and the report; name fewer objects in an event", e.Bytes, maxAnswer)
}
