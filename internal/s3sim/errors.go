package s3sim

import (
	"errors"
	"net/http"
	"slices"
)

// apiError is an answer that is an error, as S3 words it.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
type apiError struct {
	status  int
	code    string
	message string
	fields  [][2]string // further elements of the body
	headers [][2]string
}

func (e *apiError) Error() string { return "s3sim: " + e.code + ": " + e.message }

// Is makes errors.Is compare codes, since fields make every error another.
func (e *apiError) Is(target error) bool {
	other, ok := errors.AsType[*apiError](target)
	return ok && other.code == e.code
}

// say returns e with another message.
func (e *apiError) say(message string) *apiError {
	c := *e
	c.message = message
	return &c
}

// field returns e with another element in its body.
func (e *apiError) field(name, value string) *apiError {
	c := *e
	c.fields = append(slices.Clip(e.fields), [2]string{name, value})
	return &c
}

// header returns e with another header.
func (e *apiError) header(name, value string) *apiError {
	c := *e
	c.headers = append(slices.Clip(e.headers), [2]string{name, value})
	return &c
}

func newError(status int, code, message string) *apiError {
	return &apiError{status: status, code: code, message: message}
}

var (
	errAccessDenied       = newError(http.StatusForbidden, "AccessDenied", "Access Denied")
	errAuthMalformed      = newError(http.StatusBadRequest, "AuthorizationHeaderMalformed", "The authorization header that you provided is not valid.")
	errAuthQuery          = newError(http.StatusBadRequest, "AuthorizationQueryParametersError", "The authorization query parameters that you provided are not valid.")
	errBadDigest          = newError(http.StatusBadRequest, "BadDigest", "The Content-MD5 or checksum value that you specified did not match what the server received.")
	errBucketExists       = newError(http.StatusConflict, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.")
	errBucketNotEmpty     = newError(http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty")
	errContentSHA256      = newError(http.StatusBadRequest, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
	errEntityTooLarge     = newError(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
	errEntityTooSmall     = newError(http.StatusBadRequest, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
	errExpedited          = newError(http.StatusServiceUnavailable, "GlacierExpeditedRetrievalNotAvailable", "Glacier expedited retrievals are currently not available. Try again later.")
	errIncompleteBody     = newError(http.StatusBadRequest, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
	errInternal           = newError(http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again.")
	errInvalidAccessKey   = newError(http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
	errInvalidArgument    = newError(http.StatusBadRequest, "InvalidArgument", "Invalid Argument")
	errInvalidBucketName  = newError(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.")
	errInvalidDigest      = newError(http.StatusBadRequest, "InvalidDigest", "The Content-MD5 you specified was invalid.")
	errInvalidObjectState = newError(http.StatusForbidden, "InvalidObjectState", "The operation is not valid for the object's storage class")
	errInvalidPart        = newError(http.StatusBadRequest, "InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
	errInvalidPartNumber  = newError(http.StatusRequestedRangeNotSatisfiable, "InvalidPartNumber", "The requested partnumber is not satisfiable")
	errInvalidPartOrder   = newError(http.StatusBadRequest, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.")
	errInvalidRange       = newError(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable")
	errInvalidRequest     = newError(http.StatusBadRequest, "InvalidRequest", "Invalid Request")
	errInvalidTag         = newError(http.StatusBadRequest, "InvalidTag", "The tag provided was not a valid tag.")
	errInvalidURI         = newError(http.StatusBadRequest, "InvalidURI", "Couldn't parse the specified URI.")
	errKeyTooLong         = newError(http.StatusBadRequest, "KeyTooLongError", "Your key is too long")
	errMalformedXML       = newError(http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	errMetadataTooLarge   = newError(http.StatusBadRequest, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
	errMethodNotAllowed   = newError(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	errNoSuchBucket       = newError(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	errNoSuchKey          = newError(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	errNoSuchUpload       = newError(http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
	errNoSuchVersion      = newError(http.StatusNotFound, "NoSuchVersion", "The specified version does not exist.")
	errNotImplemented     = newError(http.StatusNotImplemented, "NotImplemented", "A header or operation you provided implies functionality that is not implemented")
	errPrecondition       = newError(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	errRestoreInProgress  = newError(http.StatusConflict, "RestoreAlreadyInProgress", "Object restore is already in progress")
	errSignature          = newError(http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.")
	errSlowDown           = newError(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	errTimeTooSkewed      = newError(http.StatusForbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
)

// conditionFailed is a 412 that names the header whose condition did not hold.
func conditionFailed(header string) *apiError { return errPrecondition.field("Condition", header) }
