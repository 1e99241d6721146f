package s3store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"reconcile/internal/s3list"
)

// decodeInto makes ListObjectsV2 decode its answer into l and leave its own
// output empty. Signing, sending and the errors of S3 stay the SDK's. For
// early see s3list.Read.
func decodeInto(l *s3list.Answer, early func(*s3list.Answer)) func(*s3.Options) {
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			d := &listDeserializer{into: l, early: early}
			sdk, err := stack.Deserialize.Swap(d.ID(), d)
			d.sdk = sdk
			return err
		})
	}
}

// listDeserializer stands in the place of the SDK's deserializer.
type listDeserializer struct {
	sdk   middleware.DeserializeMiddleware
	into  *s3list.Answer
	early func(*s3list.Answer)
}

// ID is the name the SDK has given the place.
func (*listDeserializer) ID() string { return "OperationDeserializer" }

func (d *listDeserializer) HandleDeserialize(
	ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
) (out middleware.DeserializeOutput, metadata middleware.Metadata, err error) {
	out, metadata, err = next.HandleDeserialize(ctx, in)
	response, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || response.StatusCode/100 != 2 {
		return d.sdk.HandleDeserialize(ctx, in, answered{out, metadata, err})
	}
	defer func() { smithyhttp.CloseResponseBody(ctx, response, false, err) }()
	out.Result = &s3.ListObjectsV2Output{}
	if *d.into, err = s3list.Read(response.Body, d.early); err != nil {
		err = &smithy.DeserializationError{Err: err}
	}
	return out, metadata, err
}

// answered is a handler that has already been called.
type answered struct {
	out      middleware.DeserializeOutput
	metadata middleware.Metadata
	err      error
}

func (a answered) HandleDeserialize(context.Context, middleware.DeserializeInput) (
	middleware.DeserializeOutput, middleware.Metadata, error,
) {
	return a.out, a.metadata, a.err
}
