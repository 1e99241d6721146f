package s3sim

import (
	"net/http"
)

// deleteObject deletes an object; that it was not there is no error.
func (c *call) deleteObject() (*reply, error) {
	version := c.query.Get("versionId")
	gone, err := c.remove(c.key, version, c.r.Header.Get("If-Match"))
	if err != nil {
		return nil, err
	}
	p := newReply(http.StatusNoContent)
	if gone != nil {
		p.set("x-amz-version-id", gone.versionID())
		if gone.is(flagDeleteMarker) {
			p.set("x-amz-delete-marker", "true")
		}
	}
	return p, nil
}

// remove deletes an object or one version of it. It returns the delete marker
// that was made or the version that was deleted, nil where there is neither.
func (c *call) remove(key, version, ifMatch string) (*object, error) {
	b := c.target()
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.current(key)
	if ifMatch != "" {
		cond := targetCondition{ifMatch: ifMatch}
		if err := cond.check(o, key, c.srv.cfg.MD5Limit); err != nil {
			return nil, err
		}
	}
	if version == "" || version == nullVersion && b.versioning == "" {
		return b.remove(key, c.srv.newID(), fromSeconds(c.now)), nil
	}
	return b.removeVersion(key, version), nil
}

// deleteObjects deletes up to 1000 objects and reports on each of them.
func (c *call) deleteObjects() (*reply, error) {
	body, err := c.readPayload()
	if err != nil {
		return nil, err
	}
	var in struct {
		Quiet  bool
		Object []struct{ Key, VersionId, ETag string }
	}
	if err := decodeXML(body.data, &in); err != nil {
		return nil, err
	}
	if len(in.Object) == 0 || len(in.Object) > maxPage {
		return nil, errMalformedXML
	}
	x := startDocument(nil, "DeleteResult")
	for _, one := range in.Object {
		gone, err := c.remove(one.Key, one.VersionId, one.ETag)
		switch {
		case err != nil:
			x = appendDeleteError(x, one.Key, one.VersionId, err)
		case !in.Quiet:
			x = appendDeleted(x, one.Key, one.VersionId, gone)
		}
	}
	return xmlReply(append(x, "</DeleteResult>"...)), nil
}

func appendDeleted(dst []byte, key, version string, gone *object) []byte {
	dst = append(dst, "<Deleted>"...)
	dst = appendElement(dst, "Key", key)
	dst = appendOptional(dst, "VersionId", version)
	if gone != nil && gone.is(flagDeleteMarker) {
		dst = appendElement(dst, "DeleteMarker", "true")
		dst = appendElement(dst, "DeleteMarkerVersionId", gone.versionID())
	}
	return append(dst, "</Deleted>"...)
}

func appendDeleteError(dst []byte, key, version string, err error) []byte {
	dst = append(dst, "<Error>"...)
	dst = appendElement(dst, "Key", key)
	dst = appendOptional(dst, "VersionId", version)
	if e, ok := err.(*apiError); ok {
		dst = appendElement(dst, "Code", e.code)
		dst = appendElement(dst, "Message", e.message)
	}
	return append(dst, "</Error>"...)
}
