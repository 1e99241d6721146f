package s3sim

import (
	"net/http"
	"net/url"
	"strings"
)

// call is one request on its way through the server.
type call struct {
	srv    *Server
	w      http.ResponseWriter // for what goes before the answer
	r      *http.Request
	id     string // request id
	op     string // S3's name of the operation, "Unknown" for others
	bucket string
	key    string
	job    string // of S3 Batch Operations, where the control plane is asked about one
	query  url.Values
	claim  *claim
	now    uint32 // the server's clock

	control bool // the control plane is asked
}

// newCall reads from a request what it is about. The raw path counts: keys such
// as "a//b" and "./.." must arrive as they were sent.
func (s *Server) newCall(r *http.Request) (*call, error) {
	c := &call{srv: s, r: r, id: s.newID(), op: unknownOperation, now: seconds(s.cfg.Now())}
	path, rawQuery := rawTarget(r)
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return c, errInvalidURI
	}
	c.query = query
	decoded, err := url.PathUnescape(strings.TrimPrefix(path, "/"))
	if err != nil {
		return c, errInvalidURI
	}
	if op, job := controlOperation(r, path); op != "" {
		c.op, c.job, c.control = op, job, true
		return c, nil
	}
	if host, ok := virtualHost(r.Host); ok {
		c.bucket, c.key = host, strings.Clone(decoded)
	} else {
		bucket, key, _ := strings.Cut(decoded, "/")
		c.bucket, c.key = bucket, strings.Clone(key)
	}
	c.op = operation(r, c.bucket != "", c.key != "", query)
	return c, nil
}

// rawTarget returns a request's path and query as they were sent.
func rawTarget(r *http.Request) (path, query string) {
	if !strings.HasPrefix(r.RequestURI, "/") {
		return r.URL.EscapedPath(), r.URL.RawQuery // absolute form, as proxies get it
	}
	path, query, _ = strings.Cut(r.RequestURI, "?")
	return path, query
}

// virtualHost returns the bucket of a host such as bucket.localhost:4566.
func virtualHost(host string) (string, bool) {
	name, _, _ := strings.Cut(host, ":")
	return strings.CutSuffix(name, ".localhost")
}

const unknownOperation = "Unknown"

// route names the operation for a method and the query parameter that selects
// it; "" is the one without any.
type route struct{ method, selector string }

var bucketRoutes = map[route]string{
	{"GET", "location"}:            "GetBucketLocation",
	{"GET", "versioning"}:          "GetBucketVersioning",
	{"PUT", "versioning"}:          "PutBucketVersioning",
	{"GET", "versions"}:            "ListObjectVersions",
	{"GET", "uploads"}:             "ListMultipartUploads",
	{"GET", ""}:                    "ListObjects",
	{"HEAD", ""}:                   "HeadBucket",
	{"PUT", ""}:                    "CreateBucket",
	{"DELETE", ""}:                 "DeleteBucket",
	{"POST", "delete"}:             "DeleteObjects",
	{"GET", "acl"}:                 "GetBucketAcl",
	{"GET", "encryption"}:          "GetBucketEncryption",
	{"GET", "object-lock"}:         "GetObjectLockConfiguration",
	{"GET", "lifecycle"}:           "GetBucketLifecycleConfiguration",
	{"GET", "tagging"}:             "GetBucketTagging",
	{"GET", "policy"}:              "GetBucketPolicy",
	{"GET", "publicAccessBlock"}:   "GetPublicAccessBlock",
	{"GET", "requestPayment"}:      "GetBucketRequestPayment",
	{"PUT", "acl"}:                 "PutBucketAcl",
	{"PUT", "policy"}:              "PutBucketPolicy",
	{"PUT", "tagging"}:             "PutBucketTagging",
	{"PUT", "lifecycle"}:           "PutBucketLifecycleConfiguration",
	{"PUT", "encryption"}:          "PutBucketEncryption",
	{"GET", "notification"}:        "GetBucketNotificationConfiguration",
	{"PUT", "notification"}:        "PutBucketNotificationConfiguration",
	{"GET", "intelligent-tiering"}: "GetBucketIntelligentTieringConfiguration",
}

var objectRoutes = map[route]string{
	{"GET", ""}:              "GetObject",
	{"HEAD", ""}:             "HeadObject",
	{"PUT", ""}:              "PutObject",
	{"DELETE", ""}:           "DeleteObject",
	{"POST", "uploads"}:      "CreateMultipartUpload",
	{"PUT", "uploadId"}:      "UploadPart",
	{"POST", "uploadId"}:     "CompleteMultipartUpload",
	{"DELETE", "uploadId"}:   "AbortMultipartUpload",
	{"GET", "uploadId"}:      "ListParts",
	{"POST", "restore"}:      "RestoreObject",
	{"GET", "tagging"}:       "GetObjectTagging",
	{"PUT", "tagging"}:       "PutObjectTagging",
	{"DELETE", "tagging"}:    "DeleteObjectTagging",
	{"GET", "attributes"}:    "GetObjectAttributes",
	{"GET", "acl"}:           "GetObjectAcl",
	{"PUT", "acl"}:           "PutObjectAcl",
	{"GET", "legal-hold"}:    "GetObjectLegalHold",
	{"GET", "retention"}:     "GetObjectRetention",
	{"GET", "torrent"}:       "GetObjectTorrent",
	{"POST", "select"}:       "SelectObjectContent",
	{"PUT", "renameObject"}:  "RenameObject",
	{"PUT", "legal-hold"}:    "PutObjectLegalHold",
	{"PUT", "retention"}:     "PutObjectRetention",
	{"GET", "annotation"}:    "GetObjectAnnotation",
	{"PUT", "annotation"}:    "PutObjectAnnotation",
	{"DELETE", "annotation"}: "DeleteObjectAnnotation",
}

// selectors are the query parameters that choose an operation.
var selectors = selectorsOf(bucketRoutes, objectRoutes)

func selectorsOf(tables ...map[route]string) map[string]bool {
	out := map[string]bool{}
	for _, table := range tables {
		for r := range table {
			if r.selector != "" {
				out[r.selector] = true
			}
		}
	}
	return out
}

// operation returns S3's name of what a request asks for.
func operation(r *http.Request, hasBucket, hasKey bool, query url.Values) string {
	selector := ""
	for name := range query {
		if selectors[name] {
			selector = name
		}
	}
	table := bucketRoutes
	switch {
	case !hasBucket:
		if r.Method == http.MethodGet {
			return "ListBuckets"
		}
		return unknownOperation
	case hasKey:
		table = objectRoutes
	}
	op, ok := table[route{r.Method, selector}]
	if !ok {
		return unknownOperation
	}
	return variant(op, r, query)
}

// variant tells operations apart that share method and parameters.
func variant(op string, r *http.Request, query url.Values) string {
	copies := r.Header.Get("x-amz-copy-source") != ""
	switch {
	case op == "ListObjects" && query.Get("list-type") == "2":
		return "ListObjectsV2"
	case op == "PutObject" && copies:
		return "CopyObject"
	case op == "UploadPart" && copies:
		return "UploadPartCopy"
	}
	return op
}
