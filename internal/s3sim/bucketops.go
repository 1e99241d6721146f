package s3sim

import (
	"cmp"
	"net/http"
	"slices"
)

func (c *call) listBuckets() (*reply, error) {
	c.srv.mu.RLock()
	all := make([]*bucket, 0, len(c.srv.buckets))
	for _, b := range c.srv.buckets {
		all = append(all, b)
	}
	c.srv.mu.RUnlock()
	slices.SortFunc(all, func(a, b *bucket) int { return cmp.Compare(a.name, b.name) })
	x := startDocument(nil, "ListAllMyBucketsResult")
	x = appendOwner(x, "Owner", DefaultOwnerID)
	x = append(x, "<Buckets>"...)
	for _, b := range all {
		x = append(x, "<Bucket>"...)
		x = appendElement(x, "Name", b.name)
		x = appendElement(x, "CreationDate", xmlTime(b.created))
		x = append(x, "</Bucket>"...)
	}
	return xmlReply(append(x, "</Buckets></ListAllMyBucketsResult>"...)), nil
}

func appendOwner(dst []byte, element, id string) []byte {
	dst = append(dst, '<')
	dst = append(dst, element...)
	dst = append(dst, '>')
	dst = appendElement(dst, "ID", id)
	return appendEnd(dst, element)
}

func (c *call) createBucket() (*reply, error) {
	if _, err := c.readPayload(); err != nil {
		return nil, err
	}
	if !validBucketName(c.bucket) {
		return nil, errInvalidBucketName.field("BucketName", c.bucket)
	}
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	if c.srv.buckets[c.bucket] != nil {
		return nil, errBucketExists.field("BucketName", c.bucket)
	}
	c.srv.buckets[c.bucket] = newBucket(c.bucket, fromSeconds(c.now), nil)
	p := newReply(http.StatusOK)
	p.set("Location", "/"+c.bucket)
	return p, nil
}

func (c *call) headBucket() (*reply, error) {
	p := newReply(http.StatusOK)
	p.set("x-amz-bucket-region", c.srv.cfg.Region)
	p.set("x-amz-access-point-alias", "false")
	return p, nil
}

func (c *call) deleteBucket() (*reply, error) {
	b := c.target()
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.objects.Len() > 0 || b.history.Len() > 0 {
		return nil, errBucketNotEmpty.field("BucketName", c.bucket)
	}
	delete(c.srv.buckets, c.bucket)
	return newReply(http.StatusNoContent), nil
}

// getBucketLocation answers an empty location for us-east-1, as S3 does.
func (c *call) getBucketLocation() (*reply, error) {
	x := startDocument(nil, "LocationConstraint")
	if c.srv.cfg.Region != "us-east-1" {
		x = appendText(x, c.srv.cfg.Region)
	}
	return xmlReply(appendEnd(x, "LocationConstraint")), nil
}

func (c *call) getBucketVersioning() (*reply, error) {
	b := c.target()
	b.mu.RLock()
	defer b.mu.RUnlock()
	x := startDocument(nil, "VersioningConfiguration")
	x = appendOptional(x, "Status", b.versioning)
	return xmlReply(appendEnd(x, "VersioningConfiguration")), nil
}

func (c *call) putBucketVersioning() (*reply, error) {
	body, err := c.readPayload()
	if err != nil {
		return nil, err
	}
	var in struct{ Status string }
	if err := decodeXML(body.data, &in); err != nil {
		return nil, err
	}
	if in.Status != "Enabled" && in.Status != "Suspended" {
		return nil, errMalformedXML
	}
	b := c.target()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.versioning = in.Status
	return newReply(http.StatusOK), nil
}

// getObjectACL answers what an object without grants has: full control for the
// owner, and what a canned ACL adds for everybody.
func (c *call) getObjectACL() (*reply, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	owner := c.target().owner
	x := startDocument(nil, "AccessControlPolicy")
	x = appendOwner(x, "Owner", owner)
	x = append(x, "<AccessControlList>"...)
	x = appendGrant(x, `"CanonicalUser"><ID>`+owner+`</ID>`, "FULL_CONTROL")
	const everybody = `"Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>`
	switch o.attrs().acl {
	case "public-read":
		x = appendGrant(x, everybody, "READ")
	case "public-read-write":
		x = appendGrant(appendGrant(x, everybody, "READ"), everybody, "WRITE")
	}
	return xmlReply(append(x, "</AccessControlList></AccessControlPolicy>"...)), nil
}

func appendGrant(dst []byte, grantee, permission string) []byte {
	dst = append(dst, `<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type=`...)
	dst = append(dst, grantee...)
	dst = append(dst, "</Grantee>"...)
	dst = appendElement(dst, "Permission", permission)
	return append(dst, "</Grant>"...)
}
