package s3store

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// beforeSigning changes a request that is ready but for its signature.
func beforeSigning(id string, change func(*smithyhttp.Request)) func(*middleware.Stack) error {
	m := middleware.FinalizeMiddlewareFunc(id, func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if req, ok := in.Request.(*smithyhttp.Request); ok {
			change(req)
		}
		return next.HandleFinalize(ctx, in)
	})
	return func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(m, "Signing", middleware.Before)
	}
}

const acceptEncoding = "Accept-Encoding"

// unsignedEncoding takes Accept-Encoding out of what is signed: Google's
// service and some proxies rewrite the header, and the signature is then wrong
// for every request. The transport puts it back.
func unsignedEncoding(req *smithyhttp.Request) { req.Header.Del(acceptEncoding) }

// withoutOperationID takes the query x-id off, by which the SDK names the
// operation. S3 ignores it; of other servers, some take the request for
// another one.
func withoutOperationID(req *smithyhttp.Request) {
	fields := slices.DeleteFunc(strings.Split(req.URL.RawQuery, "&"), func(field string) bool {
		return strings.HasPrefix(field, "x-id=")
	})
	req.URL.RawQuery = strings.Join(fields, "&")
}

// forServer adds to a client's options what its server needs.
func (s *Store) forServer(o *s3.Options, amazon bool) {
	o.APIOptions = append(o.APIOptions, beforeSigning("UnsignedEncoding", unsignedEncoding), s.sendAgain, s.addDigest)
	if !amazon {
		o.APIOptions = append(o.APIOptions, beforeSigning("WithoutOperationID", withoutOperationID))
	}
}
