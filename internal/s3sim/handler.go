package s3sim

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// handlers are the operations that exist here.
var handlers = map[string]func(*call) (*reply, error){}

func init() { // in a function, since handlers refer to the server and it to them
	handlers = map[string]func(*call) (*reply, error){
		"ListBuckets":             (*call).listBuckets,
		"CreateBucket":            (*call).createBucket,
		"HeadBucket":              (*call).headBucket,
		"DeleteBucket":            (*call).deleteBucket,
		"GetBucketLocation":       (*call).getBucketLocation,
		"GetBucketVersioning":     (*call).getBucketVersioning,
		"PutBucketVersioning":     (*call).putBucketVersioning,
		"ListObjects":             (*call).listObjects,
		"ListObjectsV2":           (*call).listObjectsV2,
		"HeadObject":              (*call).getObject,
		"GetObject":               (*call).getObject,
		"PutObject":               (*call).putObject,
		"DeleteObject":            (*call).deleteObject,
		"DeleteObjects":           (*call).deleteObjects,
		"CopyObject":              (*call).copyObject,
		"CreateMultipartUpload":   (*call).createMultipartUpload,
		"UploadPart":              (*call).uploadPart,
		"UploadPartCopy":          (*call).uploadPartCopy,
		"CompleteMultipartUpload": (*call).completeMultipartUpload,
		"AbortMultipartUpload":    (*call).abortMultipartUpload,
		"ListParts":               (*call).listParts,
		"ListMultipartUploads":    (*call).listMultipartUploads,
		"RestoreObject":           (*call).restoreObject,
		"GetObjectTagging":        (*call).getObjectTagging,
		"PutObjectTagging":        (*call).putObjectTagging,
		"DeleteObjectTagging":     (*call).deleteObjectTagging,
		"GetObjectAcl":            (*call).getObjectACL,
		"CreateJob":               (*call).createJob,
		"DescribeJob":             (*call).describeJob,
		"UpdateJobStatus":         (*call).updateJobStatus,
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		panic(http.ErrAbortHandler)
	}
	defer s.inFlight.Done()
	c, err := s.newCall(r)
	c.w = w
	s.stats.begin(c.op)
	defer s.stats.end(c.op)
	var out outcome
	if err == nil {
		out, err = s.handle(c)
	}
	if err != nil {
		out.reply = c.errorReply(err)
	}
	s.send(w, c, out)
}

// outcome is what becomes of a request: an answer, and how it is cut short.
type outcome struct {
	reply    *reply // nil: the connection is reset instead
	truncate bool   // the connection ends in the middle of the answer
}

// handle carries a request out, with all that was ordered to go wrong with it.
func (s *Server) handle(c *call) (outcome, error) {
	cl, err := s.auth.verify(c.r, c.query, time.Now())
	if err != nil {
		return outcome{}, s.revealRegion(c, err)
	}
	c.claim = cl
	if err := c.checkQuirks(); err != nil {
		return outcome{}, err
	}
	s.advanceJobs()
	if !s.limits.allow(c.op, time.Now()) {
		s.stats.refuse(c.op)
		return outcome{}, errSlowDown
	}
	if !c.wait(s.limits.latency(c.op)) {
		return outcome{}, nil
	}
	if f := s.faults.pick(c); f != nil {
		return f.run(c)
	}
	p, err := c.act()
	return outcome{reply: p}, err
}

// revealRegion adds the region to the refusal of a HeadBucket: that is how
// clients without credentials find it.
func (s *Server) revealRegion(c *call, err error) error {
	e, ok := errors.AsType[*apiError](err)
	if !ok || c.op != "HeadBucket" || s.bucket(c.bucket) == nil {
		return err
	}
	return e.header("x-amz-bucket-region", s.cfg.Region)
}

// act runs the operation itself.
func (c *call) act() (*reply, error) {
	handler, ok := handlers[c.op]
	if !ok {
		return nil, errNotImplemented
	}
	if err := c.checkTarget(); err != nil && !c.control {
		return nil, err
	}
	return handler(c)
}

// wait lets time pass and reports whether client and server are still there.
func (c *call) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.r.Context().Done():
		return false
	case <-c.srv.done.Done():
		return false
	}
}

func (c *call) errorReply(err error) *reply {
	e, ok := errors.AsType[*apiError](err)
	if !ok {
		e = errInternal.say(err.Error())
	}
	if c.control {
		return e.controlReply(c.id)
	}
	return e.reply(c.r, c.id, c.srv.cfg.Quirks)
}

// drain reads what is left of the body, so that the connection can be kept and
// a client that is still sending gets to see the answer.
func (c *call) drain() { _, _ = io.Copy(io.Discard, c.r.Body) }

func (s *Server) send(w http.ResponseWriter, c *call, out outcome) {
	if out.reply == nil {
		reset(w)
		return
	}
	c.drain()
	out.reply.distort(s.cfg.Quirks)
	out.reply.set("x-amz-request-id", c.id)
	out.reply.set("x-amz-id-2", hostID)
	out.reply.set("Server", "s3sim")
	if out.truncate {
		w = &halfWriter{ResponseWriter: w, left: out.reply.length() / 2}
	}
	out.reply.writeTo(w, c.r)
	out.reply.release()
	if out.truncate {
		panic(http.ErrAbortHandler)
	}
}

// halfWriter passes on the first bytes of a body and loses the rest.
type halfWriter struct {
	http.ResponseWriter
	left int64
}

func (h *halfWriter) Write(p []byte) (int, error) {
	n, err := h.ResponseWriter.Write(p[:min(int64(len(p)), h.left)])
	h.left -= int64(n)
	if err != nil {
		return n, err
	}
	if flusher, ok := h.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
	return len(p), nil
}

// reset ends the connection without an answer, as a crashed server does.
func reset(w http.ResponseWriter) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // RST instead of FIN
	}
	_ = conn.Close()
}
