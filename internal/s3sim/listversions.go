package s3sim

import (
	"slices"
	"strings"
)

// versionEntry is an entry of a listing of versions.
type versionEntry struct {
	object *object
	prefix string // a common prefix, where object is nil
	latest bool
}

// listObjectVersions answers a page of a bucket's versions and delete markers:
// by key, newest first.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
func (c *call) listObjectVersions() (*reply, error) {
	q, err := c.parseListQuery()
	if err != nil {
		return nil, err
	}
	keyMarker, idMarker := c.query.Get("key-marker"), c.query.Get("version-id-marker")
	if idMarker != "" && keyMarker == "" {
		return nil, errInvalidArgument.say("A version-id marker cannot be specified without a key marker.")
	}
	b := c.target()
	all := b.versions(q)
	all = all[versionsSeen(all, keyMarker, idMarker):]
	truncated := len(all) > q.max
	all = all[:min(len(all), q.max)]
	e := c.encoder(q)
	x := startDocument(nil, "ListVersionsResult")
	x = c.listHead(x, q, truncated)
	x = q.keys.element(x, "KeyMarker", keyMarker)
	x = appendElement(x, "VersionIdMarker", idMarker)
	if truncated && len(all) > 0 {
		x = appendNextVersion(x, q, all[len(all)-1])
	}
	for _, v := range all {
		x = e.version(x, v, b.owner)
	}
	return xmlReply(append(x, "</ListVersionsResult>"...)), nil
}

func appendNextVersion(dst []byte, q listQuery, last versionEntry) []byte {
	if last.object == nil {
		return q.keys.element(dst, "NextKeyMarker", last.prefix)
	}
	dst = q.keys.element(dst, "NextKeyMarker", last.object.key)
	return appendElement(dst, "NextVersionIdMarker", last.object.versionID())
}

// versions returns all entries of a listing. It is not made for many keys.
func (b *bucket) versions(q listQuery) []versionEntry {
	var out []versionEntry
	for _, o := range b.allVersions(q.prefix) {
		if common := q.commonPrefix(o.key); common != "" {
			if len(out) == 0 || out[len(out)-1].object != nil || out[len(out)-1].prefix != common {
				out = append(out, versionEntry{prefix: common})
			}
			continue
		}
		n := len(out)
		latest := n == 0 || out[n-1].object == nil || out[n-1].object.key != o.key
		out = append(out, versionEntry{object: o, latest: latest})
	}
	return out
}

// allVersions returns the versions of all keys with a prefix, newest first.
func (b *bucket) allVersions(prefix string) []*object {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var all []*object
	b.scan(prefix, func(o *object) bool {
		all = append(all, o)
		return strings.HasPrefix(o.key, prefix)
	})
	b.history.Ascend(prefix, func(key string, old []*object) bool {
		all = append(all, old...)
		return strings.HasPrefix(key, prefix)
	})
	all = slices.DeleteFunc(all, func(o *object) bool { return !strings.HasPrefix(o.key, prefix) })
	slices.SortStableFunc(all, func(x, y *object) int { return strings.Compare(x.key, y.key) })
	return all
}

// versionsSeen returns how many entries lie before or at the markers.
func versionsSeen(all []versionEntry, key, id string) int {
	inKey := false
	for i, v := range all {
		name := v.prefix
		if v.object != nil {
			name = v.object.key
		}
		switch {
		case key == "" || name > key:
			return i
		case name == key && id != "":
			if inKey {
				return i
			}
			inKey = v.object != nil && v.object.versionID() == id
		}
	}
	return len(all)
}

func (e *listEncoder) version(dst []byte, v versionEntry, owner string) []byte {
	if v.object == nil {
		dst = append(dst, "<CommonPrefixes>"...)
		dst = e.keys.element(dst, "Prefix", v.prefix)
		return append(dst, "</CommonPrefixes>"...)
	}
	root := "Version"
	if v.object.is(flagDeleteMarker) {
		root = "DeleteMarker"
	}
	dst = append(dst, '<')
	dst = append(dst, root...)
	dst = append(dst, '>')
	dst = e.keys.element(dst, "Key", v.object.key)
	dst = appendElement(dst, "VersionId", v.object.versionID())
	latest := "false"
	if v.latest {
		latest = "true"
	}
	dst = appendElement(dst, "IsLatest", latest)
	if root == "Version" {
		dst = e.facts(dst, v.object)
	} else {
		dst = appendElement(dst, "LastModified", e.time(v.object.modified))
	}
	dst = appendOwner(dst, "Owner", owner)
	if e.restore {
		dst = e.restoreStatus(dst, v.object)
	}
	return appendEnd(dst, root)
}
