package glaciergw

import (
	"context"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/valyala/fasthttp"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// glacier is a backend of the gateway that knows storage classes and restores;
// what it does not mention is the wrapped backend's.
type glacier struct {
	backend.Backend
	states states
	clock  clock
}

func newGlacier(b backend.Backend) *glacier {
	return &glacier{Backend: b, states: states{
		objects: map[name]state{},
		uploads: map[string]types.StorageClass{},
	}}
}

var (
	errNotReadable = s3err.GetAPIError(s3err.ErrInvalidObjectState)
	errNotArchived = s3err.APIError{
		Code: "InvalidObjectState", HTTPStatusCode: http.StatusForbidden,
		Description: "Restore is not allowed for the object's current storage class.",
	}
	errRestoring = s3err.APIError{
		Code: "RestoreAlreadyInProgress", HTTPStatusCode: http.StatusConflict,
		Description: "Object restore is already in progress.",
	}
	errTier = s3err.APIError{
		Code: "InvalidArgument", HTTPStatusCode: http.StatusBadRequest,
		Description: "The retrieval tier is not supported for the object's storage class.",
	}
)

// contextKey marks values of ours in a request's context.
type contextKey string

// restoreAccepted is set on a request whose answer is 202 instead of 200.
const restoreAccepted contextKey = "restore accepted"

// header is a header of the request: the gateway hands its backends some of
// them only, and the request itself as the context.
func header(ctx context.Context, name string) string {
	if r, ok := ctx.(*fasthttp.RequestCtx); ok {
		return string(r.Request.Header.Peek(name))
	}
	return ""
}

func classAsked(ctx context.Context) types.StorageClass {
	return types.StorageClass(header(ctx, "X-Amz-Storage-Class"))
}

// readable refuses an object that is archived.
func (g *glacier) readable(n name) error {
	if !g.states.get(n).readable(g.clock.now()) {
		return errNotReadable
	}
	return nil
}

// sourceReadable refuses a copy's source that is archived; one that does not
// parse is left to the wrapped backend.
func (g *glacier) sourceReadable(source *string) error {
	bucket, key, _, err := backend.ParseCopySource(aws.ToString(source))
	if err != nil {
		return nil
	}
	return g.readable(nameOf(&bucket, &key))
}

func (g *glacier) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	n, class := nameOf(in.Bucket, in.Key), classAsked(ctx)
	out, err := g.Backend.PutObject(ctx, in)
	if err == nil {
		g.states.put(n, class)
	}
	return out, err
}

func (g *glacier) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (s3response.CopyObjectOutput, error) {
	n, class := nameOf(in.Bucket, in.Key), classAsked(ctx)
	if err := g.sourceReadable(in.CopySource); err != nil {
		return s3response.CopyObjectOutput{}, err
	}
	out, err := g.Backend.CopyObject(ctx, in)
	if err == nil {
		g.states.put(n, class)
	}
	return out, err
}

func (g *glacier) CreateMultipartUpload(ctx context.Context, in s3response.CreateMultipartUploadInput) (s3response.InitiateMultipartUploadResult, error) {
	class := classAsked(ctx)
	out, err := g.Backend.CreateMultipartUpload(ctx, in)
	if err == nil {
		g.states.begin(out.UploadId, class)
	}
	return out, err
}

func (g *glacier) UploadPartCopy(ctx context.Context, in *s3.UploadPartCopyInput) (s3response.CopyPartResult, error) {
	if err := g.sourceReadable(in.CopySource); err != nil {
		return s3response.CopyPartResult{}, err
	}
	return g.Backend.UploadPartCopy(ctx, in)
}

func (g *glacier) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput) (s3response.CompleteMultipartUploadResult, string, error) {
	n, id := nameOf(in.Bucket, in.Key), strings.Clone(*in.UploadId)
	out, version, err := g.Backend.CompleteMultipartUpload(ctx, in)
	if err == nil {
		g.states.put(n, g.states.end(id))
	}
	return out, version, err
}

func (g *glacier) AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput) error {
	id := strings.Clone(*in.UploadId)
	err := g.Backend.AbortMultipartUpload(ctx, in)
	if err == nil {
		g.states.end(id)
	}
	return err
}

func (g *glacier) GetObject(ctx context.Context, in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
	n := nameOf(in.Bucket, in.Key)
	if err := g.readable(n); err != nil {
		return nil, err
	}
	out, err := g.Backend.GetObject(ctx, in)
	if err == nil && out != nil {
		o := g.states.get(n)
		out.StorageClass, out.Restore = o.class, o.header(g.clock.now())
	}
	return out, err
}

func (g *glacier) HeadObject(ctx context.Context, in *s3.HeadObjectInput) (*s3.HeadObjectOutput, error) {
	n := nameOf(in.Bucket, in.Key)
	out, err := g.Backend.HeadObject(ctx, in)
	if err == nil && out != nil {
		o := g.states.get(n)
		out.StorageClass, out.Restore = o.class, o.header(g.clock.now())
	}
	return out, err
}

func (g *glacier) GetObjectAttributes(ctx context.Context, in *s3.GetObjectAttributesInput) (s3response.GetObjectAttributesResponse, error) {
	n := nameOf(in.Bucket, in.Key)
	out, err := g.Backend.GetObjectAttributes(ctx, in)
	if class := g.states.get(n).class; err == nil && class != "" {
		out.StorageClass = class
	}
	return out, err
}

func (g *glacier) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input) (s3response.ListObjectsV2Result, error) {
	bucket := strings.Clone(*in.Bucket)
	asked := strings.Contains(header(ctx, "X-Amz-Optional-Object-Attributes"), string(types.OptionalObjectAttributesRestoreStatus))
	out, err := g.Backend.ListObjectsV2(ctx, in)
	if err != nil {
		return out, err
	}
	now := g.clock.now()
	for i := range out.Contents {
		o := g.states.get(name{bucket, *out.Contents[i].Key})
		if o.class != "" {
			out.Contents[i].StorageClass = types.ObjectStorageClass(o.class)
		}
		if asked {
			out.Contents[i].RestoreStatus = o.status(now)
		}
	}
	return out, nil
}

func (g *glacier) DeleteObject(ctx context.Context, in *s3.DeleteObjectInput) (*s3.DeleteObjectOutput, error) {
	n, latest := nameOf(in.Bucket, in.Key), aws.ToString(in.VersionId) == ""
	out, err := g.Backend.DeleteObject(ctx, in)
	if err == nil && latest {
		g.states.drop(n)
	}
	return out, err
}

func (g *glacier) DeleteObjects(ctx context.Context, in *s3.DeleteObjectsInput) (s3response.DeleteResult, error) {
	bucket := strings.Clone(*in.Bucket)
	out, err := g.Backend.DeleteObjects(ctx, in)
	for _, d := range out.Deleted {
		if d.Key != nil {
			g.states.drop(nameOf(&bucket, d.Key))
		}
	}
	return out, err
}

func (g *glacier) RestoreObject(ctx context.Context, in *s3.RestoreObjectInput) error {
	n := nameOf(in.Bucket, in.Key)
	if _, err := g.Backend.HeadObject(ctx, &s3.HeadObjectInput{Bucket: in.Bucket, Key: in.Key}); err != nil {
		return err
	}
	expedited := in.RestoreRequest.GlacierJobParameters != nil &&
		in.RestoreRequest.GlacierJobParameters.Tier == types.TierExpedited
	if expedited && g.states.get(n).class == types.StorageClassDeepArchive {
		return errTier
	}
	accepted, err := g.states.restore(n, aws.ToInt32(in.RestoreRequest.Days), g.clock.now())
	if r, ok := ctx.(*fasthttp.RequestCtx); ok && accepted {
		r.SetUserValue(restoreAccepted, true)
	}
	return err
}
